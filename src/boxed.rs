// SPDX-License-Identifier: GPL-2.0

//! Values that are too large for a kernel stack.

#![forbid(unsafe_code)]

use kernel::{
    alloc::AllocError,
    prelude::*, //
};

/// Makes a value in a stack frame of its own, which is gone when it is kept outside of the stack:
/// the copies that a value goes through on its way add up in the frame of the function that makes
/// several.
#[inline(never)]
pub(crate) fn boxed<T, E: From<AllocError>>(
    make: impl FnOnce() -> Result<T, E>,
) -> Result<KBox<T>, E> {
    let place = KBox::<T>::new_uninit(GFP_KERNEL)?;
    Ok(KBox::write(place, make()?))
}
