// SPDX-License-Identifier: GPL-2.0

//! The object that a bound function is.

#![forbid(unsafe_code)]

use crate::ffi::vfio;
use kernel::prelude::*;

/// What this driver keeps for a function beside what vfio-pci-core keeps.
pub(crate) struct Passthrough;

impl vfio::Operations for Passthrough {
    const NAME: &'static CStr = c"cxl_vfio_pci";

    fn new() -> impl PinInit<Self, Error> {
        Ok::<_, Error>(Self)
    }
}
