// SPDX-License-Identifier: GPL-2.0

//! What user space sees of a device, one file for each thing.

pub(crate) mod component;
pub(crate) mod component_bar;
pub(crate) mod config;
pub(crate) mod implementation;
pub(crate) mod info;
pub(crate) mod memory;
pub(crate) mod plain;

use core::ops::Range;
use kernel::{
    prelude::*,
    uaccess::UserPtr, //
};

/// Splits an access at the borders of the `special` ranges and serves the pieces in ascending order,
/// each with its own piece of the user's buffer and with what is special about it, if anything. As
/// every read and write, it returns what was transferred before an error, and the error only if that
/// is nothing.
pub(crate) fn split<S>(
    user: UserPtr,
    access: Range<u64>,
    special: impl Iterator<Item = (Range<u64>, S)> + Clone,
    mut serve: impl FnMut(Option<S>, UserPtr, Range<u64>) -> Result<usize>,
) -> Result<usize> {
    let mut done = 0usize;
    let mut at = access.start;
    while at < access.end {
        let (kind, end) = match special.clone().find(|(range, _)| range.contains(&at)) {
            Some((range, kind)) => (Some(kind), range.end),
            None => {
                let starts = special.clone().map(|(range, _)| range.start);
                let next = starts.filter(|&start| start > at).min();
                (None, next.unwrap_or(access.end))
            }
        };
        let end = end.min(access.end);
        // CAST: At most the size of an access, which is a usize.
        let wanted = end.saturating_sub(at) as usize;
        match serve(kind, user.wrapping_byte_add(done), at..end) {
            Ok(served) => {
                done = done.saturating_add(served);
                if served < wanted {
                    break;
                }
            }
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
        at = end;
    }
    Ok(done)
}
