// SPDX-License-Identifier: GPL-2.0

//! Devices for callers without the lock that keeps a function bound; `bound.c` has them.

use super::{
    bindings,
    ops::Operations,
    vfio::Device, //
};
use kernel::{
    ffi::c_void,
    prelude::*, //
};

/// A caller who holds no lock that keeps a function bound. Unbinding waits until it is dropped.
pub(super) struct Caller {
    device: *mut c_void,
    caller: c_int,
}

impl Caller {
    /// Looks up the device of a function, whose address is not followed.
    pub(super) fn new(pdev: *mut bindings::pci_dev) -> Self {
        let mut caller = 0;
        // SAFETY: The caller's number is written.
        let device = unsafe { bindings::cxl_vfio_enter(pdev, &mut caller) };
        Self { device, caller }
    }

    /// The device, unless the function has none that is complete, or none with a `T`.
    pub(super) fn device<T: Operations>(&self) -> Option<&Device<T>> {
        let vdev = self.device.cast::<bindings::vfio_device>();
        if vdev.is_null() {
            return None;
        }
        // SAFETY: Announced devices have the core's structure, and the `vfio_device` in it, at offset
        // 0; none is freed before this is dropped.
        let ops = unsafe { (*vdev).ops };
        core::ptr::eq(ops, T::vfio_operations().as_raw()).then(|| {
            // SAFETY: Only `RegisteredDevice::new` registers with this table.
            unsafe { Device::from_vfio(vdev) }
        })
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        // SAFETY: Entered by `new`.
        unsafe { bindings::cxl_vfio_leave(self.caller) };
    }
}
