// SPDX-License-Identifier: GPL-2.0

//! HDM decoder 0 as the guest set it up, and what it means for the guest's address space.

use std::ops::Range;

/// Bits of the control register, CXL r4.0 8.2.4.20.7.
pub const LOCK_ON_COMMIT: u32 = 1 << 8;
pub const COMMIT: u32 = 1 << 9;
const COMMITTED: u32 = 1 << 10;

/// The registers of one decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoder {
    pub base: u64,
    pub size: u64,
    pub skip: u64,
    pub control: u32,
}

/// A part of the device's memory at a guest physical address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: u64,
    pub part: Range<u64>,
}

impl Decoder {
    /// From its seven dwords: base, size, control and skip.
    pub fn new(dwords: [u32; 7]) -> Self {
        let [base_low, base_high, size_low, size_high, control, skip_low, skip_high] = dwords;
        // Addresses are multiples of 256 MiB, the bits below are reserved.
        let join = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low & 0xf000_0000);
        Decoder {
            base: join(base_low, base_high),
            size: join(size_low, size_high),
            skip: join(skip_low, skip_high),
            control,
        }
    }

    pub fn committed(&self) -> bool {
        self.control & COMMITTED != 0
    }

    /// Committed until a reset: the guest cannot move it.
    pub fn locked(&self) -> bool {
        self.committed() && self.control & LOCK_ON_COMMIT != 0
    }

    /// Where the guest has the memory now, if it has it at all. The memory region has `size`
    /// bytes, and starts with what the decoder decoded first when firmware had set `skip`.
    pub fn place(&self, size: u64, skip: u64) -> Option<Place> {
        if !self.committed() {
            return None;
        }
        let start = self.skip.checked_sub(skip)?;
        let end = start.checked_add(self.size)?.min(size);
        (start < end).then_some(Place {
            at: self.base,
            part: start..end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn decoder(control: u32, skip: u32) -> Decoder {
        Decoder::new([0x4000_0000, 0x10, 0x4000_0000, 0, control, skip, 0])
    }

    #[test]
    fn only_a_committed_decoder_has_a_place() {
        let decoder = decoder(COMMITTED, 0);
        assert_eq!((decoder.base, decoder.size), (0x10_4000_0000, GIB));
        let place = Place {
            at: 0x10_4000_0000,
            part: 0..GIB,
        };
        assert_eq!(decoder.place(GIB, 0), Some(place));
        assert_eq!(self::decoder(1 << 9, 0).place(GIB, 0), None);
    }

    #[test]
    fn a_place_does_not_exceed_the_memory() {
        assert_eq!(
            decoder(COMMITTED, 0).place(GIB / 2, 0).unwrap().part,
            0..GIB / 2
        );
        assert_eq!(decoder(COMMITTED, 0).place(0, 0), None);
    }

    #[test]
    fn skip_counts_from_what_firmware_skipped() {
        let skipping = decoder(COMMITTED, 0x1000_0000);
        assert_eq!(skipping.place(GIB, 0x1000_0000).unwrap().part, 0..GIB);
        assert_eq!(skipping.place(GIB, 0).unwrap().part, 0x1000_0000..GIB);
        assert_eq!(skipping.place(0x1000_0000, 0), None);
        // In front of the region there is memory of the device that is not the guest's.
        assert_eq!(decoder(COMMITTED, 0).place(GIB, 0x1000_0000), None);
    }

    #[test]
    fn extreme_registers_have_no_place_or_a_small_one() {
        let decoder = Decoder::new([u32::MAX; 7]);
        assert_eq!(decoder.base, !0xfff_ffff);
        assert_eq!(decoder.place(GIB, 0), None);
    }

    #[test]
    fn a_lock_holds_only_what_is_committed() {
        assert!(decoder(COMMITTED | LOCK_ON_COMMIT, 0).locked());
        assert!(!decoder(LOCK_ON_COMMIT, 0).locked());
    }
}
