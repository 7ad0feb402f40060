// SPDX-License-Identifier: GPL-2.0

//! Conformance cases: what the specification wants, as tables that can be read, replayed on the
//! host and replayed inside the kernel.
//!
//! A [`Case`] starts a shadow from a snapshot, performs some steps, looks at a register, performs
//! one more step, and looks again. A [`Refusal`] is a snapshot that must not be accepted.
//! [`replay()`] runs all of them and returns the first that fails. Whoever fixes a bug adds a row.
//!
//! The tables and the code here are for tests only. Nothing of them is compiled into an object
//! that does not call [`replay()`].

mod access;
mod array;
mod commit;
mod decoder;
mod dvsec;
mod refusal;
mod replay;
mod reset;
mod start;

pub use self::{
    refusal::{
        Refusal,
        Refused,
        Snapshot, //
    },
    replay::{
        replay,
        Fact,
        Failure, //
    },
    start::{
        dvsec_shadow,
        hdm_shadow,
        Shadow,
        Start, //
    }, //
};

use crate::{
    attr::Reset,
    dvsec::Status,
    effect::{
        Effect,
        Switch, //
    },
    hdm::CommitError, //
};

/// Something that happens to a shadow.
///
/// ```
/// use cxl_regs::vectors::Step;
///
/// // Four bytes at 0x20: COMMIT.
/// let commit = Step::Write { offset: 0x20, len: 4, value: 0x200 };
/// assert_ne!(commit, Step::CompleteWriteBack);
/// ```
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
    /// The device is reset.
    Reset(Reset),
    /// A CXL Reset ends.
    CompleteReset {
        /// Whether it ended well.
        success: bool,
    },
    /// A write-back ends.
    CompleteWriteBack,
    /// The device raises a status bit.
    Raise(Status),
}

/// A conformance case.
///
/// ```
/// use cxl_regs::vectors;
///
/// let case = vectors::cases().next().unwrap();
/// assert!(case.section.starts_with("8."));
/// assert!(!case.what.is_empty());
/// ```
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
    /// What the caller has to perform, in order.
    pub effects: &'static [Effect],
}

/// Every case.
///
/// ```
/// assert!(cxl_regs::vectors::cases().count() >= 150);
/// ```
#[inline]
pub fn cases() -> impl Iterator<Item = &'static Case> {
    [
        access::CASES,
        array::CASES,
        dvsec::CASES,
        decoder::CASES,
        commit::CASES,
        reset::CASES,
    ]
    .into_iter()
    .flatten()
}

/// Every refusal.
///
/// ```
/// assert!(cxl_regs::vectors::refusals().count() >= 30);
/// ```
#[inline]
pub fn refusals() -> impl Iterator<Item = &'static Refusal> {
    refusal::REFUSALS.iter()
}

/// Writes a table of cases, a case a row:
/// `section what, start [setup] look = before, step => after [effects];`
macro_rules! rows {
    ($(
        $section:literal $what:literal,
        $start:ident [$($setup:expr),*]
        $offset:literal:$len:literal = $before:literal,
        $step:expr => $after:literal [$($effect:expr),*];
    )*) => {
        pub(super) const CASES: &[$crate::vectors::Case] = &[
            $(
                $crate::vectors::Case {
                    section: $section,
                    what: $what,
                    start: $start,
                    setup: &[$($setup),*],
                    look: ($offset, $len),
                    before: $before,
                    step: $step,
                    after: $after,
                    effects: &[$($effect),*],
                },
            )*
        ];
    };
}
use rows;

// Short names for the columns of the tables.

const fn w(offset: u32, len: usize, value: u64) -> Step {
    Step::Write { offset, len, value }
}

const fn reset(kind: Reset) -> Step {
    Step::Reset(kind)
}

const fn on(switch: Switch) -> Effect {
    Effect::Switched { switch, on: true }
}

const fn off(switch: Switch) -> Effect {
    Effect::Switched { switch, on: false }
}

const fn committed(decoder: u8, base: u64, size: u64) -> Effect {
    Effect::Committed {
        decoder,
        base,
        size,
    }
}

const fn released(decoder: u8) -> Effect {
    Effect::Released { decoder }
}

const fn refused(decoder: u8, error: CommitError) -> Effect {
    Effect::CommitFailed { decoder, error }
}
