// SPDX-License-Identifier: GPL-2.0

//! What user space sees of a device, one file for each thing.

pub(crate) mod component;
pub(crate) mod component_bar;
pub(crate) mod config;
pub(crate) mod info;
pub(crate) mod memory;

use core::ops::Range;
use kernel::{
    prelude::*,
    uaccess::UserPtr, //
};

/// How an access lies to a range of bytes that is served specially.
pub(crate) enum Side {
    /// Outside it.
    Outside,
    /// Inside it.
    Inside,
}

/// Whether two ranges have a byte in common.
pub(crate) fn overlap(one: &Range<u64>, other: &Range<u64>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Splits an access at the borders of `special` and serves the pieces in ascending order, each with
/// its own piece of the user's buffer. As every read and write, it returns what was transferred
/// before an error, and the error only if that is nothing.
pub(crate) fn split(
    user: UserPtr,
    access: Range<u64>,
    special: &Range<u64>,
    mut serve: impl FnMut(Side, UserPtr, Range<u64>) -> Result<usize>,
) -> Result<usize> {
    if !overlap(&access, special) {
        return serve(Side::Outside, user, access);
    }
    let clamp = |at: u64| at.clamp(access.start, access.end);
    let (inside_start, inside_end) = (clamp(special.start), clamp(special.end));
    let pieces = [
        (Side::Outside, access.start..inside_start),
        (Side::Inside, inside_start..inside_end),
        (Side::Outside, inside_end.max(inside_start)..access.end),
    ];
    let mut done = 0usize;
    for (side, piece) in pieces {
        if piece.is_empty() {
            continue;
        }
        // CAST: At most the size of an access, which is a usize.
        let wanted = (piece.end - piece.start) as usize;
        match serve(side, user.wrapping_byte_add(done), piece) {
            Ok(served) => {
                done = done.saturating_add(served);
                if served < wanted {
                    break;
                }
            }
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(done)
}
