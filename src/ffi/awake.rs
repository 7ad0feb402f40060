// SPDX-License-Identifier: GPL-2.0

//! Runtime power management: a function that does not fall asleep.

use super::{
    bindings,
    ops::Operations,
    pci::PciDev,
    vfio::Device, //
};
use kernel::prelude::*;

/// A function that is kept out of runtime suspend.
pub(crate) struct Awake<'a>(&'a PciDev);

impl Awake<'_> {
    /// Keeps the function out of runtime suspend until [`Device::let_sleep`], which is called once.
    pub(crate) fn keep(self) {
        core::mem::forget(self);
    }
}

impl Drop for Awake<'_> {
    fn drop(&mut self) {
        // SAFETY: Balances the reference that made this.
        unsafe { bindings::cxl_vfio_runtime_put(self.0.as_raw_device()) };
    }
}

impl PciDev {
    /// Wakes the function up for the life of the returned value.
    pub(crate) fn wake_up(&self) -> Result<Awake<'_>> {
        // SAFETY: Valid by the type invariant.
        let ret = unsafe { bindings::cxl_vfio_runtime_get(self.as_raw_device()) };
        if ret < 0 {
            return Err(EIO);
        }
        Ok(Awake(self))
    }

    /// Keeps the function awake for the life of the returned value; nothing if it sleeps, falls asleep or
    /// wakes up, as far as runtime power management is enabled.
    pub(crate) fn stay_awake(&self) -> Option<Awake<'_>> {
        // SAFETY: Valid by the type invariant.
        let is_awake = unsafe { bindings::cxl_vfio_runtime_get_if_awake(self.as_raw_device()) };
        is_awake.then(|| Awake(self))
    }
}

impl<T: Operations> Device<T> {
    /// Wakes the function up for the life of the returned value.
    pub(crate) fn wake_up(&self) -> Result<Awake<'_>> {
        self.pdev().wake_up()
    }

    /// Ends what [`Awake::keep`] began.
    pub(crate) fn let_sleep(&self) {
        drop(Awake(self.pdev()));
    }
}
