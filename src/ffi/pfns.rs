// SPDX-License-Identifier: GPL-2.0

//! Page frames without `struct page`, known to the memory-failure code: it then kills the processes
//! that have a broken one mapped, and not the host.

use super::{
    bindings,
    ops::Operations,
    vfio::{
        region_of,
        region_start,
        Device, //
    },
    vma::{
        RawArea,
        PAGE_SHIFT, //
    },
};
use core::marker::PhantomData;
use kernel::{
    error::to_result,
    ffi::c_ulong,
    prelude::*,
    types::Opaque, //
};

/// A range of page frames that is registered.
///
/// # Invariants
///
/// `space` is registered, with `pfn_to_vma_pgoff` of the same `T`, until this is dropped.
#[pin_data(PinnedDrop)]
pub(crate) struct PfnRange<T: Operations> {
    #[pin]
    space: Opaque<bindings::pfn_address_space>,
    _device: PhantomData<T>,
}

// SAFETY: The registration belongs to no thread.
unsafe impl<T: Operations> Send for PfnRange<T> {}

impl<T: Operations> PfnRange<T> {
    /// Registers the frames `[start, start + len)` in bytes, which users map through the device's
    /// file. Without CONFIG_MEMORY_FAILURE there is nobody to register with: `EOPNOTSUPP`.
    pub(crate) fn new(
        device: &Device<T>,
        start: u64,
        len: u64,
    ) -> impl PinInit<Self, Error> + use<'_, T> {
        // SAFETY: The inode lives as long as the device.
        let mapping = unsafe { (*(*device.as_vfio()).inode).i_mapping };
        // CAST: unsigned long is 64 bits where this driver builds.
        let (first, count) = (start >> PAGE_SHIFT, len >> PAGE_SHIFT);
        let last = first.saturating_add(count).saturating_sub(1);
        try_pin_init!(Self {
            space <- Opaque::try_ffi_init(move |slot: *mut bindings::pfn_address_space| {
                let mut space: bindings::pfn_address_space = pin_init::zeroed();
                space.node.start = first as c_ulong;
                space.node.last = last as c_ulong;
                space.mapping = mapping;
                space.pfn_to_vma_pgoff = Some(Self::pfn_to_vma_pgoff);
                // SAFETY: The slot is pinned and valid for writes.
                unsafe { slot.write(space) };
                // SAFETY: Complete, pinned, and unregistered before it goes away.
                to_result(unsafe { bindings::cxl_vfio_register_pfns(slot) })
            }),
            _device: PhantomData,
        })
    }

    /// Where in the file an area has a page frame, which failed: nobody asks for another reason. The
    /// kernel kills who maps it, but leaves it mapped. Called with locks held under which nothing may
    /// sleep, for every area that maps the device's file.
    extern "C" fn pfn_to_vma_pgoff(
        vma: *mut bindings::vm_area_struct,
        pfn: c_ulong,
        pgoff: *mut c_ulong,
    ) -> c_int {
        // SAFETY: The caller holds the lock that keeps the area.
        let area = unsafe { RawArea::new(vma) };
        let Some(device) = area.device::<T>() else {
            return ENOENT.to_errno();
        };
        let (region, start) = region_of(area.pgoff().wrapping_shl(PAGE_SHIFT));
        let end = start.saturating_add(area.len());
        // CAST: unsigned long is 64 bits where this driver builds.
        match T::offset_of_frame(device, region, pfn as u64) {
            // A process that maps another part of the region would be killed.
            Some(offset) if (start..end).contains(&offset) => {
                let pos = region_start(region).saturating_add(offset);
                T::frame_failed(device, offset);
                // SAFETY: The caller's, to be written.
                unsafe { *pgoff = (pos >> PAGE_SHIFT) as c_ulong };
                0
            }
            _ => EFAULT.to_errno(),
        }
    }
}

#[pinned_drop]
impl<T: Operations> PinnedDrop for PfnRange<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: Registered, by the type invariant.
        unsafe { bindings::cxl_vfio_unregister_pfns(self.space.get()) };
    }
}
