// SPDX-License-Identifier: GPL-2.0

//! Where choices come from: a seed, or the bytes of a fuzzer.

/// A sequence of choices.
pub trait Source {
    /// The next `bytes` (at most 8) bytes as a number.
    fn bits(&mut self, bytes: usize) -> u64;

    /// A number below `limit`, which is from 1 to 256.
    fn below(&mut self, limit: usize) -> usize {
        self.bits(1) as usize % limit
    }

    /// True once in `n` times.
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of the values.
    fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }
}

/// Random choices that a seed repeats on every machine (xorshift64*, G. Marsaglia and S. Vigna).
pub struct Seed(u64);

impl Seed {
    /// The choices of a seed.
    pub fn new(seed: u64) -> Seed {
        // Odd, so not the state 0 in which the generator would stay.
        Seed(((seed << 1) | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

impl Source for Seed {
    fn bits(&mut self, bytes: usize) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        // The high bits are the good ones.
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> (64 - 8 * bytes)
    }
}

/// The choices that an input makes; zero when it is used up.
pub struct Bytes<'a>(pub &'a [u8]);

impl Source for Bytes<'_> {
    fn bits(&mut self, bytes: usize) -> u64 {
        let (head, tail) = self.0.split_at(bytes.min(self.0.len()));
        self.0 = tail;
        head.iter()
            .rev()
            .fold(0, |value, &byte| (value << 8) | u64::from(byte))
    }
}
