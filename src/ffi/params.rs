// SPDX-License-Identifier: GPL-2.0

//! Module parameters, which live in `params.c`.

use super::bindings;

/// Whether a CXL device is passed through with its memory, or bound as plain PCI.
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

/// The largest order of a mapping of device memory.
pub(crate) fn max_order() -> u32 {
    // SAFETY: Reads a variable.
    unsafe { bindings::cxl_vfio_max_order() }
}

/// Whether device memory is accessible only while the guest has Memory Space enabled.
pub(crate) fn require_memory_space() -> bool {
    // SAFETY: Reads a variable.
    unsafe { bindings::cxl_vfio_require_memory_space() }
}

/// Whether a guest releases even a locked decoder of its shadow.
pub(crate) fn release_locked() -> bool {
    // SAFETY: Reads a variable.
    unsafe { bindings::cxl_vfio_release_locked() }
}

/// Whether the memory is cleared before another user gets it.
pub(crate) fn reset_clears_memory() -> bool {
    // SAFETY: Reads a variable.
    unsafe { bindings::cxl_vfio_reset_clears_memory() }
}

/// Whether a device that nobody has open may go to D3.
pub(crate) fn allow_idle_d3() -> bool {
    // SAFETY: Reads a variable.
    unsafe { bindings::cxl_vfio_allow_idle_d3() }
}
