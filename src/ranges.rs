// SPDX-License-Identifier: GPL-2.0

//! Ranges of bytes.

#![forbid(unsafe_code)]

use core::ops::Range;

/// Whether two ranges have a byte in common.
pub(crate) fn overlap(one: &Range<u64>, other: &Range<u64>) -> bool {
    one.start < other.end && other.start < one.end
}
