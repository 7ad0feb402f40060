// SPDX-License-Identifier: GPL-2.0

//! What holds in every state of the crate's decoders, and over every step.
//!
//! These look at what a guest can read and at the effects, never at how the crate keeps its state.

use crate::common;
use cxl_regs::HdmShadow;
use model::{
    hdm::Rule,
    Event, //
};

const LOCK: u32 = 1 << 8;
const COMMIT: u32 = 1 << 9;
const COMMITTED: u32 = 1 << 10;
const ERROR: u32 = 1 << 11;

/// Everything that a guest reads there.
#[derive(Clone, PartialEq, Eq)]
pub struct View {
    header: [u32; 4],
    decoders: Vec<[u32; 8]>,
}

impl View {
    /// What a guest would read of these dwords: for tests of the invariants themselves.
    pub fn of_words(words: &[u32]) -> View {
        let mut view = View {
            header: [0; 4],
            decoders: Vec::new(),
        };
        let (header, decoders) = words.split_at(4);
        view.header.copy_from_slice(header);
        for words in decoders.chunks_exact(8) {
            let mut decoder = [0; 8];
            decoder.copy_from_slice(words);
            view.decoders.push(decoder);
        }
        view
    }

    /// Decoder 0, if it is committed.
    pub fn window(&self) -> Option<&[u32; 8]> {
        self.decoders
            .first()
            .filter(|words| words[4] & COMMITTED != 0)
    }

    /// What a guest reads now.
    pub fn of(hdm: &HdmShadow) -> View {
        let pair = |offset| {
            let both = hdm.read(common::access(offset, 8));
            (both as u32, (both >> 32) as u32)
        };
        let mut header = [0; 4];
        for i in [0, 2] {
            (header[i], header[i + 1]) = pair(4 * i);
        }
        let mut decoders = vec![[0; 8]; hdm.count().into()];
        for (n, words) in decoders.iter_mut().enumerate() {
            for i in [0, 2, 4, 6] {
                (words[i], words[i + 1]) = pair(0x10 + 0x20 * n + 4 * i);
            }
        }
        View { header, decoders }
    }
}

fn wide(words: &[u32; 8], low: usize) -> u128 {
    (u128::from(words[low + 1]) << 32) | u128::from(words[low])
}

/// Checks a state.
///
/// # Panics
///
/// Panics if an invariant does not hold in it.
pub fn state(view: &View) {
    assert_eq!(view.header[1] & !0x3, 0, "reserved bits of Global Control");
    assert_eq!(view.header[2..], [0; 2], "reserved dwords");

    for (n, words) in view.decoders.iter().enumerate() {
        let control = words[4];
        for low in [0, 2, 5] {
            assert_eq!(words[low] & 0x0fff_ffff, 0, "decoder {n}: reserved bits");
        }
        assert_eq!(words[7], 0, "decoder {n}: reserved dword");
        assert_eq!(control & 0xf0ff_8000, 0, "decoder {n}: reserved control");

        match control & (COMMIT | COMMITTED | ERROR) {
            0 => {}
            state if state == COMMIT | ERROR => {}
            state if state == COMMIT | COMMITTED => {
                let (base, size) = (wide(words, 0), wide(words, 2));
                assert!(size > 0, "decoder {n} is committed with no size");
                assert!(base + size < 1 << 64, "decoder {n} wraps");
            }
            other => panic!("decoder {n}: no state of a decoder: {other:#x}"),
        }
    }
}

/// Checks that events are exactly the changes between two states, and that what was committed is
/// the window that firmware had committed, `window`.
fn agree(before: &View, after: &View, events: &[Event], window: Option<&[u32; 8]>) {
    let mut expected = Vec::new();
    for (n, words) in after.decoders.iter().enumerate() {
        let (old, new) = (before.decoders[n][4], words[4]);
        if old & !new & COMMITTED != 0 {
            expected.push(Event::Released(n));
        }
        if new & !old & COMMITTED != 0 {
            expected.push(Event::Committed(n));
            let window = window.expect("a window is there");
            assert_eq!(n, 0, "decoder {n} has no memory");
            assert_eq!(words[2..4], window[2..4], "another size");
            assert_eq!(new & 0xf0, 0, "interleaved");
        }
        if new & !old & ERROR != 0 {
            expected.push(Event::Refused(n));
        }
    }
    assert_eq!(expected, events);
}

/// Checks the step that a write of `(offset, len)` made.
///
/// # Panics
///
/// Panics if an invariant does not hold over it.
pub fn write(
    before: &View,
    after: &View,
    (offset, len): (usize, usize),
    events: &[Event],
    window: Option<&[u32; 8]>,
    rule: Rule,
) {
    agree(before, after, events, window);
    assert_eq!(before.header[0], after.header[0], "HwInit changed");
    for (n, (&old, &new)) in before.decoders.iter().zip(&after.decoders).enumerate() {
        if old == new {
            continue;
        }
        let at = 0x10 + 0x20 * n;
        assert!(
            offset < at + 0x20 && offset + len > at,
            "a write changed decoder {n}, which it does not reach"
        );
        let committed = old[4] & COMMITTED != 0;
        let locked = committed && old[4] & LOCK != 0;
        assert!(
            !locked || rule != Rule::Hardware,
            "a write changed the locked decoder {n}"
        );
        if committed && rule == Rule::V2 && new[4] & COMMITTED != 0 {
            let mut placed = old;
            placed[4] ^= LOCK & (old[4] ^ new[4]);
            if !locked {
                placed[..2].copy_from_slice(&new[..2]);
            }
            assert_eq!(
                new, placed,
                "decoder {n} is placed by more than its base and lock"
            );
        } else if committed {
            assert!(
                !locked || rule == Rule::V3,
                "locked decoder {n} is released"
            );
            let mut released = old;
            released[4] &= !(COMMIT | COMMITTED | if locked { LOCK } else { 0 });
            // The bytes behind Control of the same access find the decoder free.
            if offset + len > at + 0x14 {
                released[5..].copy_from_slice(&new[5..]);
            }
            assert_eq!(
                new, released,
                "decoder {n} is committed and changed by more than its release"
            );
        }
        for i in 0..8 {
            let changed = old[i] ^ new[i];
            // The answer to COMMIT is the device's own write.
            let own = if i == 4 { COMMITTED | ERROR | LOCK } else { 0 };
            for byte in 0..4 {
                let reached = (offset..offset + len).contains(&(at + 4 * i + byte));
                let bits = changed & !own & (0xff << (8 * byte));
                assert!(
                    reached || bits == 0,
                    "decoder {n}: byte {byte} of dword {i} changed without being written"
                );
            }
        }
    }
}

/// Checks the step that a CXL Reset of the guest made.
///
/// # Panics
///
/// Panics if an invariant does not hold over it.
pub fn reset(before: &View, after: &View) {
    assert_eq!(before.header[0], after.header[0], "HwInit changed");
    assert_eq!(after.header[1] & 0x2, 0, "decoders are enabled");
    assert_eq!(before.decoders, after.decoders, "a decoder changed");
}
