// SPDX-License-Identifier: GPL-2.0

//! Clearing device memory: by the CPUs, and what stops the device before.

use super::{
    bindings,
    io::Memory,
    pci::PciDev, //
};
use kernel::{
    error::to_result,
    prelude::*, //
};

/// Whether the CPUs of this machine can clear memory.
pub(crate) fn cpus_can() -> bool {
    // SAFETY: Asks the kernel.
    unsafe { bindings::cxl_vfio_can_clear() }
}

impl Memory {
    /// Clears all of it, which is whole pages of a function's, with several CPUs. May reschedule.
    pub(crate) fn clear(&self, pdev: &PciDev) {
        // SAFETY: The mapping is valid for its length by the type invariant.
        unsafe { bindings::cxl_vfio_clear(pdev.as_raw(), self.as_raw(), self.len()) };
    }
}

/// Resets of a function's bus. The handlers of resets are called for them.
impl PciDev {
    /// `ENOTTY` if the kernel cannot reset the bus, `EBUSY` if another function there has a driver.
    pub(crate) fn may_reset_bus(&self) -> Result {
        // SAFETY: Valid by the type invariant.
        to_result(unsafe { bindings::cxl_vfio_may_reset_bus(self.as_raw()) })
    }

    /// Resets the bus, so that it is certain that the reset reached the function; `EAGAIN` if a
    /// lock of one of its functions is taken. Called with no lock held, where [`PciDev::may_reset_bus`] says so.
    pub(crate) fn reset_bus(&self) -> Result {
        // SAFETY: Valid by the type invariant, and below a bridge, as the caller has found.
        to_result(unsafe { bindings::cxl_vfio_reset_bus(self.as_raw()) })
    }
}
