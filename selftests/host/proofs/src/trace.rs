// SPDX-License-Identifier: GPL-2.0

//! Sequences of operations on both, chosen by a [`Source`].
//!
//! Random bits would hardly ever commit a decoder, so snapshots and values are mostly near what a
//! firmware and a driver write, and sometimes anything.

use crate::{
    dvsec,
    hdm,
    invariants::{
        self,
        View, //
    },
    source::Source, //
};
use model::hdm::Rule;
use std::fmt;

/// What is done with each operation, before it is applied: a replay prints it.
pub type Log<'a> = &'a mut dyn FnMut(fmt::Arguments<'_>);

const LENGTHS: [usize; 4] = [1, 2, 4, 8];

/// A snapshot of an HDM Decoder Capability, from a sane firmware or not.
pub fn hdm_snapshot(source: &mut impl Source) -> Vec<u32> {
    let encoding = source.pick(&[0, 1, 1, 2, 2, 2, 3, 4, 8, 9, 12, 12, 13, 15]);
    let count = [1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 1, 1, 1][encoding];
    let mut words = vec![0; 4 + 8 * count];
    words[0] = source.bits(4) as u32 & 0x007f_3ff0 | encoding as u32;
    words[1] = source.bits(1) as u32 & 0x3;

    let committed = source.below(count + 1);
    let mut base = u64::from(source.bits(1) as u32 & 0x3);
    for n in 0..count {
        let at = 4 + 8 * n;
        let size = 1 + source.bits(1) % 3;
        if n < committed {
            granules(&mut words[at..], base);
            granules(&mut words[at + 2..], size);
            words[at + 4] = 0x600 | source.bits(2) as u32 & 0x7106;
            base += size + source.bits(1) % 2;
        } else if source.one_in(4) {
            granules(&mut words[at..], base);
            granules(&mut words[at + 2..], size);
            words[at + 4] = source.bits(4) as u32 & !0x600;
        }
    }
    // A device that lies: one dword is not what it should be.
    if source.one_in(4) {
        let at = source.below(words.len().min(256));
        words[at] = if source.one_in(3) {
            u32::MAX
        } else {
            source.bits(4) as u32
        };
    }
    if source.one_in(32) {
        words.truncate(source.below(words.len().min(256)));
    }
    words
}

/// Writes a number of 256 MiB granules as a pair of low and high registers.
fn granules(words: &mut [u32], granules: u64) {
    words[0] = (granules as u32 & 0xf) << 28;
    words[1] = (granules >> 4) as u32;
}

/// A write that does something: a register of a decoder and a value that suits it.
fn decoder_write(
    source: &mut impl Source,
    decoders: usize,
    window: Option<&[u32; 8]>,
) -> (usize, usize, u64) {
    // The first decoders interact most.
    let n = source.below(decoders).min(source.below(decoders));
    let at = 0x10 + 0x20 * n;
    let near = u64::from(source.bits(1) as u8 % 16);
    match source.below(14) {
        // Back to what can be committed.
        12 | 13 => {
            let window = window.copied().unwrap_or_default();
            let register = source.pick(&[2, 5, 2, 5, 4]);
            let pair = u64::from(window[register + 1]) << 32 | u64::from(window[register]);
            match register {
                4 => (0x20, 4, pair & 0x0f00_f000 | 0x200),
                _ => (0x10 + 4 * register, 8, pair),
            }
        }
        0 => (at, 8, near << 28),
        1 => (at, 8, source.bits(8)),
        2 => (at, 4, near << 28),
        3 => (at + 4, 4, source.bits(4)),
        4 => (at + 8, 8, near << 28),
        5 => (
            at + 8,
            8,
            (1 + near % 4) * (source.pick(&[1, 2, 3, 6, 12, 16]) << 28),
        ),
        6 => (
            at + 0x10,
            1,
            source.pick(&[0x00, 0x06, 0x07, 0x10, 0x20, 0x40, 0x80, 0x90, 0xa0, 0x50]),
        ),
        7 => (at + 0x10, 4, source.bits(4)),
        8 => (at + 0x14, 8, source.bits(8)),
        _ => (at + 0x11, 1, source.pick(&[0, 1, 2, 3, 2, 2, 0x32])),
    }
}

/// Runs `steps` operations on the HDM decoders of a snapshot; how many were applied.
pub fn hdm(source: &mut impl Source, steps: usize, log: Log<'_>) -> usize {
    let back_invalidate = source.one_in(2);
    let rule = source.pick(&[Rule::V3, Rule::Hardware, Rule::Hardware, Rule::V2]);
    let words = hdm_snapshot(source);
    log(format_args!(
        "HDM snapshot, back-invalidate {back_invalidate}, rule {rule:?}: {words:#x?}"
    ));
    let Some(mut pair) = hdm::Pair::new(&words, back_invalidate, rule) else {
        return 1;
    };
    let mut before = View::of(&pair.real);
    invariants::state(&before);
    let window = before.window().copied();
    for _ in 0..steps {
        match source.below(64) {
            0 => {
                log(format_args!("reset"));
                pair.reset();
                let after = View::of(&pair.real);
                invariants::reset(&before, &after);
                before = after;
            }
            1..=8 => {
                let offset = source.bits(2) as usize % (pair.bytes() + 16);
                let len = source.pick(&LENGTHS);
                log(format_args!("read {len} bytes at {offset:#x}"));
                pair.read(offset, len);
                continue;
            }
            other => {
                let (offset, len, value) = if other <= 24 {
                    let offset = source.bits(2) as usize % (pair.bytes() + 16);
                    (offset, source.pick(&LENGTHS), source.bits(8))
                } else {
                    decoder_write(source, pair.model.decoders.len(), window.as_ref())
                };
                log(format_args!("write {len} bytes at {offset:#x}: {value:#x}"));
                let events = pair.write(offset, len, value);
                let after = View::of(&pair.real);
                let access = (offset, len);
                let window = window.as_ref();
                invariants::write(&before, &after, access, &events, window, rule);
                before = after;
            }
        }
        invariants::state(&before);
    }
    pair.compare("at the end");
    steps
}

/// A snapshot of a CXL Device DVSEC, from a sane device or not.
pub fn dvsec_snapshot(source: &mut impl Source) -> Vec<u32> {
    let revision = source.below(5) as u32;
    let length = source.pick(&[0x38, 0x3c, 0x3c, 0x3c, 0x28, 0x48, 0x3a]);
    let mut words = vec![0; length as usize / 4];
    for word in &mut words {
        *word = source.bits(4) as u32;
    }
    words[1] = (length << 20) | (revision << 16) | 0x1e98;
    // One range, a legal reset timeout, legal activation timeouts, ranges that do not wrap.
    words[2] = words[2] & 0xf8cf_0000 | 0x0010_0000 | ((source.below(5) as u32) << 24);
    for at in [6, 10] {
        if at + 2 >= words.len() {
            continue;
        }
        words[at] &= 0xffff;
        words[at + 1] = words[at + 1] & !0xe000 | ((source.below(5) as u32) << 13);
        words[at + 2] &= 0xffff;
    }
    if source.one_in(3) {
        let at = source.below(words.len());
        words[at] = if source.one_in(3) {
            u32::MAX
        } else {
            source.bits(4) as u32
        };
    }
    if source.one_in(16) {
        let bit = source.below(32);
        words[1] ^= 1 << bit;
    }
    if source.one_in(32) {
        words.truncate(source.below(words.len()));
    }
    words
}

/// Runs `steps` operations on the DVSEC of a snapshot; how many were applied.
pub fn dvsec(source: &mut impl Source, steps: usize, log: Log<'_>) -> usize {
    let words = dvsec_snapshot(source);
    log(format_args!("DVSEC snapshot: {words:#x?}"));
    let Some(mut pair) = dvsec::Pair::new(&words) else {
        return 1;
    };
    for _ in 0..steps {
        match source.below(32) {
            0 | 1 => {
                log(format_args!("reset"));
                pair.reset();
            }
            2 | 3 => {
                let success = source.one_in(2);
                log(format_args!("the reset ends, well: {success}"));
                pair.complete_reset(success);
            }
            4..=6 => {
                let at = source.pick(&[3, 4, 6, 7, 8, 9, 10, 11, 14]);
                let word = match source.below(8) {
                    0 => None,
                    1 => Some(u32::MAX),
                    _ => Some(source.bits(4) as u32),
                };
                log(format_args!("dword {at} of the device is now {word:x?}"));
                if let Some(device) = pair.device.get_mut(at) {
                    *device = word;
                }
            }
            7..=12 => {
                let offset = source.below(0x48);
                let len = source.pick(&LENGTHS);
                log(format_args!("read {len} bytes at {offset:#x}"));
                pair.read(offset, len);
            }
            other => {
                let (offset, len) = if other < 20 {
                    (source.below(0x48), source.pick(&LENGTHS))
                } else {
                    let at = source.pick(&[0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x10, 0x10, 0x12, 0x14]);
                    (at, source.pick(&[1, 1, 2, 4]))
                };
                let value = source.bits(8);
                log(format_args!("write {len} bytes at {offset:#x}: {value:#x}"));
                pair.write(offset, len, value);
            }
        }
        pair.compare("after it");
    }
    steps
}
