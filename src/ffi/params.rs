// SPDX-License-Identifier: GPL-2.0

//! Module parameters, which live in `params.c`.

use super::bindings;

/// Whether a CXL device is passed through with its memory, or bound as plain PCI.
#[expect(dead_code)]
pub(crate) fn enable_cxl() -> bool {
    // SAFETY: Reads a variable.
    unsafe { bindings::cxl_vfio_enable_cxl() }
}

/// Whether `sriov_numvfs` may create virtual functions.
pub(crate) fn enable_sriov() -> bool {
    // SAFETY: Reads a variable.
    unsafe { bindings::cxl_vfio_enable_sriov() }
}

/// Whether functions with known errata are bound all the same.
pub(crate) fn disable_denylist() -> bool {
    // SAFETY: Reads a variable.
    unsafe { bindings::cxl_vfio_disable_denylist() }
}
