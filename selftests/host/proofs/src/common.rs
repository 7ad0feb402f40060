// SPDX-License-Identifier: GPL-2.0

//! What the crate and the model have in common, in the words of the model.

use cxl_regs::{
    hdm::{
        Lock,
        Options, //
    },
    Access, //
};
use model::hdm::Rule;

/// The crate's form of how the shadow of HDM decoders is made.
pub fn options(back_invalidate: bool, rule: Rule) -> Options {
    let lock = match rule {
        Rule::Hardware => Lock::Hardware,
        Rule::V3 => Lock::Releasable,
        Rule::V2 => Lock::Placeable,
    };
    Options {
        back_invalidate,
        lock,
    }
}

/// An access that the crate must accept.
///
/// # Panics
///
/// Panics if the crate refuses it.
pub fn access(offset: usize, len: usize) -> Access {
    u32::try_from(offset)
        .ok()
        .and_then(|offset| Access::new(offset, len))
        .unwrap_or_else(|| panic!("access of {len} bytes at {offset:#x} is refused"))
}

/// The little-endian bytes of an access of `len` bytes that writes `value`.
pub fn data(value: u64, len: usize) -> Vec<u8> {
    value.to_le_bytes()[..len].to_vec()
}

/// The value of a model's bytes.
pub fn value(bytes: impl DoubleEndedIterator<Item = u8>) -> u64 {
    bytes
        .rev()
        .fold(0, |value, byte| (value << 8) | u64::from(byte))
}

/// The CPU time of this thread in seconds: a figure that does not depend on what else runs.
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: Option<f64> = stat.split(' ').next().and_then(|n| n.parse().ok());
    nanoseconds.unwrap_or(f64::NAN) / 1e9
}
