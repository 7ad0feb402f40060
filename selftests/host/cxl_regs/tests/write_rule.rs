// SPDX-License-Identifier: GPL-2.0

//! The write rule and the reset rule, bit by bit: all combinations, against a table written by
//! hand, and the independence of bits from each other.

use cxl_regs::attr::{
    Attr::{
        self,
        *, //
    },
    Masks, //
};

const BOOLS: [bool; 2] = [false, true];

/// What the specification says of one bit.
fn written(attr: Attr, locked: bool, old: bool, new: bool, enabled: bool) -> bool {
    if !enabled {
        return old;
    }
    match attr {
        RW | RWS => new,
        RWL => match locked {
            true => old,
            false => new,
        },
        RWO => match (old, new) {
            (false, false) => false,
            (false, true) | (true, false) | (true, true) => true,
        },
        RW1CS => match (old, new) {
            (true, false) => true,
            (false, false) | (false, true) | (true, true) => false,
        },
        RO | HwInit | Live | Doorbell | RsvdP | RsvdZ => old,
    }
}

/// What table 8-1 says of one bit over a CXL Reset.
fn reset(attr: Attr, locked: bool, old: bool) -> bool {
    let kept = match attr {
        RO | HwInit | Live | RWS | RW1CS | RsvdP | RsvdZ | Doorbell => true,
        RW => false,
        RWL | RWO => locked,
    };
    kept && old
}

#[test]
fn every_combination_of_a_bit_is_written_as_specified() {
    let mut combinations = 0;
    for bit in 0..32 {
        let mask = 1u32 << bit;
        let word = |set: bool| if set { mask } else { 0 };
        for attr in Attr::ALL {
            let masks = Masks::of(attr, mask);
            for (locked, old, new, enabled) in all4() {
                let expected = written(attr, locked, old, new, enabled);
                let found = masks.write(word(old), word(new), word(enabled), word(locked));
                assert_eq!(
                    found,
                    word(expected),
                    "{attr:?} bit {bit} locked {locked} old {old} new {new} enabled {enabled}"
                );

                let rings = attr == Doorbell && new && enabled;
                assert_eq!(masks.rung(word(new), word(enabled)), word(rings));
                let clears = attr == RW1CS && new && enabled;
                assert_eq!(masks.cleared(word(new), word(enabled)), word(clears));
                combinations += 1;
            }
        }
    }
    println!("{combinations} combinations");
    assert_eq!(combinations, 32 * 11 * 16);
}

#[test]
fn every_combination_of_a_bit_is_reset_as_specified() {
    for bit in 0..32 {
        let mask = 1u32 << bit;
        let word = |set: bool| if set { mask } else { 0 };
        for attr in Attr::ALL {
            let masks = Masks::of(attr, mask);
            for (locked, old) in BOOLS.into_iter().flat_map(|l| BOOLS.map(|o| (l, o))) {
                let expected = reset(attr, locked, old);
                let found = masks.reset(word(old), word(locked));
                assert_eq!(
                    found,
                    word(expected),
                    "{attr:?} bit {bit} locked {locked} old {old}"
                );
            }
        }
    }
}

/// A dword in which bit 0 has the attribute `a` and bit 31 the attribute `b` behaves as the two
/// would alone: for all pairs of attributes and all values of both bits.
#[test]
fn bits_of_any_two_attributes_do_not_see_each_other() {
    const A: u32 = 1;
    const B: u32 = 1 << 31;
    let word = |a: bool, b: bool| if a { A } else { 0 } | if b { B } else { 0 };

    for a in Attr::ALL {
        for b in Attr::ALL {
            let masks = Masks::of(a, A).and(b, B);
            for (lock_a, old_a, new_a, enabled_a) in all4() {
                for (lock_b, old_b, new_b, enabled_b) in all4() {
                    let found = masks.write(
                        word(old_a, old_b),
                        word(new_a, new_b),
                        word(enabled_a, enabled_b),
                        word(lock_a, lock_b),
                    );
                    let expected = word(
                        written(a, lock_a, old_a, new_a, enabled_a),
                        written(b, lock_b, old_b, new_b, enabled_b),
                    );
                    assert_eq!(found, expected, "{a:?} {b:?}");
                }
            }
        }
    }
}

/// Changing one input of one bit changes that bit's output only, for random dwords of random
/// attributes.
#[test]
fn a_bit_depends_on_its_own_inputs_only() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..20_000 {
        let mut masks = Masks::RESERVED;
        for bit in 0..32 {
            let attr = Attr::ALL[random.next() as usize % Attr::ALL.len()];
            masks = masks.and(attr, 1 << bit);
        }
        let inputs = [random.next(), random.next(), random.next(), random.next()];
        let base = masks.write(inputs[0], inputs[1], inputs[2], inputs[3]);

        let bit = 1 << (random.next() % 32);
        for input in 0..inputs.len() {
            let mut flipped = inputs;
            flipped[input] ^= bit;
            let changed = masks.write(flipped[0], flipped[1], flipped[2], flipped[3]) ^ base;
            assert_eq!(changed & !bit, 0);
        }
    }
}

#[test]
fn attributes_sort_into_readable_and_live() {
    for attr in Attr::ALL {
        let masks = Masks::of(attr, 0xff);
        let readable = !matches!(attr, Doorbell | RsvdP | RsvdZ);
        assert_eq!(masks.readable() == 0xff, readable, "{attr:?}");
        let live = matches!(attr, Live | RW1CS);
        assert_eq!(masks.live() == 0xff, live, "{attr:?}");
        assert_eq!(attr.is_reserved(), matches!(attr, RsvdP | RsvdZ));
    }
}

fn all4() -> impl Iterator<Item = (bool, bool, bool, bool)> {
    (0..16).map(|n| (n & 1 != 0, n & 2 != 0, n & 4 != 0, n & 8 != 0))
}

/// xorshift64*: the same numbers on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }
}
