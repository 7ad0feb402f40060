// SPDX-License-Identifier: GPL-2.0

//! What one access carries to one register, bit by bit.

/// The part of an access that falls on one register.
///
/// A bit that the access does not reach is [`None`]: there is no byte to merge with and so no way
/// to write back, by accident, a bit that nobody wrote.
pub struct Lane {
    bits: Vec<Option<bool>>,
}

impl Lane {
    /// Cuts from an access of `data` at `offset` the lane of the register of `size` bytes at
    /// `register`; [`None`] if the access does not touch that register.
    pub fn cut(offset: usize, data: &[u8], register: usize, size: usize) -> Option<Lane> {
        let mut bits = Vec::new();
        for byte in register..register + size {
            for bit in 0..8 {
                let inside = byte >= offset && byte < offset + data.len();
                bits.push(inside.then(|| data[byte - offset] & (1 << bit) != 0));
            }
        }
        bits.iter().any(Option::is_some).then_some(Lane { bits })
    }

    /// The value written to a bit, if the access reached it.
    pub fn bit(&self, bit: usize) -> Option<bool> {
        self.bits[bit]
    }

    /// True if the access writes a 1 to the bit.
    pub fn sets(&self, bit: usize) -> bool {
        self.bits[bit] == Some(true)
    }

    /// A plain read-write bit.
    pub fn flag(&self, bit: usize, flag: &mut bool) {
        if let Some(new) = self.bits[bit] {
            *flag = new;
        }
    }

    /// A plain read-write field whose lowest bit is register bit `low`; `value` bit `at` is the
    /// field's bit 0.
    pub fn field(&self, low: usize, width: usize, at: usize, value: &mut u64) {
        for i in 0..width {
            match self.bits[low + i] {
                Some(true) => *value |= 1 << (at + i),
                Some(false) => *value &= !(1 << (at + i)),
                None => {}
            }
        }
    }
}

/// Builds a byte from bits, lowest first.
pub fn byte<const N: usize>(bits: [bool; N]) -> u8 {
    let mut value = 0;
    for (i, bit) in bits.into_iter().enumerate() {
        if bit {
            value |= 1 << i;
        }
    }
    value
}
