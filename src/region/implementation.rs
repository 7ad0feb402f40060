// SPDX-License-Identifier: GPL-2.0

//! The registers of the implementation in the component register block: the device's own, for its
//! own driver. VMMs put the component register region over the whole block, so they are reached
//! through it, too.

#![forbid(unsafe_code)]

use crate::{
    clearing,
    cxl::Cxl,
    ffi::{
        io::{
            Mmio,
            Width, //
        },
        sleep::{
            self,
            Deadline, //
        },
        vfio::Device, //
    },
};
use kernel::prelude::*;

/// Reads a register at an offset in the block.
pub(crate) fn read(device: &Device<Cxl>, offset: u32, width: Width) -> Result<u64> {
    let value = reach(device, offset, width, |bar, at| bar.read(at, width))?;
    // As the core answers for the MSI-X table.
    Ok(value.unwrap_or(u64::MAX))
}

/// Writes a register at an offset in the block.
pub(crate) fn write(device: &Device<Cxl>, offset: u32, width: Width, value: u64) -> Result {
    reach(device, offset, width, |bar, at| bar.write(at, width, value)).map(drop)
}

/// Does what a write does that the device is not told of: it waits and fails as one that is.
pub(crate) fn pass(device: &Device<Cxl>, offset: u32, width: Width) -> Result {
    reach(device, offset, width, |_, _| ()).map(drop)
}

/// Makes an access as the core does for a BAR, and not while the function is being reset: that is
/// waited for, for a bounded time and killably. Nothing if it is the MSI-X table.
fn reach<R>(
    device: &Device<Cxl>,
    offset: u32,
    width: Width,
    access: impl Fn(&Mmio, usize) -> R,
) -> Result<Option<R>> {
    const WAIT_MS: u32 = 10_000;
    const POLL_MS: u32 = 5;

    clearing::wait_for_registers(device)?;
    let layout = device.hardware.layout();
    // CAST: Widening.
    let at = layout.block.checked_add(offset as usize).ok_or(EINVAL)?;
    let table = device.msix_table(layout.bar);
    if at < table.end && table.start < at.saturating_add(width.bytes()) {
        return Ok(None);
    }
    let _awake = device.wake_up()?;
    let deadline = Deadline::after_ms(WAIT_MS);
    loop {
        {
            let lock = device.memory_lock();
            if !device.memory_enabled(&lock) {
                return Err(EIO);
            }
            // Error recovery resets the link without holding the gate, but waits for who is in here.
            let reached = device.gate.unless_held(|| {
                if device.pdev().is_disconnected() || device.hardware.check_bar().is_err() {
                    return Err(EIO);
                }
                // As its user has it. Hardware may not: see Hardware::look.
                device.hardware.enable_memory_space();
                Ok(access(device.hardware.bar(), at))
            });
            if let Some(result) = reached {
                return result.map(Some);
            }
        }
        if deadline.has_passed() {
            return Err(EIO);
        }
        sleep::killable_ms(POLL_MS)?;
    }
}
