// SPDX-License-Identifier: GPL-2.0

//! Buffers of user space that the core reads while nobody may wait for their pages.

use super::bindings;
use kernel::{
    prelude::*,
    uaccess::UserPtr, //
};

/// Has the pages of a buffer be there, for as long as the kernel leaves them; `EFAULT` if it cannot
/// be read. Takes as long as what is behind the memory takes: a userfaultfd, a file system in user space.
pub(crate) fn fault_in(from: UserPtr, len: usize) -> Result {
    // SAFETY: Only reads from user space.
    match unsafe { bindings::fault_in_readable(from.as_const_ptr().cast(), len) } {
        0 => Ok(()),
        _ => Err(EFAULT),
    }
}

/// Runs `access`, in which a copy from a page that is not there fails with `EFAULT` and waits for
/// nobody.
pub(crate) fn without_waiting<R>(access: impl FnOnce() -> R) -> R {
    // SAFETY: Enabled again below; nothing else ends this.
    unsafe { bindings::cxl_vfio_pagefault_disable() };
    let result = access();
    // SAFETY: Disabled above.
    unsafe { bindings::cxl_vfio_pagefault_enable() };
    result
}
