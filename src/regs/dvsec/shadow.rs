// SPDX-License-Identifier: GPL-2.0

//! The shadow of the CXL Device DVSEC: what a guest reads there and what its writes mean.

use super::{
    capability,
    control,
    control2,
    header1,
    lock,
    range1_base_low,
    range1_size_low,
    status,
    status2,
    DWORDS,
    REGISTERS, //
};
use crate::{
    access::Access,
    attr::Reset,
    block::{
        self,
        FieldValue,
        Rules, //
    },
    effect::{
        Effects,
        Switch,
        Switches, //
    },
    policy::Policy,
    table::{
        Features,
        Field, //
    }, //
};

/// A status bit that the device raises and the guest clears.
///
/// ```
/// use cxl_regs::{dvsec::{status, Status}, vectors};
///
/// let mut dvsec = vectors::dvsec_shadow(3).unwrap();
/// dvsec.raise(Status::Viral);
/// assert_eq!(dvsec.get(&status::VIRAL_STATUS), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Status: Viral_Status. The device contains an uncorrectable error.
    Viral,
    /// Status2: Volatile HDM Preservation Error. Memory that was to survive a hot reset did not.
    /// Only a device with Capability3 bit 3 can raise it.
    VolatilePreservation,
}

/// A memory range of the device as the DVSEC describes it (8.1.3.8).
///
/// ```
/// use cxl_regs::vectors;
///
/// let range = vectors::dvsec_shadow(3).unwrap().range(0).unwrap();
/// assert_eq!((range.base, range.size), (0x1_0000_0000, 0x1_0000_0000));
/// assert!(range.info_valid && range.active);
/// assert_eq!(range.active_timeout_s, 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The first address.
    pub base: u64,
    /// The number of bytes.
    pub size: u64,
    /// Memory_Info_Valid: the size is what the device has.
    pub info_valid: bool,
    /// Memory_Active: the memory can be used.
    pub active: bool,
    /// Within how many seconds of the reset `active` becomes true.
    pub active_timeout_s: u16,
}

/// The shadow of the CXL Device DVSEC.
///
/// ```
/// use cxl_regs::{
///     access::Access,
///     effect::{Effect, Switch},
///     vectors,
/// };
///
/// let mut dvsec = vectors::dvsec_shadow(3).unwrap();
/// let control = Access::new(0x0c, 2).unwrap();
/// assert_eq!(dvsec.read(control), 0x0006); // IO_Enable, Mem_Enable
///
/// let mut effects = dvsec.write(control, 0);
/// let off = Effect::Switched { switch: Switch::MemEnable, on: false };
/// assert_eq!(effects.next(), Some(off));
/// assert_eq!(dvsec.read(control), 0x0002);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DvsecShadow {
    pub(super) rules: Rules<DWORDS>,
    pub(super) features: Features,
    pub(super) policy: Policy,
    /// Dword 0, the PCI header, is reserved here.
    pub(super) words: [u32; DWORDS],
}

impl DvsecShadow {
    /// What a guest reads: the bytes of `at`, the first one lowest.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, vectors};
    /// let dvsec = vectors::dvsec_shadow(1).unwrap();
    /// assert_eq!(dvsec.read(Access::new(0x04, 4).unwrap()), 0x0381_1e98);
    /// // Revision 1 ends at 0x38, and the PCI header is not served.
    /// assert_eq!(dvsec.read(Access::new(0x38, 4).unwrap()), 0);
    /// assert_eq!(dvsec.read(Access::new(0x00, 4).unwrap()), 0);
    /// ```
    #[inline]
    pub fn read(&self, at: Access) -> u64 {
        at.read(&self.words)
    }

