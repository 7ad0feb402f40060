// SPDX-License-Identifier: GPL-2.0

//! `cxl_regs` and its model side by side.
//!
//! [`hdm::Pair`] and [`dvsec::Pair`] apply every operation to both and fail with the operation and
//! both answers when they differ. The tests beside this crate choose the operations: all of a small
//! domain (`tests/explore.rs`), random ones from a seed (`tests/traces.rs`), and what a fuzzer
//! finds ([`bytes`]).

pub mod bytes;
pub mod common;
pub mod dvsec;
pub mod hdm;
pub mod invariants;
pub mod source;
pub mod structures;
pub mod trace;
