// SPDX-License-Identifier: GPL-2.0

//! The devices that cases start from.

use crate::{
    access::Access,
    cm::CapabilityArray,
    dvsec::{
        self,
        DvsecShadow, //
    },
    effect::Effects,
    hdm::{
        self,
        HdmShadow, //
    },
    locator::{
        Entry,
        RegisterLocator, //
    },
    policy::Policy, //
};

use super::{
    Refused,
    Snapshot,
    Step, //
};

/// The largest snapshot of a case.
pub(super) const DWORDS: usize = hdm::HEADER_DWORDS + hdm::DECODERS * hdm::DECODER_DWORDS;

/// A device: what its registers read.
///
/// ```
/// use cxl_regs::{policy::Policy, vectors::{Shadow, Snapshot, Start}};
///
/// let start = Start {
///     snapshot: Snapshot::Hdm,
///     words: &[0x1],
///     pokes: &[(0x20, 0x600), (0x1c, 0x1)],
///     dwords: 20,
///     back_invalidate: false,
///     policy: Policy::DEFAULT,
/// };
/// assert!(matches!(start.shadow(), Ok(Shadow::Hdm(_))));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Which registers they are.
    pub snapshot: Snapshot,
    /// Their first dwords; those after read zero.
    pub words: &'static [u32],
    /// Dwords that read otherwise: offset and value.
    pub pokes: &'static [(usize, u32)],
    /// How many dwords the snapshot has.
    pub dwords: usize,
    /// See [`hdm::Options`].
    pub back_invalidate: bool,
    /// The policy of the shadow.
    pub policy: Policy,
}

/// Any shadow.
///
/// ```
/// use cxl_regs::{access::Access, vectors::{self, Shadow}};
///
/// let mut shadow = Shadow::Hdm(vectors::hdm_shadow(1).unwrap());
/// assert_eq!(shadow.read(Access::new(0x00, 4).unwrap()), 0x1c00);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant)] // There is no allocator to put the large one elsewhere.
pub enum Shadow {
    /// Of the CXL Device DVSEC.
    Dvsec(DvsecShadow),
    /// Of the HDM decoders.
    Hdm(HdmShadow),
    /// Of the capability array.
    Array(CapabilityArray),
    /// None: just where a Register Locator DVSEC says that the component block is.
    Locator(Entry),
}

impl Start {
    /// The shadow of the device, or why there is none.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// for case in vectors::cases() {
    ///     assert!(case.start.shadow().is_ok());
    /// }
    /// ```
    #[inline]
    pub fn shadow(&self) -> Result<Shadow, Refused> {
        let mut words = [0; DWORDS];
        for (word, &value) in words.iter_mut().zip(self.words) {
            *word = value;
        }
        for &(offset, value) in self.pokes {
            if let Some(word) = words.get_mut(offset >> 2) {
                *word = value;
            }
        }
        let words = words.get(..self.dwords).unwrap_or(&words);
        match self.snapshot {
            Snapshot::Dvsec => DvsecShadow::from_snapshot(words, self.policy)
                .map(Shadow::Dvsec)
                .map_err(Refused::Dvsec),
            Snapshot::Hdm => {
                let options = hdm::Options {
                    back_invalidate: self.back_invalidate,
                    policy: self.policy,
                };
                HdmShadow::from_snapshot(words, options)
                    .map(Shadow::Hdm)
                    .map_err(Refused::Hdm)
            }
            Snapshot::Array => CapabilityArray::from_snapshot(words)
                .map(Shadow::Array)
                .map_err(Refused::Array),
            Snapshot::Locator => RegisterLocator::from_snapshot(words)
                .and_then(|locator| locator.component())
                .map(Shadow::Locator)
                .map_err(Refused::Locator),
        }
    }

    /// The same device, except that `pokes` read otherwise.
    pub(super) const fn with(self, pokes: &'static [(usize, u32)]) -> Self {
        Self { pokes, ..self }
    }

    pub(super) const fn policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }
}

impl Shadow {
    /// What a guest reads.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, vectors::{self, Shadow}};
    /// let shadow = Shadow::Dvsec(vectors::dvsec_shadow(1).unwrap());
    /// assert_eq!(shadow.read(Access::new(0x04, 2).unwrap()), 0x1e98);
    /// ```
    #[inline]
    pub fn read(&self, at: Access) -> u64 {
        match self {
            Self::Dvsec(dvsec) => dvsec.read(at),
            Self::Hdm(hdm) => hdm.read(at),
            Self::Array(array) => array.read(at),
            Self::Locator(_) => 0,
        }
    }

    /// Performs a step. One that the shadow does not have does nothing.
    ///
    /// ```
    /// # use cxl_regs::{attr::Reset, vectors::{self, Shadow, Step}};
    /// let mut shadow = Shadow::Dvsec(vectors::dvsec_shadow(1).unwrap());
    /// assert!(shadow.perform(Step::Reset(Reset::Flr)).is_empty());
    /// ```
    #[inline]
    pub fn perform(&mut self, step: Step) -> Effects {
        match (self, step) {
            (Self::Dvsec(dvsec), Step::Write { offset, len, value }) => {
                Access::new(offset, len).map_or(Effects::NONE, |at| dvsec.write(at, value))
            }
            (Self::Hdm(hdm), Step::Write { offset, len, value }) => {
                Access::new(offset, len).map_or(Effects::NONE, |at| hdm.write(at, value))
            }
            (Self::Dvsec(dvsec), Step::Reset(kind)) => dvsec.reset(kind),
            (Self::Hdm(hdm), Step::Reset(kind)) => hdm.reset(kind),
            (Self::Dvsec(dvsec), Step::CompleteReset { success }) => {
                dvsec.complete_reset(success);
                Effects::NONE
            }
            (Self::Dvsec(dvsec), Step::CompleteWriteBack) => {
                dvsec.complete_write_back();
                Effects::NONE
            }
            (Self::Dvsec(dvsec), Step::Raise(status)) => {
                dvsec.raise(status);
                Effects::NONE
            }
            _ => Effects::NONE,
        }
    }
}

