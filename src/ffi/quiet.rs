// SPDX-License-Identifier: GPL-2.0

//! A function that is made quiet for a reset that the PCI core does not know of.

use super::{
    bindings,
    ops::Operations,
    vfio::Device, //
};
use core::ptr::NonNull;
use kernel::{
    error::to_result,
    prelude::*, //
};

impl<T: Operations> Device<T> {
    /// Makes the function, and every other one that the reset would hit, quiet for a reset that the
    /// core does not know of: nobody else resets, binds or unbinds it, user space has to wait for
    /// its configuration space, its registers are not accessible to the user, its DMA is off and
    /// not translated, and its configuration is saved. `EAGAIN` if another task has a lock of it,
    /// `EBUSY` if another function is in use, or a part of a BAR as a dma-buf.
    pub(crate) fn quiesce(&self) -> Result<Quiet<'_, T>> {
        let mut quiet = core::ptr::null_mut();
        // SAFETY: The function is bound, and this thread holds none of the locks that are taken.
        to_result(unsafe { bindings::cxl_vfio_quiesce(self.as_raw(), &mut quiet) })?;
        // INVARIANT: Made just now.
        NonNull::new(quiet)
            .map(|raw| Quiet { raw, _device: self })
            .ok_or(ENOMEM)
    }
}

/// A function that is quiet until [`Quiet::end`].
///
/// # Invariants
///
/// `raw` was made for the device, whose memory lock this thread holds exclusively since.
pub(crate) struct Quiet<'a, T: Operations> {
    raw: NonNull<bindings::cxl_vfio_quiet>,
    _device: &'a Device<T>,
}

impl<T: Operations> Quiet<'_, T> {
    /// Restores the function's configuration. Nobody else writes it until [`Quiet::end`].
    pub(crate) fn restore(&self) {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::cxl_vfio_restore(self.raw.as_ptr()) };
    }

    /// Lets everybody at the function again, its configuration restored.
    pub(crate) fn end(self) {}
}

impl<T: Operations> Drop for Quiet<'_, T> {
    fn drop(&mut self) {
        // SAFETY: Undoes and frees what made this, by the type invariant.
        unsafe { bindings::cxl_vfio_unquiesce(self.raw.as_ptr()) };
    }
}