    /// What a guest's write of `value` does. Bytes of `value` beyond the access are ignored.
    ///
    /// A doorbell takes back what Status2 said about the doorbell's last completion, until
    /// [`complete_reset`](Self::complete_reset) or
    /// [`complete_write_back`](Self::complete_write_back). Clearing Disable_Caching makes
    /// Cache_Invalid false.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, effect::Effect, vectors};
    /// let mut dvsec = vectors::dvsec_shadow(2).unwrap();
    /// let effects = dvsec.write(Access::new(0x10, 1).unwrap(), 0b1100);
    /// assert!(effects.contains(Effect::Reset { clear_memory: true }));
    /// ```
    pub fn write(&mut self, at: Access, value: u64) -> Effects {
        let before = self.switches();
        let cached = !self.is_set(&control2::DISABLE_CACHING);
        let mut rung = 0;
        for lane in at.lanes() {
            // Each dword in turn: CONFIG_LOCK set by this access freezes only what follows it.
            let locked = if self.is_set(&lock::CONFIG_LOCK) {
                u32::MAX
            } else {
                0
            };
            let part = lane.extract(value);
            self.rules.write(&mut self.words, lane, part, locked);
            // Control2 is the only register with doorbells.
            rung |= self.rules.rung(lane, part);
        }

        let mut effects = Effects::NONE;
        effects.set_switches(before, self.switches());
        if !cached && !self.is_set(&control2::DISABLE_CACHING) {
            self.set(&status2::CACHE_INVALID, false);
        }
        if control2::INITIATE_WBI.is_set(rung) {
            self.set(&status2::CACHE_INVALID, false);
            effects.set_write_back();
        }
        if control2::INITIATE_CXL_RESET.is_set(rung) {
            self.set(&status2::CXL_RESET_COMPLETE, false);
            self.set(&status2::CXL_RESET_ERROR, false);
            effects.set_reset(self.is_set(&control2::CXL_RESET_MEM_CLR_ENABLE));
        }
        effects
    }

    /// The device wrote back and invalidated its caches: Status2 says so.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, dvsec::status2, effect::Effect, vectors};
    /// let mut dvsec = vectors::dvsec_shadow(2).unwrap();
    /// assert!(dvsec.write(Access::new(0x10, 2).unwrap(), 0b011).contains(Effect::WriteBack));
    /// assert_eq!(dvsec.get(&status2::CACHE_INVALID), 0);
    /// dvsec.complete_write_back();
    /// assert_eq!(dvsec.get(&status2::CACHE_INVALID), 1);
    /// ```
    pub fn complete_write_back(&mut self) {
        self.set(&status2::CACHE_INVALID, true);
    }

    /// A CXL Reset ended, well or not: Status2 says so.
    ///
    /// Call [`reset`](Self::reset) first, if the reset took place.
    ///
    /// ```
    /// # use cxl_regs::{dvsec::status2, vectors};
    /// let mut dvsec = vectors::dvsec_shadow(2).unwrap();
    /// dvsec.complete_reset(true);
    /// assert_eq!(dvsec.get(&status2::CXL_RESET_COMPLETE), 1);
    /// dvsec.complete_reset(false);
    /// assert_eq!(dvsec.get(&status2::CXL_RESET_COMPLETE), 0);
    /// assert_eq!(dvsec.get(&status2::CXL_RESET_ERROR), 1);
    /// ```
    pub fn complete_reset(&mut self, success: bool) {
        self.set(&status2::CXL_RESET_COMPLETE, success);
        self.set(&status2::CXL_RESET_ERROR, !success);
    }

    /// Raises a status bit that the guest can clear.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, dvsec::Status, vectors};
    /// let mut dvsec = vectors::dvsec_shadow(3).unwrap();
    /// dvsec.raise(Status::Viral);
    /// let status = Access::new(0x0e, 2).unwrap();
    /// assert_eq!(dvsec.read(status), 0x4000);
    /// assert!(dvsec.write(status, 0x4000).is_empty());
    /// assert_eq!(dvsec.read(status), 0);
    /// ```
    pub fn raise(&mut self, status: Status) {
        let field = match status {
            Status::Viral => &status::VIRAL_STATUS,
            Status::VolatilePreservation => &status2::VOLATILE_PRESERVATION_ERROR,
        };
        self.set(field, true);
    }

    /// What a reset of the device leaves of the guest's settings.
    ///
    /// ```
    /// # use cxl_regs::{attr::Reset, effect::{Effect, Switch}, vectors};
    /// let mut dvsec = vectors::dvsec_shadow(3).unwrap();
    /// assert!(dvsec.reset(Reset::Flr).is_empty());
    /// let off = Effect::Switched { switch: Switch::MemEnable, on: false };
    /// assert!(dvsec.reset(Reset::Conventional).contains(off));
    /// ```
    pub fn reset(&mut self, kind: Reset) -> Effects {
        let before = self.switches();
        let keep = self.policy.locks_survive_cxl_reset && self.is_set(&lock::CONFIG_LOCK);
        let locked = if keep { u32::MAX } else { 0 };
        self.rules.reset(&mut self.words, kind, locked);
        if kind != Reset::Flr {
            // What was completed before the reset is history.
            self.set(&status2::CACHE_INVALID, false);
            self.set(&status2::CXL_RESET_COMPLETE, false);
            self.set(&status2::CXL_RESET_ERROR, false);
        }
        let mut effects = Effects::NONE;
        effects.set_switches(before, self.switches());
        effects
    }

