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

/// [`Operations::run_work`] of a device, to be called soon.
///
/// # Invariants
///
/// `work` is initialised with `run`, and is queued only after `device` was set.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct Work<T: Operations> {
    #[pin]
    work: Opaque<bindings::work_struct>,
    device: AtomicPtr<Device<T>>,
    _operations: PhantomData<T>,
}

// SAFETY: A work item may be queued and cancelled on every thread.
unsafe impl<T: Operations> Send for Work<T> {}
// SAFETY: As above.
unsafe impl<T: Operations> Sync for Work<T> {}

impl<T: Operations> Work<T> {
    /// Nothing is queued yet.
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

    /// Queues it, from any context. The device must be open, and [`Work::cancel`] be called when it
    /// is closed.
    pub(crate) fn queue(&self, device: &Device<T>) {
        let device = core::ptr::from_ref(device).cast_mut();
        self.device.store(device, Ordering::Release);
        // SAFETY: Initialised by the type invariant.
        unsafe { bindings::cxl_vfio_schedule_work(self.work.get()) };
    }

    /// Waits for what runs, and drops what is queued.
    pub(crate) fn cancel(&self) {
        // SAFETY: Initialised by the type invariant; the caller may sleep.
        unsafe { bindings::cancel_work_sync(self.work.get()) };
    }

    extern "C" fn run(work: *mut bindings::work_struct) {
        const { assert!(offset_of!(Self, work) == 0) };
        // SAFETY: The work is the first field of a `Work`, which cancels it before it goes away.
        let queued = unsafe { &*work.cast::<Self>() };
        // SAFETY: Set by `queue` to a device that stays open until `cancel`.
        if let Some(device) = unsafe { queued.device.load(Ordering::Acquire).as_ref() } {
            T::run_work(device);
        }
    }
}

#[pinned_drop]
impl<T: Operations> PinnedDrop for Work<T> {
    fn drop(self: Pin<&mut Self>) {
        self.cancel();
    }
}
