// SPDX-License-Identifier: GPL-2.0

//! What the bus delivers: an offset, a length and little-endian bytes.
//!
//! An [`Access`] is split here, once, into the dwords that it touches. Everything behind this file
//! sees a dword and a mask of enabled bytes, so no register is ever read back to be merged.

/// An access of 1, 2, 4 or 8 bytes to a block of registers.
///
/// Any alignment is accepted: an access that crosses registers is split at dword borders and each
/// part goes to its register in ascending order. Bytes that belong to no register read as zero and
/// ignore writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    offset: u32,
    len: u8,
}

impl Access {
    /// An access to `len` bytes at `offset`; `None` unless `len` is 1, 2, 4 or 8 and the last byte
    /// still has a 32-bit offset.
    #[inline]
    pub const fn new(offset: u32, len: usize) -> Option<Self> {
        let len: u8 = match len {
            1 => 1,
            2 => 2,
            4 => 4,
            8 => 8,
            _ => return None,
        };
        // CAST: widens.
        match offset.checked_add(len as u32) {
            Some(_) => Some(Self { offset, len }),
            None => None,
        }
    }

    /// The offset of the first byte.
    pub const fn offset(self) -> u32 {
        self.offset
    }

    /// The number of bytes.
    #[expect(clippy::len_without_is_empty)] // An access is never empty.
    pub const fn len(self) -> u8 {
        self.len
    }

    /// The dwords that the access touches, in ascending order.
    #[inline]
    pub fn lanes(self) -> Lanes {
        let skew = self.offset & 3;
        let bytes = 1u32.wrapping_shl(u32::from(self.len)).wrapping_sub(1);
        Lanes {
            // CAST: widens on every machine that runs Linux.
            index: (self.offset >> 2) as usize,
            enables: bytes.wrapping_shl(skew),
            shift: 0i32.wrapping_sub_unsigned(skew.wrapping_mul(8)),
        }
    }

    /// What the access reads from `words`, the dwords from offset 0 on: its bytes, the first one
    /// lowest. Beyond the end it reads zero.
    #[inline]
    pub fn read(self, words: &[u32]) -> u64 {
        self.lanes().fold(0, |value, lane| {
            value | lane.place(words.get(lane.index()).copied().unwrap_or(0))
        })
    }
}

/// The part of an [`Access`] that falls into one dword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    index: usize,
    mask: u32,
    /// Position of the dword's bit 0 in the access's value: negative when the access starts
    /// inside this dword.
    shift: i32,
}

impl Lane {
    /// The dword's number: its offset divided by four.
    #[inline]
    pub const fn index(self) -> usize {
        self.index
    }

    /// The same part, seen from a block in which the dword has the number `index`.
    #[inline]
    pub(crate) const fn at(self, index: usize) -> Self {
        Self { index, ..self }
    }

    /// The bits of the dword whose bytes are enabled.
    #[inline]
    pub const fn mask(self) -> u32 {
        self.mask
    }

    /// The bits of `value`, the access's whole value, that go to this dword.
    #[inline]
    pub const fn extract(self, value: u64) -> u32 {
        let distance = self.shift.unsigned_abs();
        let moved = if self.shift < 0 {
            value.wrapping_shl(distance)
        } else {
            value.wrapping_shr(distance)
        };
        // CAST: keeps the dword that was just moved to bit 0.
        moved as u32 & self.mask
    }

    /// The reverse of [`Lane::extract`]: where the bits of `word` stand in the access's value.
    #[inline]
    pub const fn place(self, word: u32) -> u64 {
        let distance = self.shift.unsigned_abs();
        // CAST: widens.
        let bits = (word & self.mask) as u64;
        if self.shift < 0 {
            bits.wrapping_shr(distance)
        } else {
            bits.wrapping_shl(distance)
        }
    }
}

/// The iterator of [`Access::lanes`]: one to three [`Lane`]s.
#[derive(Clone, Debug)]
pub struct Lanes {
    index: usize,
    /// One bit for each byte still to come; bit 0 is byte 0 of dword `index`.
    enables: u32,
    shift: i32,
}

impl Iterator for Lanes {
    type Item = Lane;

    #[inline]
    fn next(&mut self) -> Option<Lane> {
        if self.enables == 0 {
            return None;
        }
        // Spread four byte enables to bits 0, 8, 16 and 24, then fill each byte.
        let nibble = self.enables & 0xf;
        let spread = nibble.wrapping_mul(0x0020_4081) & 0x0101_0101;
        let lane = Lane {
            index: self.index,
            mask: spread.wrapping_mul(0xff),
            shift: self.shift,
        };
        self.index = self.index.wrapping_add(1);
        self.enables >>= 4;
        self.shift = self.shift.wrapping_add(32);
        Some(lane)
    }
}
