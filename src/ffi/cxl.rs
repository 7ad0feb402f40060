// SPDX-License-Identifier: GPL-2.0

//! cxl-core's interface for Type-2 devices.

use super::{
    bindings,
    pci::PciDev, //
};
use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    str::CStrExt, //
};

/// A range of host physical addresses.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) struct HostRange {
    /// The first address.
    pub(crate) start: u64,
    /// The size, which is not 0.
    pub(crate) len: u64,
}

/// Makes cxl-core adopt the function as an accelerator with `capacity` bytes of memory: it maps the
/// component registers, finds the ports up to the root, and builds a region of what firmware
/// committed. Returns the region's range. All of it is undone when the function is unbound.
pub(crate) fn attach(pdev: &PciDev, dvsec: u16, capacity: u64) -> Result<HostRange> {
    // SAFETY: The function is being bound; the state is freed when it is unbound.
    let cxlds = unsafe {
        bindings::_devm_cxl_dev_state_create(
            pdev.as_raw_device(),
            bindings::cxl_devtype_CXL_DEVTYPE_DEVMEM,
            bindings::pci_get_dsn(pdev.as_raw()),
            dvsec,
            core::mem::size_of::<bindings::cxl_dev_state>(),
            false,
        )
    };
    if cxlds.is_null() {
        return Err(ENOMEM);
    }
    // SAFETY: Both are valid.
    to_result(unsafe {
        bindings::cxl_pci_setup_regs(
            pdev.as_raw(),
            bindings::cxl_regloc_type_CXL_REGLOC_RBI_COMPONENT,
            &raw mut (*cxlds).reg_map,
        )
    })?;
    // SAFETY: Valid, and not registered yet. cxl-core touches none of the
    // memory of a Type-2 device; this driver waits for Memory_Active before it does.
    unsafe { (*cxlds).media_ready = true };
    // SAFETY: As above.
    to_result(unsafe { bindings::cxl_set_capacity(cxlds, capacity) })?;
    let mut range: bindings::range = pin_init::zeroed();
    // SAFETY: The state is complete, and the range is ours to be written.
    from_err_ptr(unsafe { bindings::devm_cxl_probe_mem(cxlds, &mut range) })?;
    match range
        .end
        .checked_sub(range.start)
        .and_then(|len| len.checked_add(1))
    {
        Some(len) if len != 0 => Ok(HostRange {
            start: range.start,
            len,
        }),
        _ => Err(ENXIO),
    }
}

/// A range that nobody else in the kernel may claim, and user space not map through /dev/mem.
pub(crate) struct Claim(HostRange);

impl Claim {
    /// Claims a range; `EBUSY` if any part of it is taken.
    pub(crate) fn new(range: HostRange, name: &'static CStr) -> Result<Self> {
        // SAFETY: The name is static.
        let resource =
            unsafe { bindings::cxl_vfio_claim(range.start, range.len, name.as_char_ptr()) };
        if resource.is_null() {
            Err(EBUSY)
        } else {
            Ok(Self(range))
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // SAFETY: Claimed by `new`.
        unsafe { bindings::cxl_vfio_release_claim(self.0.start, self.0.len) };
    }
}
