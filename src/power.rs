// SPDX-License-Identifier: GPL-2.0

//! Power states and Memory Space. A device that sleeps may lose its decoders, and memory that nothing
//! decodes must not be touched, so the window is closed before and what was lost is put back after.

#![forbid(unsafe_code)]

use crate::{
    cxl::Cxl,
    ffi::{
        info::{
            irq_set_len,
            LOW_POWER_ENTRY_WITH_WAKEUP_LEN,
            VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY,
            VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
            VFIO_DEVICE_FEATURE_LOW_POWER_EXIT,
            VFIO_DEVICE_FEATURE_MASK,
            VFIO_DEVICE_FEATURE_SET, //
        },
        user,
        vfio::Device, //
    },
    ranges::overlap,
    reset,
    window, //
};
use core::ops::Range;
use kernel::{
    prelude::*,
    uaccess::UserPtr, //
};

/// Whether a VFIO_DEVICE_FEATURE changes the power state.
pub(crate) fn is_low_power_feature(flags: u32) -> bool {
    flags & VFIO_DEVICE_FEATURE_SET != 0
        && matches!(
            flags & VFIO_DEVICE_FEATURE_MASK,
            VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY
                | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP
                | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT
        )
}

/// Has the core answer such a feature, whose data it may read from `arg`. The function sleeps when
/// the ioctl returns, so the window is closed before that; the access that finds the function awake
/// again opens it.
pub(crate) fn feature(
    device: &Device<Cxl>,
    flags: u32,
    arg: UserPtr,
    argsz: usize,
) -> Result<c_int> {
    let len = match flags & VFIO_DEVICE_FEATURE_MASK {
        VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP => LOW_POWER_ENTRY_WITH_WAKEUP_LEN,
        _ => 0,
    };
    window::prepare_to_hold(device)?;
    window::around_reading(device, arg, len.min(argsz), || {
        flush_after_error(device);
        reset::stop_caching(device);
        let _switched = device.memory_space.write();
        device.core_feature(flags, arg, argsz)
    })
}

/// Decode may end, for which the caller holds the window: what an error left in the CPUs' caches is flushed,
/// unless another task changes the function now.
pub(crate) fn flush_after_error(device: &Device<Cxl>) {
    if !device.caches.is_dirty() {
        return;
    }
    // Nobody switches Memory Space meanwhile.
    let _switched = device.memory_space.write();
    if device.gate.restore(&device.hardware).is_ok() {
        window::flush_left(device);
    }
}

/// Whether a write to configuration space has a byte of PMCSR.
fn has_pmcsr(device: &Device<Cxl>, written: &Range<u64>) -> bool {
    /// Offset and size of PMCSR in the power management capability.
    const PMCSR: Range<u64> = 4..6;

    let pm = u64::from(device.pdev().pm_cap());
    let pmcsr = pm.saturating_add(PMCSR.start)..pm.saturating_add(PMCSR.end);
    pm != 0 && overlap(written, &pmcsr)
}

/// Whether a write to configuration space may change the power state or Memory Space.
pub(crate) fn is_changed_by(device: &Device<Cxl>, written: &Range<u64>) -> bool {
    /// The command register: the low byte has Memory Space, and for the other one the core masks or
    /// unmasks INTx, for which it writes both as it found them.
    const COMMAND: Range<u64> = 4..6;

    overlap(written, &COMMAND) || has_pmcsr(device, written)
}

/// Has the core make such a write, with the window closed around it. It reads from `from`.
pub(crate) fn write(
    device: &Device<Cxl>,
    written: &Range<u64>,
    from: UserPtr,
    len: usize,
    write: impl Fn() -> Result<usize>,
) -> Result<usize> {
    window::around_reading(device, from, len, || {
        flush_after_error(device);
        if has_pmcsr(device, written) {
            reset::stop_caching(device);
        }
        let _switched = device.memory_space.write();
        write()
    })
}

/// Whether Memory Space is on, and stays so until the user says otherwise.
fn keeps_memory_space(device: &Device<Cxl>) -> bool {
    let refused = device.gate.refuses_user(device, &device.memory_lock());
    refused.is_ok() && device.hardware.has_memory_space()
}

/// Has the core do what it enables Memory Space for, and after which it writes the command register as it
/// found it. If Memory Space is on, it stays so until the core is done. If it is off, that may be undone
/// under this driver, which enables it to put back or clear something: not with the window closed.
fn enabling_memory_space<R>(device: &Device<Cxl>, change: impl FnOnce() -> R) -> R {
    let relied_on = device.memory_space.read();
    if keeps_memory_space(device) {
        return change();
    }
    drop(relied_on);
    window::around(device, change)
}

/// Has the core set up interrupts as `arg` says.
pub(crate) fn set_irqs(
    device: &Device<Cxl>,
    arg: UserPtr,
    set_irqs: impl Fn() -> Result<c_long>,
) -> Result<c_long> {
    window::reading(arg, irq_set_len(arg)?, || {
        enabling_memory_space(device, || user::without_waiting(&set_irqs))
    })
}

/// Has the core look how large the ROM is.
pub(crate) fn look_at_rom(device: &Device<Cxl>, look: impl FnOnce() -> Result) -> Result {
    enabling_memory_space(device, look)
}
