// SPDX-License-Identifier: GPL-2.0

//! Tracepoints, which are declared in `trace.h`.

use super::{
    bindings,
    pci::PciDev, //
};
use kernel::{
    prelude::*,
    str::CStrExt, //
};

/// A fault in the window was answered.
pub(crate) fn fault(pdev: &PciDev, offset: u64, order: u32, outcome: &CStr) {
    // SAFETY: Both are valid for the length of the call.
    unsafe { bindings::cxl_vfio_trace_fault(pdev.as_raw(), offset, order, outcome.as_char_ptr()) };
}

/// The gate opened or closed.
pub(crate) fn gate(pdev: &PciDev, state: &CStr) {
    // SAFETY: Both are valid for the length of the call.
    unsafe { bindings::cxl_vfio_trace_gate(pdev.as_raw(), state.as_char_ptr()) };
}

/// Whether writes to shadows are traced: only then is it worth while to say what one did.
pub(crate) fn traces_register_writes() -> bool {
    // SAFETY: Reads a static key.
    unsafe { bindings::cxl_vfio_traces_register_writes() }
}

/// A register of a shadow was written, with one of its effects.
pub(crate) fn register_write(
    pdev: &PciDev,
    block: &CStr,
    offset: u32,
    len: usize,
    value: u64,
    effect: &CStr,
) {
    // SAFETY: All are valid for the length of the call.
    unsafe {
        bindings::cxl_vfio_trace_register_write(
            pdev.as_raw(),
            block.as_char_ptr(),
            offset,
            // CAST: At most 8.
            len as u32,
            value,
            effect.as_char_ptr(),
        )
    };
}