/// A CXL Device DVSEC: 4 GiB of memory at 4 GiB, valid and active; WBI, CXL Reset within 100 ms,
/// clearing of memory, viral; CXL.mem enabled; no lock.
const REV2_WORDS: [u32; dvsec::DWORDS] = [
    0x0001_0023, // The PCI header is not looked at.
    0x03c2_1e98, // length, revision, vendor
    0xc9d7_0000, // Capability, id
    0x0000_0006, // Status, Control
    0x0000_0000, // Status2, Control2
    0x0040_0000, // Capability2, Lock
    0x0000_0001, // range 1
    0x0000_0003,
    0x0000_0001,
    0x0000_0000,
    0x0000_0000, // range 2
    0x0000_0000,
    0x0000_0000,
    0x0000_0000,
    0x0000_0018, // Capability3
];

const fn header1(value: u32) -> [u32; dvsec::DWORDS] {
    let [header, _, rest @ ..] = REV2_WORDS;
    let [d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14] = rest;
    [
        header, value, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14,
    ]
}

const fn dvsec(words: &'static [u32], dwords: usize) -> Start {
    Start {
        snapshot: Snapshot::Dvsec,
        words,
        pokes: &[],
        dwords,
        back_invalidate: false,
        policy: Policy::DEFAULT,
    }
}

/// Revision 1, which ends before Capability3.
pub(super) const REV1: Start = dvsec(&header1(0x0381_1e98), 14);
/// Revision 2.
pub(super) const REV2: Start = dvsec(&REV2_WORDS, 15);
/// Revision 3, the first with direct peer-to-peer.
pub(super) const REV3: Start = dvsec(&header1(0x03c3_1e98), 15);

const fn hdm(words: &'static [u32], count: usize) -> Start {
    Start {
        snapshot: Snapshot::Hdm,
        words,
        pokes: &[],
        dwords: hdm::HEADER_DWORDS.wrapping_add(count.wrapping_mul(hdm::DECODER_DWORDS)),
        back_invalidate: false,
        policy: Policy::DEFAULT,
    }
}

/// One decoder, with nothing optional.
pub(super) const PLAIN: Start = hdm(&[0x0000_0000], 1);
/// Four decoders with every number of ways and poison on decode error.
pub(super) const FOUR: Start = hdm(&[0x0000_1c02], 4);
/// Thirty-two such decoders.
pub(super) const MANY: Start = hdm(&[0x0000_1c0c], 32);
/// Four decoders capable of UIO and back-invalidate, too.
pub(super) const RICH: Start = Start {
    back_invalidate: true,
    ..hdm(&[0x0060_3c02], 4)
};

/// A capability array: RAS at 0x80, nothing, HDM decoders at 0x100.
pub(super) const ARRAY: Start = Start {
    snapshot: Snapshot::Array,
    words: &[0x0311_0001, 0x0802_0002, 0x0000_0000, 0x1003_0005],
    pokes: &[],
    dwords: 4,
    back_invalidate: false,
    policy: Policy::DEFAULT,
};

/// The shadow of a device with `count` free decoders that offers every number of ways and poison
/// on decode error: a device for examples.
///
/// ```
/// assert_eq!(cxl_regs::vectors::hdm_shadow(8).unwrap().count(), 8);
/// assert!(cxl_regs::vectors::hdm_shadow(3).is_err());
/// ```
#[inline]
pub fn hdm_shadow(count: u8) -> Result<HdmShadow, hdm::SnapshotError> {
    let encoding = (0..=0xc).find(|&encoding| hdm::decoders(encoding) == Some(count));
    let mut hardware = [0; DWORDS];
    let [capability, ..] = &mut hardware;
    *capability = 0x1c00 | encoding.unwrap_or(0xf);
    HdmShadow::from_snapshot(&hardware, hdm::Options::default())
}

/// The shadow of a device with a DVSEC of `revision`, 1 to 3, that has 4 GiB of memory at 4 GiB,
/// CXL.mem enabled, and is capable of everything that the revision has: a device for examples.
///
/// ```
/// assert!(cxl_regs::vectors::dvsec_shadow(1).is_ok());
/// assert!(cxl_regs::vectors::dvsec_shadow(4).is_err());
/// ```
#[inline]
pub fn dvsec_shadow(revision: u8) -> Result<DvsecShadow, dvsec::SnapshotError> {
    let length = if revision == 1 { 0x38 } else { 0x3c };
    let words = header1((length << 20) | (u32::from(revision) << 16) | dvsec::VENDOR);
    DvsecShadow::from_snapshot(&words, Policy::DEFAULT)
}
