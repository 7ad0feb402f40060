// SPDX-License-Identifier: GPL-2.0

//! What the fuzzer runs: an input's first byte selects what the others drive.

use crate::{
    source::Bytes,
    structures,
    trace, //
};

/// The most operations that an input drives. One that is used up repeats FLR, which does nothing.
const STEPS: usize = 200;

/// Runs an input.
///
/// # Panics
///
/// Panics when the crate and its model disagree, or an invariant does not hold.
pub fn run(input: &[u8]) {
    let Some((&kind, rest)) = input.split_first() else {
        return;
    };
    let mut source = Bytes(rest);
    let steps = STEPS.min(1 + rest.len() / 4);
    match kind % 4 {
        0 => drop(trace::hdm(&mut source, steps, &mut |_| {})),
        1 => drop(trace::dvsec(&mut source, steps, &mut |_| {})),
        2 => structures::raw(rest),
        _ => structures::chosen(&mut source),
    }
}
