// SPDX-License-Identifier: GPL-2.0

//! Errors that the function reports through PCIe: those of PCIe itself, and those of CXL.cache and
//! CXL.mem behind them. cxl-core has handlers for the latter, but only for functions whose drvdata
//! is its own.

#![forbid(unsafe_code)]

use crate::{
    counters::Event,
    cxl::Cxl,
    ffi::{
        aer,
        sleep,
        vfio::Device, //
    },
    gate::ErrorKind,
    hardware::Unread,
    window, //
};
use cxl_regs::ras::{
    control,
    Uncorrectable, //
};
use kernel::sync::atomic::Relaxed;

/// An error that the function may not survive. Its user is told by the core.
pub(crate) fn uncorrectable(device: &Device<Cxl>) {
    // Before anything is read: what is wrong with the memory may be what is to be read.
    let was_open = window::fail(device);
    // No more is asked before the reset of its link that may follow.
    device.was_there.store(was_open, Relaxed);
    // Who is at the registers does not hold the gate's lock. What comes after reads ones.
    device.hardware.alone(|| ());
    device.counters.count(Event::ErrorsUncorrectable);
    // AER has the device's lock, but close switches Memory Space off without it.
    let take = || device.hardware.take_uncorrectable();
    found(device, registers(device, || device.gate.unless_held(take)));
}

/// Finds out what failed, as far as the registers say now. The caller holds the window.
pub(crate) fn identify(device: &Device<Cxl>) {
    let take = || device.hardware.take_uncorrectable();
    found(device, registers(device, || Some(take())));
}

fn found(device: &Device<Cxl>, taken: Option<Result<Option<Uncorrectable>, Unread>>) {
    let kind = match taken {
        Some(Ok(Some(error))) => {
            let _ =
                device.with_session(|session| session.shadows.ras.collect_uncorrectable(&error));
            device.counters.count(Event::RasUncorrectable);
            let first = control::FIRST_ERROR_POINTER.get(error.control);
            let [header, ..] = error.header_log;
            aer::log_uncorrectable(device.pdev(), error.status, first, header);
            ErrorKind::Cxl
        }
        Some(Ok(None)) => ErrorKind::Pcie,
        Some(Err(Unread)) | None => ErrorKind::Unknown,
    };
    device.gate.identify_error(kind);
}

/// An error that the hardware corrected: for the statistics.
pub(crate) fn corrected(device: &Device<Cxl>) {
    device.counters.count(Event::ErrorsCorrected);
    // AER comes without the lock of the device that keeps an administrator from resetting it.
    let take = || device.hardware.take_correctable();
    let taken = registers(device, || device.gate.unless_held(take));
    if let Some(Ok(Some(status))) = taken {
        let _ = device.with_session(|session| session.shadows.ras.collect_correctable(status));
        device.counters.count(Event::RasCorrected);
        aer::log_correctable(device.pdev(), status);
    }
}

/// Looks at the registers while Memory Space stays as it is found. A task with the core's memory
/// lock may wait for the lock of the PCI core's bus list, which AER holds around this: so neither the
/// memory lock nor the end of a change is waited for without a bound. What is not taken in time is taken
/// with the next error.
fn registers<R>(device: &Device<Cxl>, take: impl Fn() -> Option<R>) -> Option<R> {
    const WAIT_MS: u32 = 50;

    sleep::poll(WAIT_MS, || {
        let _lock = device.try_memory_lock()?;
        take()
    })
}
