// SPDX-License-Identifier: GPL-2.0

//! Module parameters, which live in `params.c`.

use super::bindings;

/// The generations of the user interface.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Uapi {
    V2,
    V3,
    V6,
}

/// The generation that a device gets that is bound now.
pub(crate) fn uapi() -> Uapi {
    // SAFETY: As in `parameters`.
    match unsafe { (&raw const bindings::cxl_vfio_params.uapi).read_volatile() } {
        bindings::cxl_vfio_uapi_CXL_VFIO_UAPI_V2 => Uapi::V2,
        bindings::cxl_vfio_uapi_CXL_VFIO_UAPI_V6 => Uapi::V6,
        _ => Uapi::V3,
    }
}

/// Who clears the memory before another user gets it.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum ClearMemory {
    /// The device, if it can; else the CPUs.
    Auto,
    /// The device alone.
    Device,
    /// The CPUs alone.
    Cpu,
    /// Nobody.
    Off,
}

/// Who clears the memory, as it is set now.
pub(crate) fn clear_memory() -> ClearMemory {
    // SAFETY: As in `parameters`.
    match unsafe { (&raw const bindings::cxl_vfio_params.clear_memory).read_volatile() } {
        bindings::cxl_vfio_clear_memory_CXL_VFIO_CLEAR_DEVICE => ClearMemory::Device,
        bindings::cxl_vfio_clear_memory_CXL_VFIO_CLEAR_CPU => ClearMemory::Cpu,
        bindings::cxl_vfio_clear_memory_CXL_VFIO_CLEAR_OFF => ClearMemory::Off,
        _ => ClearMemory::Auto,
    }
}

/// Declares a function for each parameter that reads it as it is set now.
macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name() -> $type {
                // SAFETY: A static of C that lives as long as the module. An administrator may write
                // it meanwhile: one volatile load sees the value before or after.
                unsafe { (&raw const bindings::cxl_vfio_params.$name).read_volatile() }
            }
        )*
    };
}

parameters! {
    /// Whether a CXL device is passed through with its memory, or bound as plain PCI.
    enable_cxl: bool,
    /// The largest order of a mapping of device memory.
    max_order: u32,
    /// Whether device memory is accessible only while the guest has Memory Space enabled.
    require_memory_space: bool,
    /// Whether a guest releases even a locked decoder of its shadow.
    release_locked: bool,
    /// Whether a device that nobody has open may go to D3.
    cxl_idle_d3: bool,
    /// Whether device memory is also read and written, not only mapped.
    memory_read_write: bool,
    /// Whether `sriov_numvfs` may create virtual functions.
    enable_sriov: bool,
    /// Whether functions with known errata are bound all the same.
    disable_denylist: bool,
}
