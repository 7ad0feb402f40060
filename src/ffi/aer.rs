// SPDX-License-Identifier: GPL-2.0

//! Errors that a function reports.

use super::{
    bindings,
    pci::PciDev, //
};
use kernel::sync::aref::ARef;

/// A function whose internal errors, which are how CXL reports its own, are not masked.
pub(crate) struct UnmaskedErrors {
    pdev: ARef<PciDev>,
    masked: bindings::cxl_vfio_masked,
}

// SAFETY: Belongs to no thread.
unsafe impl Send for UnmaskedErrors {}

impl UnmaskedErrors {
    /// Unmasks them until the value is dropped; nothing if firmware handles the function's errors.
    pub(crate) fn new(pdev: &PciDev) -> Option<Self> {
        let mut masked = bindings::cxl_vfio_masked {
            uncorrectable: 0,
            correctable: 0,
        };
        // SAFETY: The function is being bound; what was masked is written.
        let ours = unsafe { bindings::cxl_vfio_unmask_internal_errors(pdev.as_raw(), &mut masked) };
        ours.then(|| Self {
            pdev: pdev.into(),
            masked,
        })
    }
}

impl Drop for UnmaskedErrors {
    fn drop(&mut self) {
        // SAFETY: The value holds a reference.
        unsafe { bindings::cxl_vfio_mask_internal_errors(self.pdev.as_raw(), &self.masked) };
    }
}

/// Unmasks them again, and has the function report errors at all; whether they are not firmware's.
pub(crate) fn unmask(pdev: &PciDev) -> bool {
    // SAFETY: Valid by the type invariant of a reference.
    unsafe { bindings::cxl_vfio_report_errors(pdev.as_raw()) }
}

/// Says in the kernel log which uncorrectable errors there were; not more often than is good for
/// the log, because a device decides how often that is.
pub(crate) fn log_uncorrectable(pdev: &PciDev, status: u32, first: u32, header: u32) {
    // SAFETY: Valid by the type invariant.
    unsafe { bindings::cxl_vfio_log_uncorrectable(pdev.as_raw(), status, first, header) };
}

/// The same for errors that were corrected.
pub(crate) fn log_correctable(pdev: &PciDev, status: u32) {
    // SAFETY: Valid by the type invariant.
    unsafe { bindings::cxl_vfio_log_correctable(pdev.as_raw(), status) };
}
