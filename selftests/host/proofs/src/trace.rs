// SPDX-License-Identifier: GPL-2.0

//! Sequences of operations on both, chosen by a [`Source`].
//!
//! Random bits would hardly ever commit a decoder, so snapshots and values are mostly near what a
//! firmware and a driver write, and sometimes anything.

use crate::{
    common,
    dvsec,
    hdm,
    invariants::{
        self,
        View, //
    },
    source::Source, //
};
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
fn decoder_write(source: &mut impl Source, decoders: usize) -> (usize, usize, u64) {
    // The first decoders interact most.
    let n = source.below(decoders).min(source.below(decoders));
    let at = 0x10 + 0x20 * n;
    let near = u64::from(source.bits(1) as u8 % 16);
    match source.below(12) {
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
    let (policy, choices) = source.pick(&common::CHOICES);
    let back_invalidate = source.one_in(2);
    let words = hdm_snapshot(source);
    log(format_args!(
        "HDM snapshot, back-invalidate {back_invalidate}, policy {policy}: {words:#x?}"
    ));
    let Some(mut pair) = hdm::Pair::new(&words, back_invalidate, choices) else {
        return 1;
    };
    let mut before = View::of(&pair.real);
    invariants::state(&before, choices);
    for _ in 0..steps {
        match source.below(64) {
            0 => {
                let kind = source.pick(&common::RESETS);
                log(format_args!("reset {kind:?}"));
                let effects = pair.reset(kind);
                let after = View::of(&pair.real);
                invariants::reset(&before, &after, kind, &effects, choices);
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
                    decoder_write(source, pair.model.decoders.len())
                };
                log(format_args!("write {len} bytes at {offset:#x}: {value:#x}"));
                let effects = pair.write(offset, len, value);
                let after = View::of(&pair.real);
                invariants::write(&before, &after, (offset, len), &effects, choices);
                before = after;
            }
        }
        invariants::state(&before, choices);
    }
    pair.compare("at the end");
    steps
}

/// A snapshot of a CXL Device DVSEC, from a sane device or not.
pub fn dvsec_snapshot(source: &mut impl Source) -> Vec<u32> {
    let revision = 1 + source.below(3) as u32;
    let length = if revision == 1 { 0x38 } else { 0x3c };
    let mut words = vec![0; length as usize / 4];
    for word in &mut words {
        *word = source.bits(4) as u32;
    }
    words[1] = (length << 20) | (revision << 16) | 0x1e98;
    // One range, a legal reset timeout, legal activation timeouts, ranges that do not wrap.
    words[2] = words[2] & 0xf8cf_0000 | 0x0010_0000 | ((source.below(5) as u32) << 24);
    for at in [6, 10] {
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
    let (policy, choices) = source.pick(&common::CHOICES);
    let words = dvsec_snapshot(source);
    log(format_args!("DVSEC snapshot, policy {policy}: {words:#x?}"));
    let Some(mut pair) = dvsec::Pair::new(&words, choices) else {
        return 1;
    };
    for _ in 0..steps {
        match source.below(32) {
            0 | 1 => {
                let kind = source.pick(&common::RESETS);
                log(format_args!("reset {kind:?}"));
                pair.reset(kind);
            }
            2..=5 => {
                let event = source.below(5);
                log(format_args!("event {event}"));
                pair.event(event);
            }
            6 => {
                let mut later = words.clone();
                let at = source.pick(&[4, 6, 7, 8, 9]);
                later[at] = source.bits(4) as u32;
                log(format_args!("refresh, dword {at} now {:#x}", later[at]));
                pair.refresh(&later);
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
