// SPDX-License-Identifier: GPL-2.0

//! Loads of the kernel crate's atomics without a call. The crate calls a C function for each, of which a
//! fault would make eight.

use core::sync::atomic::{
    fence,
    Ordering, //
};
use kernel::sync::atomic::{
    Atomic,
    AtomicType, //
};

/// `READ_ONCE()`, what a relaxed load comes to.
pub(crate) fn read_once<T: AtomicType>(atomic: &Atomic<T>) -> T {
    // SAFETY: Valid and aligned, as the crate guarantees. Everybody else uses atomic operations, with
    // which READ_ONCE() does not race, and no atomic is larger than what is read at once.
    unsafe { atomic.as_ptr().read_volatile() }
}

/// The same before all that follows.
pub(crate) fn load_acquire<T: AtomicType>(atomic: &Atomic<T>) -> T {
    let value = read_once(atomic);
    fence(Ordering::Acquire);
    value
}
