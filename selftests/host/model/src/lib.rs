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

/// What a write asks its caller to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Decoder `n` went from not committed to committed.
    Committed(usize),
    /// Decoder `n` refused a commit and set Error Not Committed.
    Refused(usize),
    /// Decoder `n` went from committed to not committed.
    Released(usize),
    /// Initiate Cache Write Back and Invalidate was written as 1.
    WriteBack,
    /// Initiate CXL Reset was written as 1; `clear` is CXL Reset Mem Clr Enable as it then reads.
    CxlReset {
        /// Device memory is to be cleared as part of the reset.
        clear: bool,
    },
}

/// The kinds of reset that a function goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reset {
    /// Function Level Reset: CXL.io only.
    FunctionLevel,
    /// CXL Reset through the DVSEC.
    Cxl,
    /// Hot or warm reset: everything but sticky fields.
    Conventional,
    /// Cold reset: everything.
    PowerGood,
}
