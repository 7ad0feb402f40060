// SPDX-License-Identifier: GPL-2.0

//! What is asked for where nothing may sleep, and done where it may.

use super::{
    bindings,
    ops::Operations,
    vfio::Device, //
};
use core::{
    marker::PhantomData,
    mem::offset_of,
    ptr::null_mut,
    sync::atomic::{
        AtomicPtr,
        Ordering, //
    },
};
use kernel::{
    prelude::*,
    types::Opaque, //
};

/// [`Operations::later`] of a device, to be called soon.
///
/// # Invariants
///
/// `work` is initialised with `run`, and is queued only after `device` was set.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct Later<T: Operations> {
    #[pin]
    work: Opaque<bindings::work_struct>,
    device: AtomicPtr<Device<T>>,
    _operations: PhantomData<T>,
}

// SAFETY: A work item may be queued and cancelled on every thread.
unsafe impl<T: Operations> Send for Later<T> {}
// SAFETY: As above.
unsafe impl<T: Operations> Sync for Later<T> {}

impl<T: Operations> Later<T> {
    /// Asks for nothing yet.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: The slot is pinned and valid for writes.
            work <- Opaque::ffi_init(|slot| unsafe {
                bindings::cxl_vfio_init_work(slot, Some(Self::run))
            }),
            device: AtomicPtr::new(null_mut()),
            _operations: PhantomData,
        })
    }

    /// Asks for it, from any context. The device must be open, and [`Later::end`] be called when it
    /// is closed.
    pub(crate) fn ask(&self, device: &Device<T>) {
        let device = core::ptr::from_ref(device).cast_mut();
        self.device.store(device, Ordering::Release);
        // SAFETY: Initialised by the type invariant.
        unsafe { bindings::cxl_vfio_schedule_work(self.work.get()) };
    }

    /// Waits for what runs, and drops what was asked for.
    pub(crate) fn end(&self) {
        // SAFETY: Initialised by the type invariant; the caller may sleep.
        unsafe { bindings::cancel_work_sync(self.work.get()) };
    }

    extern "C" fn run(work: *mut bindings::work_struct) {
        const { assert!(offset_of!(Self, work) == 0) };
        // SAFETY: The work is the first field of a `Later`, which cancels it before it goes away.
        let later = unsafe { &*work.cast::<Self>() };
        // SAFETY: Set by `ask` to a device that stays open until `end`.
        if let Some(device) = unsafe { later.device.load(Ordering::Acquire).as_ref() } {
            T::later(device);
        }
    }
}

#[pinned_drop]
impl<T: Operations> PinnedDrop for Later<T> {
    fn drop(self: Pin<&mut Self>) {
        self.end();
    }
}
