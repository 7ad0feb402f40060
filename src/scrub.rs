// SPDX-License-Identifier: GPL-2.0

//! The job that clears the memory between users.
//!
//! First the device is stopped, by a reset after which none of its engines goes on writing. Then the CPUs
//! clear the memory, unless that reset did: a part at a time, each through the gate, so that whatever
//! changes hardware waits for no more than a part.

#![forbid(unsafe_code)]

use crate::{
    clearing::{
        self,
        By,
        Step, //
    },
    counters::Event,
    cxl::Cxl,
    ffi::{
        clear::cpus_can,
        params::{
            self,
            ClearMemory, //
        },
        vfio::Device, //
    },
    gate::Reason,
    hardware::Obstacle,
    reset,
    window, //
};
use kernel::{
    dev_info,
    dev_warn,
    prelude::*, //
};

/// What is cleared in one go: a task that closes the gate waits for that.
const PART: u64 = 32 << 20;

/// Says at bind what stands against clearing the memory, and begins.
pub(crate) fn bound(device: &Device<Cxl>) {
    match method(device) {
        Ok(by) => dev_info!(
            device.pdev(),
            "its memory is cleared between users by {}\n",
            by.name()
        ),
        Err(_) if params::clear_memory() == ClearMemory::Off => {
            dev_info!(
                device.pdev(),
                "its memory is not cleared between users: clear_memory=off\n"
            );
        }
        Err(obstacle) => dev_warn!(
            device.pdev(),
            "its memory cannot be cleared between users, and is given to nobody unless clear_memory=off: \
             {}\n",
            format_args!("{obstacle}")
        ),
    }
    clearing::begin(device);
}

/// The next step; in how many milliseconds the one after it follows.
pub(crate) fn run(device: &Device<Cxl>) -> Option<u32> {
    let step = clearing::next(device)?;
    let result = match step {
        Step::Nothing => Ok(Step::Nothing),
        Step::Reset => (device.calls)
            .try_clearing(|| reset_or_clear(device))
            .unwrap_or(Err(Reason::Resetting)),
        Step::Clear(at) => clear(device, at),
    };
    clearing::ended(device, step, result)
}

/// How the memory can be cleared now, as far as it can be known before.
fn method(device: &Device<Cxl>) -> Result<By, Obstacle> {
    let how = params::clear_memory();
    let shared = device.shares_cxl_reset();
    let device_can = device.clearing_reset_timeout_ms().is_some();
    if how == ClearMemory::Off {
        return Err(Obstacle::NotClearing);
    }
    if how != ClearMemory::Cpu && device_can && !shared {
        return Ok(By::Device);
    }
    if how == ClearMemory::Device {
        return Err(if device_can {
            Obstacle::Shared
        } else {
            Obstacle::NotClearing
        });
    }
    if !cpus_can() {
        return Err(Obstacle::NoCpuClears);
    }
    if device.reset_timeout_ms().is_some() && !shared {
        return Ok(By::Cpus);
    }
    match device.pdev().may_reset_bus() {
        Ok(()) => Ok(By::Cpus),
        Err(error) if error == EBUSY => Err(Obstacle::Shared),
        Err(_) => Err(Obstacle::NotStopped),
    }
}

/// Stops the device for certain, or has it clear its memory. An FLR would not do: its scope is CXL.io,
/// and what accesses the memory may go on.
fn reset_or_clear(device: &Device<Cxl>) -> Result<Step, Reason> {
    let by = method(device).map_err(Reason::Hardware)?;
    device.clearing.set_by(by);
    if device.caches.is_dirty() {
        match window::put_back(device) {
            // Until then nothing can be flushed; if that is never, the reset may help.
            Err(reason @ Reason::Hardware(Obstacle::Inactive { range }))
                if clearing::waits_for_activation(device, range) =>
            {
                return Err(reason)
            }
            Ok(()) | Err(_) => (),
        }
    }
    if by == By::Device {
        match reset::in_background(device, true) {
            Ok(()) if !device.caches.is_dirty() => return Ok(Step::Nothing),
            // What is in the CPUs' caches, and could not be flushed before, may come over it.
            Ok(()) if params::clear_memory() == ClearMemory::Auto && cpus_can() => {
                device.clearing.set_by(By::Cpus);
                return Ok(Step::Clear(0));
            }
            Ok(()) => return Err(Reason::Hardware(Obstacle::NotFlushed)),
            Err(Obstacle::ResetFailed { status })
                if params::clear_memory() == ClearMemory::Auto && cpus_can() =>
            {
                dev_warn!(
                    device.pdev(),
                    "it does not clear its memory (DVSEC status2 {:#06x}): the CPUs do\n",
                    status
                );
                device.clearing.set_by(By::Cpus);
            }
            Err(obstacle) => return Err(Reason::Hardware(obstacle)),
        }
    }
    match reset::in_background(device, false) {
        Ok(()) => return Ok(Step::Clear(0)),
        Err(Obstacle::Busy) => return Err(Reason::Resetting),
        // Then by its bus.
        Err(_) => (),
    }
    reset::bus_in_background(device).map_err(Reason::Hardware)?;
    Ok(Step::Clear(0))
}

/// Clears the next part.
fn clear(device: &Device<Cxl>, at: u64) -> Result<Step, Reason> {
    let size = device.window.size();
    let end = at.saturating_add(PART).min(size);
    let clear_part = || {
        (device.gate).clear(&device.hardware, at..end, |memory| {
            memory.clear(device.pdev())
        })
    };
    match clear_part() {
        Err(Reason::Hardware(Obstacle::Decoder { .. } | Obstacle::MemDisabled { .. })) => {
            window::put_back(device)?;
            clear_part()?;
        }
        result => result?,
    }
    (device.counters).add(Event::BytesCleared, end.saturating_sub(at));
    Ok(if end == size {
        Step::Nothing
    } else {
        Step::Clear(end)
    })
}
