// SPDX-License-Identifier: GPL-2.0

//! The shadow of the CXL Device DVSEC: what a guest reads there and what its writes mean.

use super::{
    capability,
    control2,
    header1,
    lock,
    range1_base_high,
    range1_base_low,
    range2_base_high,
    range2_base_low,
    status,
    status2,
    DWORDS,
    REGISTERS, //
};
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
        Features,
        Field, //
    }, //
};

/// The shadow of the CXL Device DVSEC.
///
/// ```
/// use cxl_regs::{Access, DvsecShadow};
///
/// // Revision 2; one range, CXL Reset; IO_Enable and Mem_Enable.
/// let mut hardware = [0; 15];
/// hardware[1..4].copy_from_slice(&[0x03c2_1e98, 0x0097_0000, 0x0000_0006]);
/// let mut dvsec = DvsecShadow::from_snapshot(&hardware)?;
///
/// let control = Access::new(0x0c, 2).unwrap();
/// let _ = dvsec.write(control, 0);
/// assert_eq!(dvsec.read(control, |_| None), 0x0002);
/// let doorbell = dvsec.write(Access::new(0x10, 2).unwrap(), 0b1100);
/// assert_eq!(doorbell.reset, Some(true));
/// # Ok::<(), cxl_regs::Unfit>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DvsecShadow {
    pub(super) rules: Rules<DWORDS>,
    pub(super) features: Features,
    /// Dword 0, the PCI header, is reserved here.
    pub(super) words: [u32; DWORDS],
}

impl DvsecShadow {
    /// What a guest reads: the bytes of `at`, the first one lowest.
    ///
    /// `hardware` is asked for each dword, by its offset, in which the device changes something by
    /// itself. It has no answer while the device cannot be asked; then the last one holds.
    #[inline]
    pub fn read(&mut self, at: Access, mut hardware: impl FnMut(u16) -> Option<u32>) -> u64 {
        let end = self.end();
        for lane in at.lanes().filter(|lane| lane.index() < end) {
            let dword = lane.index();
            // CAST: the rules know the first dwords only.
            let now = || hardware((dword << 2) as u16);
            self.rules.refresh(&mut self.words, dword, now);
        }
        self.settle();
        at.read(&self.words)
    }

    /// A cache in use is not invalid, whatever the device said before it was used.
    pub(super) fn settle(&mut self) {
        if !self.is_set(&control2::DISABLE_CACHING) {
            self.set(&status2::CACHE_INVALID, false);
        }
    }

    /// What a guest's write of `value` does. Bytes of `value` beyond the access are ignored.
    ///
    /// A doorbell takes back what Status2 said about the last reset, until
    /// [`complete_reset`](Self::complete_reset).
    pub fn write(&mut self, at: Access, value: u64) -> Effects {
        let before = self.words;
        let cached = !self.is_set(&control2::DISABLE_CACHING);
        let (mut rung, mut effects) = (0, Effects::NONE);
        for lane in at.lanes() {
            // Each dword in turn: CONFIG_LOCK set by this access freezes only what follows it.
            let locked = if self.is_set(&lock::CONFIG_LOCK) {
                u32::MAX
            } else {
                0
            };
            let part = lane.extract(value);
            // Control2 is the only register with doorbells.
            rung |= self.rules.rung(lane, part);
            // CAST: the upper half of the dword, which is the status register.
            let cleared = (self.rules.cleared(lane, part) >> 16) as u16;
            if lane.index() == status::VIRAL_STATUS.dword() {
                effects.status = cleared;
            } else if lane.index() == status2::CACHE_INVALID.dword() {
                effects.status2 = cleared;
            }
            self.rules.write(&mut self.words, lane, part, locked);
        }

        self.settle();
        if cached == self.is_set(&control2::DISABLE_CACHING) {
            effects.disable_caching = Some(cached);
        }
        effects.write_back = control2::INITIATE_WBI.is_set(rung);
        if control2::INITIATE_CXL_RESET.is_set(rung) {
            self.set(&status2::CXL_RESET_COMPLETE, false);
            self.set(&status2::CXL_RESET_ERROR, false);
            effects.reset = Some(self.is_set(&control2::CXL_RESET_MEM_CLR_ENABLE));
        }
        if self.words != before {
            effects.outcome = Outcome::Changed;
        }
        effects
    }

    /// Forgets where the device decodes memory: the bases of both ranges read 0.
    pub fn forget_bases(&mut self) {
        for base in [
            &range1_base_high::BASE_HIGH,
            &range1_base_low::BASE_LOW,
            &range2_base_high::BASE_HIGH,
            &range2_base_low::BASE_LOW,
        ] {
            self.set(base, false);
        }
    }

    /// A CXL Reset ended, well or not: Status2 says so.
    ///
    /// Call [`reset`](Self::reset) first, if the reset took place.
    pub fn complete_reset(&mut self, success: bool) {
        self.set(&status2::CXL_RESET_COMPLETE, success);
        self.set(&status2::CXL_RESET_ERROR, !success);
    }

    /// What a CXL Reset leaves (table 8-1): CONFIG_LOCK, and what it froze.
    pub fn reset(&mut self) {
        let locked = if self.is_set(&lock::CONFIG_LOCK) {
            u32::MAX
        } else {
            0
        };
        self.rules.reset(&mut self.words, locked);
        for field in [
            &status2::CACHE_INVALID,
            &status2::CXL_RESET_COMPLETE,
            &status2::CXL_RESET_ERROR,
        ] {
            self.set(field, false);
        }
    }

    /// The value of a field, from bit 0 up. One that the DVSEC is too short for reads 0.
    pub fn get(&self, field: &Field) -> u32 {
        field.get(self.words.get(field.dword()).copied().unwrap_or(0))
    }

    /// Within how many milliseconds a CXL Reset ends, if the device is capable of it.
    pub fn reset_timeout_ms(&self) -> Option<u32> {
        if !self.is_set(&capability::CXL_RESET_CAPABLE) {
            return None;
        }
        match self.get(&capability::CXL_RESET_TIMEOUT) {
            0 => Some(10),
            1 => Some(100),
            2 => Some(1_000),
            3 => Some(10_000),
            // The snapshot refused the encodings above.
            _ => Some(100_000),
        }
    }

    /// Every field that is not reserved, in the order of [`REGISTERS`].
    pub fn fields(&self) -> impl Iterator<Item = FieldValue> + '_ {
        let known = self.words.get(..self.end()).unwrap_or(&self.words);
        block::fields(REGISTERS, self.features, known, 0)
    }

    /// The dword behind the last one that the device has.
    fn end(&self) -> usize {
        // CAST: widens.
        (self.get(&header1::LENGTH) >> 2) as usize
    }

    fn is_set(&self, field: &Field) -> bool {
        self.get(field) != 0
    }

    /// Sets or clears a field that is not reserved on this device.
    pub(super) fn set(&mut self, field: &Field, on: bool) {
        let Some(word) = self.words.get_mut(field.dword()) else {
            return;
        };
        let Some(masks) = self.rules.masks().get(field.dword()) else {
            return;
        };
        let bits = field.mask() & masks.readable();
        *word = if on { *word | bits } else { *word & !bits };
    }
}
