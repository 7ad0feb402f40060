// SPDX-License-Identifier: GPL-2.0

//! Pages of the memory that failed while a user had the device open.
//!
//! The kernel kills the users of such a page, and leaves it mapped: it would be consumed again. So it
//! is unmapped, and not mapped any more, until a reset or the next user: what a device makes of its
//! broken memory then is its own to know, and what is still broken fails again.

#![forbid(unsafe_code)]

use crate::{
    cxl::Cxl, //
    ffi::{
        job::{
            Job,
            Once, //
        },
        read_once::read_once,
        vfio::Device,
        vma::page_align_down, //
    },
};
use core::ops::Range;
use kernel::{
    alloc::flags::GFP_ATOMIC,
    new_spinlock,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        SpinLock, //
    },
};

/// The failed pages of a device, by their offsets in the memory.
#[pin_data]
pub(crate) struct Failed {
    #[pin]
    pages: SpinLock<KVec<u64>>,
    /// Whether there are any: faults look at this first.
    any: Atomic<bool>,
    #[pin]
    unmapping: Job<Cxl, Once>,
}

impl Failed {
    /// None.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            pages <- new_spinlock!(KVec::new(), "cxl_vfio_pci_failed"),
            any: Atomic::new(false),
            unmapping <- Job::new(),
        })
    }

    /// Remembers the page that an offset lies in, and has it unmapped soon. Does not sleep; without
    /// memory for it, the page stays as the kernel left it.
    pub(crate) fn add(&self, device: &Device<Cxl>, offset: u64) {
        let page = page_align_down(offset);
        let mut pages = self.pages.lock();
        if !pages.contains(&page) && pages.push(page, GFP_ATOMIC).is_err() {
            return;
        }
        self.any.store(true, Relaxed);
        drop(pages);
        self.unmapping.queue(device);
    }

    /// Whether a page of this range failed.
    pub(crate) fn hit(&self, range: &Range<u64>) -> bool {
        read_once(&self.any) && self.pages.lock().iter().any(|page| range.contains(page))
    }

    /// The n-th page that failed.
    pub(crate) fn nth(&self, index: usize) -> Option<u64> {
        self.pages.lock().get(index).copied()
    }

    /// Forgets all of them.
    pub(crate) fn forget(&self) {
        let mut pages = self.pages.lock();
        self.any.store(false, Relaxed);
        let forgotten = core::mem::replace(&mut *pages, KVec::new());
        drop(pages);
        drop(forgotten);
    }

    /// Forgets them at the end of a session, after nothing can be added any more.
    pub(crate) fn end(&self) {
        self.unmapping.cancel();
        self.forget();
    }
}
