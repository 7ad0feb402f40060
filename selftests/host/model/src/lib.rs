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

/// What becomes of decoders when a guest writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// Decoder `n` went from committed to not committed.
    Released(usize),
    /// Decoder `n` went from not committed to committed.
    Committed(usize),
    /// Decoder `n` refused a commit and set Error Not Committed.
    Refused(usize),
}

/// What a write asks its caller to do to the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Asks {
    /// Disable Caching changed to this.
    pub disable_caching: Option<bool>,
    /// A 1 was written to Viral Status.
    pub clear_viral: bool,
    /// A 1 was written to Volatile HDM Preservation Error.
    pub clear_volatile: bool,
    /// Initiate Cache Write Back and Invalidate was written as 1.
    pub write_back: bool,
    /// Initiate CXL Reset was written as 1; the value is CXL Reset Mem Clr Enable as it then reads.
    pub cxl_reset: Option<bool>,
}
