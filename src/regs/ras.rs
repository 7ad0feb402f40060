// SPDX-License-Identifier: GPL-2.0

//! The CXL RAS Capability (id 2; 8.2.4.17): which errors of CXL.cache and CXL.mem there were.
//!
//! The host takes errors from the device as they are reported, so that the next one can be. The
//! shadow collects what it took, until the guest clears it; no access of a guest reaches the
//! device. The guest's masks are its own: the host wants to know of every error.

use crate::{
    access::Access,
    block::{
        self,
        FieldValue,
        Rules, //
    },
    effect::{
        Effects,
        Outcome, //
    },
    table::{
        registers,
        Features, //
    }, //
};

/// The number of dwords before the header log.
pub const DWORDS: usize = 6;

/// Where the header log starts.
pub const HEADER_LOG: u16 = 0x18;

/// The number of dwords of the header log.
pub const HEADER_LOG_DWORDS: usize = 16;

/// The length of the capability.
pub const LEN: u32 = 0x58;

registers! {
    /// The registers before the header log.
    const REGISTERS: 0x00..0x18 {
        0x00 u32 uncorrectable_status "8.2.4.17.1" {
            11:0    UNCORRECTABLE_STATUS        RW1CS;
            13:12   _                           RsvdZ;
            16:14   UNCORRECTABLE_STATUS_HIGH   RW1CS;
            31:17   _                           RsvdZ;
        }
        0x04 u32 uncorrectable_mask "8.2.4.17.2" {
            11:0    UNCORRECTABLE_MASK          RWS;
            13:12   _                           RsvdP;
            16:14   UNCORRECTABLE_MASK_HIGH     RWS;
            31:17   _                           RsvdP;
        }
        0x08 u32 uncorrectable_severity "8.2.4.17.3" {
            11:0    UNCORRECTABLE_SEVERITY      RWS;
            13:12   _                           RsvdP;
            16:14   UNCORRECTABLE_SEVERITY_HIGH RWS;
            31:17   _                           RsvdP;
        }
        0x0c u32 correctable_status "8.2.4.17.4" {
            6:0     CORRECTABLE_STATUS          RW1CS;
            31:7    _                           RsvdZ;
        }
        0x10 u32 correctable_mask "8.2.4.17.5" {
            6:0     CORRECTABLE_MASK            RWS;
            31:7    _                           RsvdP;
        }
        0x14 u32 control "8.2.4.17.6" {
            5:0     FIRST_ERROR_POINTER         RO;
            8:6     _                           RsvdP;
            9:9     MULTIPLE_HEADER_RECORDING   RO; // Reads 0: the shadow has one log.
            12:10   _                           RsvdP;
            13:13   POISON_ENABLED              HwInit;
            31:14   _                           RsvdP;
        }
    }
}

/// What the host took from the device when an error was not corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Uncorrectable {
    /// The status register.
    pub status: u32,
    /// The control register, which has the number of the first error.
    pub control: u32,
    /// What the device recorded of that error.
    pub header_log: [u32; HEADER_LOG_DWORDS],
}

/// The shadow of a RAS Capability.
///
/// ```
/// use cxl_regs::{ras::Uncorrectable, Access, RasShadow};
///
/// let mut ras = RasShadow::from_snapshot(&[0; 6]);
/// ras.collect_uncorrectable(&Uncorrectable { status: 0x2, control: 1, header_log: [7; 16] });
/// let (status, log) = (Access::new(0x00, 4).unwrap(), Access::new(0x18, 8).unwrap());
/// assert_eq!((ras.read(status), ras.read(log)), (0x2, 0x7_0000_0007));
/// let _ = ras.write(status, 0x2);
/// assert_eq!(ras.read(status), 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RasShadow {
    rules: Rules<DWORDS>,
    words: [u32; DWORDS],
    header_log: [u32; HEADER_LOG_DWORDS],
}

impl RasShadow {
    /// The shadow of a device whose RAS Capability reads `hardware`, without the errors that it has
    /// there: they are not the guest's.
    pub fn from_snapshot(hardware: &[u32; DWORDS]) -> Self {
        let rules = Rules::new(REGISTERS, Features::NONE);
        let mut words = [0; DWORDS];
        for ((word, value), masks) in words.iter_mut().zip(hardware).zip(rules.masks()) {
            *word = value & masks.readable() & !masks.live();
        }
        let [.., control] = &mut words;
        *control &= control::POISON_ENABLED.mask();
        Self {
            rules,
            words,
            header_log: [0; HEADER_LOG_DWORDS],
        }
    }

    /// What a guest reads: the bytes of `at`, the first one lowest.
    pub fn read(&self, at: Access) -> u64 {
        at.lanes().fold(0, |value, lane| {
            let word = match lane.index().checked_sub(DWORDS) {
                None => self.words.get(lane.index()),
                Some(log) => self.header_log.get(log),
            };
            value | lane.place(word.copied().unwrap_or(0))
        })
    }

    /// What a guest's write of `value` does. Bytes of `value` beyond the access are ignored.
    pub fn write(&mut self, at: Access, value: u64) -> Effects {
        let before = self.words;
        for lane in at.lanes() {
            let part = lane.extract(value);
            self.rules.write(&mut self.words, lane, part, 0);
        }
        let outcome = if self.words == before {
            Outcome::Unchanged
        } else {
            Outcome::Changed
        };
        Effects {
            outcome,
            ..Effects::NONE
        }
    }

    /// Adds errors that were not corrected. The log is of the first that the guest has not cleared
    /// yet, of those that it does not mask.
    pub fn collect_uncorrectable(&mut self, taken: &Uncorrectable) {
        let [status, mask, _, _, _, control] = &mut self.words;
        let known = uncorrectable_status::UNCORRECTABLE_STATUS.mask()
            | uncorrectable_status::UNCORRECTABLE_STATUS_HIGH.mask();
        let new = taken.status & known;
        if *status & !*mask == 0 && new & !*mask != 0 {
            let pointer = control::FIRST_ERROR_POINTER.mask();
            *control = (*control & !pointer) | (taken.control & pointer);
            self.header_log = taken.header_log;
        }
        *status |= new;
    }

    /// Adds errors that were corrected.
    pub fn collect_correctable(&mut self, taken: u32) {
        let [_, _, _, status, ..] = &mut self.words;
        *status |= taken & correctable_status::CORRECTABLE_STATUS.mask();
    }

    /// Every field that is not reserved, in the order of [`REGISTERS`].
    pub fn fields(&self) -> impl Iterator<Item = FieldValue> + '_ {
        block::fields(REGISTERS, Features::NONE, &self.words, 0)
    }
}
