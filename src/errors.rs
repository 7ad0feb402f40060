// SPDX-License-Identifier: GPL-2.0

//! Errors that the function reports through PCIe: those of PCIe itself, and those of CXL.cache and
//! CXL.mem behind them. cxl-core has handlers for the latter, but only for functions whose drvdata
//! is its own.

#![forbid(unsafe_code)]

use crate::{
    ffi::{
        aer,
        vfio::Device, //
    },
    gate::Reason,
    passthrough::{
        Cxl,
        Passthrough, //
    },
    reset,
};

/// An error that the function may not survive. Its user is told by the core.
pub(crate) fn uncorrectable(device: &Device<Passthrough>, cxl: &Cxl) {
    // Before anything is read: what is wrong with the memory may be what is to be read.
    reset::close(device, cxl, Reason::Error);
    cxl.counters.uncorrectable();
    // So that Memory Space stays as it is found.
    let _lock = device.memory_lock();
    if let Some(error) = cxl.hardware.take_uncorrectable() {
        cxl.counters.ras_uncorrectable();
        aer::log_uncorrectable(device.pdev(), error.status, error.first, error.header);
    }
}

/// An error that the hardware corrected: for the statistics.
pub(crate) fn corrected(device: &Device<Passthrough>, cxl: &Cxl) {
    cxl.counters.corrected();
    let _lock = device.memory_lock();
    if let Some(status) = cxl.hardware.take_correctable() {
        cxl.counters.ras_corrected();
        aer::log_correctable(device.pdev(), status);
    }
}
