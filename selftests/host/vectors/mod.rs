// SPDX-License-Identifier: GPL-2.0

//! Conformance cases: what the specification wants, as tables that can be read, replayed on the
//! host and replayed inside the kernel.
//!
//! A [`Case`] starts a shadow from a snapshot, performs some steps, looks at a register, performs
//! one more step, and looks again. A [`Refusal`] is a snapshot that must not be accepted.
//! [`replay()`] runs all of them and returns the first that fails. Whoever fixes a bug adds a row.

mod access;
mod array;
mod commit;
mod decoder;
mod dvsec;
mod ras;
mod refusal;
mod replay;
mod reset;
mod start;

pub use self::{
    refusal::Refusal,
    replay::{
        replay,
        Fact,
        Failure, //
    },
    start::{
        Shadow,
        Snapshot,
        Start, //
    }, //
};

use cxl_regs::{
    effect::Outcome,
    Effects, //
};

/// Something that happens to a shadow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The guest writes.
    Write {
        /// Where.
        offset: u32,
        /// How many bytes.
        len: usize,
        /// What.
        value: u64,
    },
    /// The device changes a register by itself: the dword at this offset reads so from now on.
    Device(u16, u32),
    /// The device can no longer be asked.
    Mute,
    /// The guest had the device make a CXL Reset.
    Reset,
    /// A CXL Reset ends.
    CompleteReset {
        /// Whether it ended well.
        success: bool,
    },
    /// The host took errors that were not corrected: the status, the control register, and a
    /// header log that is this dword over and over.
    Uncorrectable(u32, u32, u32),
    /// The host took errors that were corrected.
    Correctable(u32),
}

/// A conformance case.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The section of CXL r4.0 that wants it.
    pub section: &'static str,
    /// What it wants, in words.
    pub what: &'static str,
    /// What the device said.
    pub start: Start,
    /// What happened before.
    pub setup: &'static [Step],
    /// What is looked at: an offset and a number of bytes.
    pub look: (u32, usize),
    /// What is seen there before `step`.
    pub before: u64,
    /// What happens.
    pub step: Step,
    /// What is seen there after `step`.
    pub after: u64,
    /// What the caller has to perform.
    pub effects: Effects,
}

/// Every case.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    [
        access::CASES,
        array::CASES,
        dvsec::CASES,
        decoder::CASES,
        commit::CASES,
        ras::CASES,
        reset::CASES,
    ]
    .into_iter()
    .flatten()
}

/// Every refusal.
pub fn refusals() -> impl Iterator<Item = &'static Refusal> {
    refusal::REFUSALS.iter()
}

/// Writes a table of cases, a case a row:
/// `section what, start [setup] look = before, step => after [effects];`
///
/// Without effects, the shadow is changed if the two looks differ, and nothing else happens.
macro_rules! rows {
    ($(
        $section:literal $what:literal,
        $start:ident [$($setup:expr),*]
        $offset:literal:$len:literal = $before:literal,
        $step:expr => $after:literal [$($effects:expr)?];
    )*) => {
        pub(super) const CASES: &[super::Case] = &[
            $(
                super::Case {
                    section: $section,
                    what: $what,
                    start: $start,
                    setup: &[$($setup),*],
                    look: ($offset, $len),
                    before: $before,
                    step: $step,
                    after: $after,
                    effects: super::effects(
                        super::changed($step, $before, $after),
                        [$($effects)?].as_slice(),
                    ),
                },
            )*
        ];
    };
}
use rows;

/// Whether a guest's write is seen to have changed something.
const fn changed(step: Step, before: u64, after: u64) -> bool {
    matches!(step, Step::Write { .. }) && before != after
}

const fn effects(changed: bool, given: &[Effects]) -> Effects {
    match given {
        &[effects, ..] => effects,
        [] if changed => CHANGED,
        [] => Effects::NONE,
    }
}

// Short names for the columns of the tables.

const fn w(offset: u32, len: usize, value: u64) -> Step {
    Step::Write { offset, len, value }
}

const fn outcome(outcome: Outcome) -> Effects {
    Effects {
        outcome,
        ..Effects::NONE
    }
}

const NONE: Effects = Effects::NONE;
const CHANGED: Effects = outcome(Outcome::Changed);
const COMMITTED: Effects = outcome(Outcome::Committed);
const NOT_COMMITTED: Effects = outcome(Outcome::NotCommitted);
const RELEASED: Effects = outcome(Outcome::Released);

const fn caching(disabled: bool) -> Effects {
    Effects {
        disable_caching: Some(disabled),
        ..CHANGED
    }
}
