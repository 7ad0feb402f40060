// SPDX-License-Identifier: GPL-2.0

//! `struct rw_semaphore` around data: many readers that may sleep, or one writer.

use super::bindings;
use core::{
    cell::UnsafeCell,
    ops::{
        Deref,
        DerefMut, //
    },
};
use kernel::{
    prelude::*,
    str::CStrExt,
    sync::LockClassKey,
    types::{
        NotThreadSafe,
        Opaque, //
    },
};

/// Data that is read under a shared and changed under an exclusive lock.
#[pin_data]
pub(crate) struct RwSem<T> {
    #[pin]
    sem: Opaque<bindings::rw_semaphore>,
    data: UnsafeCell<T>,
}

// SAFETY: The semaphore may be used from every thread, and the data moves with it.
unsafe impl<T: Send> Send for RwSem<T> {}
// SAFETY: Readers share the data on several threads, and a writer may take it on any thread.
unsafe impl<T: Send + Sync> Sync for RwSem<T> {}

impl<T> RwSem<T> {
    /// Makes an unlocked semaphore around `data`.
    pub(crate) fn new(
        data: T,
        name: &'static CStr,
        key: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: The slot is pinned and valid for writes; name and key are static.
            sem <- Opaque::ffi_init(|slot| unsafe {
                bindings::__init_rwsem(slot, name.as_char_ptr(), key.as_ptr())
            }),
            data: UnsafeCell::new(data),
        })
    }

    /// Takes the lock shared.
    pub(crate) fn read(&self) -> ReadGuard<'_, T> {
        // SAFETY: Initialised, and the caller may sleep.
        unsafe { bindings::down_read(self.sem.get()) };
        ReadGuard(self, NotThreadSafe)
    }

    /// Takes the lock shared, unless a fatal signal comes first.
    pub(crate) fn read_killable(&self) -> Result<ReadGuard<'_, T>> {
        // SAFETY: As in `read`.
        match unsafe { bindings::down_read_killable(self.sem.get()) } {
            0 => Ok(ReadGuard(self, NotThreadSafe)),
            errno => Err(Error::from_errno(errno)),
        }
    }

    /// Takes the lock exclusively.
    pub(crate) fn write(&self) -> WriteGuard<'_, T> {
        // SAFETY: As in `read`.
        unsafe { bindings::down_write(self.sem.get()) };
        WriteGuard(self, NotThreadSafe)
    }
}

/// The shared lock.
pub(crate) struct ReadGuard<'a, T>(&'a RwSem<T>, NotThreadSafe);

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: Nobody changes the data while the shared lock is held.
        unsafe { &*self.0.data.get() }
    }
}

impl<T> Drop for ReadGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: The guard holds the shared lock.
        unsafe { bindings::up_read(self.0.sem.get()) };
    }
}

/// The exclusive lock.
pub(crate) struct WriteGuard<'a, T>(&'a RwSem<T>, NotThreadSafe);

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: The exclusive lock is held.
        unsafe { &*self.0.data.get() }
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: The exclusive lock is held.
        unsafe { &mut *self.0.data.get() }
    }
}

impl<T> Drop for WriteGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: The guard holds the exclusive lock.
        unsafe { bindings::up_write(self.0.sem.get()) };
    }
}