    /// The value of `field`, one of the constants beside [`REGISTERS`].
    ///
    /// ```
    /// # use cxl_regs::{dvsec::capability, vectors};
    /// assert_eq!(vectors::dvsec_shadow(3).unwrap().get(&capability::HDM_COUNT), 1);
    /// ```
    pub fn get(&self, field: &Field) -> u32 {
        field.get(self.words.get(field.dword()).copied().unwrap_or(0))
    }

    /// Memory range 0 or 1, if the device has it.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert!(vectors::dvsec_shadow(3).unwrap().range(1).is_none());
    /// ```
    pub fn range(&self, number: u8) -> Option<Range> {
        // The snapshot refused counts above 2.
        if u32::from(number) >= self.get(&capability::HDM_COUNT) {
            return None;
        }
        let (_, words) = self.words.split_at_checked(6)?;
        let words = if number == 0 {
            words
        } else {
            words.split_at_checked(4)?.1
        };
        let &[size_high, size_low, base_high, base_low, ..] = words else {
            return None;
        };
        let join = |high, low| (u64::from(high) << 32) | u64::from(low);
        Some(Range {
            base: join(base_high, base_low & range1_base_low::BASE_LOW.mask()),
            size: join(size_high, size_low & range1_size_low::SIZE_LOW.mask()),
            info_valid: range1_size_low::INFO_VALID.is_set(size_low),
            active: range1_size_low::ACTIVE.is_set(size_low),
            // 4 to the power of the encoding, which the snapshot proved to be at most 4.
            active_timeout_s: 1u16.wrapping_shl(
                range1_size_low::ACTIVE_TIMEOUT
                    .get(size_low)
                    .wrapping_mul(2),
            ),
        })
    }

    /// Within how many milliseconds a CXL Reset ends, if the device is capable of it.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert_eq!(vectors::dvsec_shadow(3).unwrap().reset_timeout_ms(), Some(100));
    /// ```
    pub fn reset_timeout_ms(&self) -> Option<u32> {
        if self.get(&capability::CXL_RESET_CAPABLE) == 0 {
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
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// for field in vectors::dvsec_shadow(3).unwrap().fields() {
    ///     println!("{} {:#x} {}", field.name, field.value, field.attr.name());
    /// }
    /// ```
    pub fn fields(&self) -> impl Iterator<Item = FieldValue> + '_ {
        block::fields(REGISTERS, self.features, self.served(), 0)
    }

    /// The dwords up to the length in the header.
    fn served(&self) -> &[u32] {
        // CAST: widens.
        let dwords = (self.get(&header1::LENGTH) >> 2) as usize;
        self.words.get(..dwords).unwrap_or(&self.words)
    }

    fn is_set(&self, field: &Field) -> bool {
        self.get(field) != 0
    }

    /// Sets or clears a field that is not reserved on this device.
    fn set(&mut self, field: &Field, on: bool) {
        let Some(word) = self.words.get_mut(field.dword()) else {
            return;
        };
        let Some(masks) = self.rules.masks().get(field.dword()) else {
            return;
        };
        let bits = field.mask() & masks.readable();
        *word = if on { *word | bits } else { *word & !bits };
    }

    fn switches(&self) -> Switches {
        Switches::default()
            .with(Switch::CacheEnable, self.is_set(&control::CACHE_ENABLE))
            .with(Switch::MemEnable, self.is_set(&control::MEM_ENABLE))
            .with(
                Switch::DisableCaching,
                self.is_set(&control2::DISABLE_CACHING),
            )
            .with(
                Switch::MemClear,
                self.is_set(&control2::CXL_RESET_MEM_CLR_ENABLE),
            )
            .with(Switch::ConfigLock, self.is_set(&lock::CONFIG_LOCK))
    }
}
