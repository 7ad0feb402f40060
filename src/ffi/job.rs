// SPDX-License-Identifier: GPL-2.0

//! What is done for a device in the background, a step at a time.

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
    error::to_result,
    prelude::*,
    types::Opaque, //
};

/// The queue of all jobs, while the module is loaded.
pub(crate) struct Queue(());

impl Queue {
    /// Makes it. It is made before anything is bound, and dropped after everything is unbound.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: Called once, when the module is loaded.
        to_result(unsafe { bindings::cxl_vfio_make_job_queue() })?;
        Ok(Self(()))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: Made by `new`; every job was cancelled when its function was unbound.
        unsafe { bindings::cxl_vfio_destroy_job_queue() };
    }
}

/// What is done for a device.
pub(crate) trait Task: 'static {
    /// Does the next step; in how many milliseconds the one after it follows, if there is one.
    fn step<T: Operations>(device: &Device<T>) -> Option<u32>;
}

/// What is asked for where nothing may sleep: [`Operations::run_work`].
pub(crate) struct Once;

impl Task for Once {
    fn step<T: Operations>(device: &Device<T>) -> Option<u32> {
        T::run_work(device);
        None
    }
}

/// What takes long: [`Operations::run_job`].
pub(crate) struct Steps;

impl Task for Steps {
    fn step<T: Operations>(device: &Device<T>) -> Option<u32> {
        T::run_job(device)
    }
}

/// Does the steps of a [`Task`] until nothing is left to do. Each is short, so that the system may sleep
/// between two of them: none begins then, until it is awake again.
///
/// # Invariants
///
/// `work` is initialised with `run`, and is queued only after `device` was set.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub(crate) struct Job<T: Operations, S: Task> {
    #[pin]
    work: Opaque<bindings::delayed_work>,
    device: AtomicPtr<Device<T>>,
    _task: PhantomData<S>,
}

// SAFETY: A work item may be queued and cancelled on every thread.
unsafe impl<T: Operations, S: Task> Send for Job<T, S> {}
// SAFETY: As above.
unsafe impl<T: Operations, S: Task> Sync for Job<T, S> {}

impl<T: Operations, S: Task> Job<T, S> {
    /// Nothing is to be done yet.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: The slot is pinned and valid for writes.
            work <- Opaque::ffi_init(|slot| unsafe {
                bindings::cxl_vfio_init_job(slot, Some(Self::run))
            }),
            device: AtomicPtr::new(null_mut()),
            _task: PhantomData,
        })
    }

    /// Has the next step be done now, in any context. The device must stay until [`Job::cancel`], which
    /// is called after the last call of this.
    pub(crate) fn queue(&self, device: &Device<T>) {
        let device = core::ptr::from_ref(device).cast_mut();
        self.device.store(device, Ordering::Release);
        // SAFETY: Initialised by the type invariant; the queue lives as long as a device is bound.
        unsafe { bindings::cxl_vfio_queue_job(self.work.get(), 0) };
    }

    /// Waits for the step that is being done, and does no other.
    pub(crate) fn cancel(&self) {
        // SAFETY: Initialised by the type invariant; the caller may sleep.
        unsafe { bindings::cancel_delayed_work_sync(self.work.get()) };
    }

    extern "C" fn run(work: *mut bindings::work_struct) {
        const { assert!(offset_of!(Self, work) == 0 && offset_of!(bindings::delayed_work, work) == 0) };
        // SAFETY: The work is the first field of a `Job`, which cancels it before it goes away.
        let job = unsafe { &*work.cast::<Self>() };
        // SAFETY: Set by `queue` to a device that stays until `cancel`.
        if let Some(device) = unsafe { job.device.load(Ordering::Acquire).as_ref() } {
            if let Some(ms) = S::step(device) {
                // SAFETY: As in `queue`.
                unsafe { bindings::cxl_vfio_queue_job(job.work.get(), ms) };
            }
        }
    }
}

#[pinned_drop]
impl<T: Operations, S: Task> PinnedDrop for Job<T, S> {
    fn drop(self: Pin<&mut Self>) {
        self.cancel();
    }
}
