// SPDX-License-Identifier: GPL-2.0

//! A naive reference model of the register semantics that a guest sees.
//!
//! It exists to disagree with `cxl_regs`: it is written from the specification, with one plain
//! field per register field, and with a hand-written match on the offset where the crate has
//! tables, masks and one write rule. It shares no code with the crate and is not fast. The
//! packages beside it drive both with the same accesses and compare what is read, what is done
//! and what is refused.

pub mod dvsec;
pub mod hdm;
pub mod lane;

/// What a write or a reset asks its caller to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Decoder `n` went from committed to not committed.
    Released(usize),
    /// The bit of this name, as the specification spells it, changed to this value.
    Switched(&'static str, bool),
    /// Decoder `n` went from not committed to committed, with this base and size.
    Committed(usize, u64, u64),
    /// Decoder `n` refused a commit for this reason and set Error Not Committed.
    Refused(usize, &'static str),
    /// Initiate Cache Write Back and Invalidate was written as 1.
    WriteBack,
    /// Initiate CXL Reset was written as 1; the value is CXL Reset Mem Clr Enable as it then reads.
    CxlReset(bool),
}

/// The kinds of reset that a function goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reset {
    /// Function Level Reset: CXL.io only.
    FunctionLevel,
    /// CXL Reset through the DVSEC: what is locked stays.
    Cxl,
    /// Hot or warm reset: everything but sticky fields.
    Conventional,
    /// Cold reset: everything.
    PowerGood,
}

/// One answer for each question that the specification leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Choices {
    /// The v3 series' rule: clearing COMMIT releases a locked decoder as well.
    pub release_locked: bool,
    /// A decoder is released only while the next one is not committed.
    pub release_in_order: bool,
    /// The base of an interleaved decoder is a multiple of 256 MiB times its ways.
    pub base_aligned_to_ways: bool,
    /// A locked decoder, and what CONFIG_LOCK freezes, survive a CXL Reset.
    pub locks_survive_cxl_reset: bool,
}

/// Appends an effect for a bit that is not as it was.
fn switched(effects: &mut Vec<Effect>, name: &'static str, before: bool, after: bool) {
    if before != after {
        effects.push(Effect::Switched(name, after));
    }
}
