// SPDX-License-Identifier: GPL-2.0

//! Resets, and everything else that changes the function under its user: the window is closed
//! before, what was lost is put back after, and the shadows follow.
//!
//! | What | Scope | How it comes here |
//! |---|---|---|
//! | open, sysfs | the PCI core's | [`prepare`] and [`done`] |
//! | VFIO_DEVICE_PCI_HOT_RESET | conventional, unless the port masks it | [`hot_reset`], [`prepare`] and [`done`] |
//! | FLR by the guest | CXL.io | [`Call::GuestWrite`], [`prepare`] and [`done`] |
//! | AER | the PCI core's | [`slot_reset`] |
//! | VFIO_DEVICE_RESET | FLR, then CXL Reset where the device can | [`device_reset`] |
//! | Initiate_CXL_Reset in the shadow | CXL | [`perform`] |
//! | close | FLR | [`after_close`] |
//! | what clears the memory | CXL, or conventional | [`in_background`], [`bus_in_background`] |
//! | command register, PMCSR, low power | none | [`window::around`] |
//! | sleep of the system, power off, another kernel | the platform's, or none | [`window::hold`] |

#![forbid(unsafe_code)]

use crate::{
    asked::{
        self,
        Request, //
    },
    calls::Call,
    counters::Event,
    cxl::Cxl,
    errors,
    ffi::{
        info::hot_reset_len,
        quiet::Quiet,
        sleep,
        trace,
        vfio::Device, //
    },
    gate::{
        Reason,
        Scope, //
    },
    hardware::Obstacle,
    window, //
};
use core::ops::Range;
use cxl_regs::{
    dvsec::control2,
    Access,
    Effects, //
};
use kernel::{
    dev_err,
    prelude::*,
    sync::atomic::Relaxed,
    uaccess::UserPtr, //
};

/// The PCI core is about to reset the function.
pub(crate) fn prepare(device: &Device<Cxl>) {
    device.calls.begin_reset();
    window::hold(device);
    device.was_there.store(restore_after_error(device), Relaxed);
    stop_caching(device);
    // The PCI core does so around a reset of the function, but not around one of its bus.
    let blocked = device.pdev().block_translation();
    device.blocked.store(blocked.is_ok(), Relaxed);
}

/// A reset or another driver follows, for which the caller holds the window, and nobody else resets the
/// function now: what an error took is put back, and what it left in the CPUs' caches flushed. Says whether
/// decoder and DVSEC are now what they were at bind; no, if there was nothing to be done.
pub(crate) fn restore_after_error(device: &Device<Cxl>) -> bool {
    let commit = device.gate.commit();
    if device.gate.error().is_none() && !device.caches.is_dirty() {
        return false;
    }
    // Memory that is not active is not flushed, but all is there.
    if device.hardware.restore(commit).is_ok() {
        window::flush_left(device);
    }
    device.hardware.is_put_back(commit)
}

/// Whether the reset that the PCI core has made certainly reached CXL.mem, because of what it took.
///
/// An FLR must not take a decoder, and there are devices on which it does. So where the PCI core may reset
/// the function alone, what is lost when its user asks for that, or opens it, proves nothing; in any other
/// reset a lost DVSEC does.
fn reached_cxl_mem(device: &Device<Cxl>, by: Option<Call>) -> bool {
    let by_function = device.pdev().may_be_reset_alone();
    let proves = match by {
        Some(Call::GuestWrite) => false,
        Some(Call::OpenOrClose | Call::DeviceReset) => !by_function,
        Some(Call::Clearing) | None => true,
    };
    device.was_there.xchg(false, Relaxed)
        && proves
        && (device.hardware).has_lost(device.gate.commit(), by_function)
}

/// Has the function write back its own caches, which hold host memory, before it loses them.
pub(crate) fn stop_caching(device: &Device<Cxl>) {
    let stopped = device.hardware.stop_caching(&mut device.control2.lock());
    match stopped {
        Err(obstacle @ Obstacle::ResetFailed { .. }) if sleep::may_log() => {
            dev_err!(
                device.pdev(),
                "lines of host memory in its cache may be lost: {}\n",
                format_args!("{obstacle}")
            );
        }
        // One that sleeps or is gone has lost them.
        Ok(()) | Err(_) => (),
    }
}

/// The PCI core has reset the function, or tried to: it says neither whether it did, nor how.
pub(crate) fn done(device: &Device<Cxl>) {
    if device.blocked.xchg(false, Relaxed) {
        device.pdev().translate();
    }
    device.counters.count(Event::Resets);
    device.failed.forget();
    let by = device.calls.by_this_thread();
    if reached_cxl_mem(device, by) {
        device.gate.end_error(Scope::Cxl);
    }
    // The shadows follow a guest's FLR by themselves.
    if by != Some(Call::GuestWrite) {
        device.set_stale();
    }
    device.hardware.report_errors();
    let _ = window::release(device);
    device.gate.unless_held(|| match_caching(device));
}

/// Has the function's Disable_Caching be what the guest set it to: a reset may have lost that, or the
/// guest may have written it during one. The caller keeps others from changing the function.
fn match_caching(cxl: &Cxl) {
    // A device that is not open has the host's.
    let _ = cxl.with_session(|session| {
        let disabled = session.shadows.dvsec.get(&control2::DISABLE_CACHING) != 0;
        (cxl.hardware).disable_caching(&mut cxl.control2.lock(), disabled);
    });
}

/// Whether a write to configuration space may ask for an FLR: it has the byte with Initiate Function
/// Level Reset, of the PCI Express or of the Advanced Features capability.
pub(crate) fn may_initiate_flr(device: &Device<Cxl>, written: &Range<u64>) -> bool {
    /// The high byte of Device Control.
    const DEVICE_CONTROL: u64 = 9;
    /// Control of the Advanced Features.
    const AF_CONTROL: u64 = 4;

    let has = |cap: u8, offset: u64| {
        let at = u64::from(cap).saturating_add(offset);
        cap != 0 && written.contains(&at)
    };
    has(device.pdev().pcie_cap(), DEVICE_CONTROL)
        || (device.hardware.layout().advanced_features).is_some_and(|cap| has(cap, AF_CONTROL))
}

/// AER calls this after it has reset the link: as after any other reset of the PCI core, but without
/// a call before it, and with configuration space as the reset left it. Whether the function answers.
///
/// AER holds the lock of the PCI core's bus list around this. A task with the core's memory lock may
/// wait for that one, so the memory lock is not waited for without a bound. A second is longer than
/// any task has it that does not reset the function.
pub(crate) fn slot_reset(device: &Device<Cxl>) -> bool {
    const WAIT_MS: u32 = 1000;

    window::hold(device);
    if sleep::poll(WAIT_MS, || device.try_restore_config()).is_none() {
        dev_err!(
            device.pdev(),
            "not restored after an error: its memory lock was taken for {} ms\n",
            WAIT_MS
        );
        // The error stays.
        let _ = window::release(device);
        return false;
    }
    let back = device.pdev().answers();
    // The registers keep over the reset what nobody could read before it.
    errors::identify(device);
    if device.pdev().passes_bus_resets() {
        device.gate.end_error(Scope::Cxl);
    }
    done(device);
    back
}

/// Answers VFIO_DEVICE_PCI_HOT_RESET: it succeeds below a port that masks it, too, and resets nothing
/// then.
pub(crate) fn hot_reset(
    device: &Device<Cxl>,
    arg: UserPtr,
    reset: impl Fn() -> Result<c_long>,
) -> Result<c_long> {
    window::prepare_to_hold(device)?;
    let ret = window::around_reset_reading(device, arg, hot_reset_len(arg)?, reset)?;
    if device.pdev().passes_bus_resets() {
        end_error(device, Scope::Cxl);
    }
    Ok(ret)
}

/// A reset of this scope took place: if the gate was shut because of what it ended, it is opened.
fn end_error(device: &Device<Cxl>, scope: Scope) {
    if device.gate.error().is_some() {
        device.gate.end_error(scope);
        let _ = window::open(device);
    }
}

/// The core has reset the function to open it. An error that this does not end outlasts it, if there
/// is no CXL Reset either: then the user may open the device, and reset its bus. `EINTR` if the process
/// is being killed: a job is at the CXL Reset then, and nobody else may be at the registers.
pub(crate) fn opened(device: &Device<Cxl>) -> Result {
    if device.was_reset_at_open() {
        device.gate.end_error(Scope::Io);
    }
    if device.gate.error().is_some() && device.reset_timeout_ms().is_some() {
        match cxl_reset(device, Request::User) {
            Err(error) if error == EINTR => return Err(error),
            Ok(()) | Err(_) => (),
        }
    }
    let _ = outlasting_error(device);
    Ok(())
}

/// Says what an administrator can do about an error that no reset of the user's ended; with `EIO`.
fn outlasting_error(device: &Device<Cxl>) -> Result {
    if device.gate.error().is_none() {
        return Ok(());
    }
    if sleep::may_log() {
        dev_err!(
            device.pdev(),
            "an error of CXL.mem outlasts this reset, which does not reach it: write cxl_bus to the \
             function's reset_method and reset it again, or have the port above pass on resets, or \
             switch the slot off and on\n"
        );
    }
    Err(EIO)
}

/// Answers VFIO_DEVICE_RESET: the core's reset, and where the device can also one with the scope of
/// CXL, which the core does not know of.
pub(crate) fn device_reset(
    device: &Device<Cxl>,
    reset: impl FnOnce() -> Result<c_long>,
) -> Result<c_long> {
    window::prepare_to_hold(device)?;
    // Another function's user did not ask for a reset.
    let ret = if device.reset_timeout_ms().is_some() && !device.shares_cxl_reset() {
        // One change: nothing is mapped or cached between the two. Who waits for the second and is
        // killed must not wait for the core's memory lock, which is held for as long as that takes.
        window::around_reset(device, || {
            device
                .calls
                .during(Call::DeviceReset, reset)?
                .and_then(|ret| {
                    device.gate.end_error(Scope::Io);
                    asked::ask(device, Request::User).map(|()| ret)
                })
        })?
    } else {
        let reset = || device.calls.during(Call::DeviceReset, reset)?;
        let ret = window::around_reset(device, reset)?;
        if let Some(Reason::Hardware(obstacle)) =
            device.gate.reason().filter(|why| why.is_lasting())
        {
            return Err(obstacle.errno());
        }
        end_error(device, Scope::Io);
        ret
    };
    outlasting_error(device).map(|()| ret)
}

/// Performs what a guest's write to a shadow asks for, after the tracepoint has said so.
pub(crate) fn perform(
    device: &Device<Cxl>,
    block: &CStr,
    at: Access,
    value: u64,
    effects: Effects,
) {
    if trace::traces_register_writes() {
        let (offset, len) = (at.offset(), at.len().into());
        trace::register_write(device.pdev(), block, offset, len, value, effects.word());
    }
    if effects.status | effects.status2 != 0 {
        let clear = || {
            device
                .hardware
                .clear_status(effects.status, effects.status2)
        };
        // Otherwise the guest finds them set once more.
        let _ = device.gate.unless_held(clear);
    }
    if effects.disable_caching.is_some() {
        let _awake = device.wake_up();
        device.gate.once_not_held(|| match_caching(device));
    }
    if effects.write_back {
        // Status2 of the function says how it ended.
        let _ = write_back(device);
    }
    if let Some(clear_memory) = effects.reset {
        // A device that cannot has no such doorbell in its shadow.
        let clear_memory = clear_memory && device.clearing_reset_timeout_ms().is_some();
        // Status2 says how it ended.
        let _ = cxl_reset(device, Request::Guest { clear_memory });
    }
}

/// Performs a write-back, unless a reset or another one is under way. It is of host memory, so that the
/// window stays open; what changes the function holds that first, and then waits here for Control2.
fn write_back(device: &Device<Cxl>) -> Result<(), Obstacle> {
    let _awake = device.wake_up();
    let control2 = device.gate.unless_held(|| device.control2.try_lock());
    match control2.flatten() {
        Some(mut control2) => device.hardware.write_back(&mut control2),
        None => Err(Obstacle::Busy),
    }
}

/// Has a CXL Reset made, and waits for it; `EINTR` if the process is being killed.
fn cxl_reset(device: &Device<Cxl>, request: Request) -> Result {
    window::prepare_to_hold(device)?;
    asked::ask(device, request)
}

/// Makes the CXL Reset that was asked for, if one was, in a job of the device.
pub(crate) fn make_asked(device: &Device<Cxl>) {
    let Some(request) = device.asked.request() else {
        return;
    };
    let made = make(device, request);
    complete(device, request, made.is_ok());
    device.asked.end(made);
}

/// The shadows of a guest that asked for it say how it ended.
fn complete(device: &Device<Cxl>, request: Request, success: bool) {
    if let Request::Guest { .. } = request {
        let _ = device.with_session(|session| session.shadows.dvsec.complete_reset(success));
    }
}

/// Makes a CXL Reset with the window closed around it. The shadows follow once what was lost is put
/// back.
fn make(device: &Device<Cxl>, request: Request) -> Result {
    let timeout_ms = device.reset_timeout_ms().ok_or(ENOTTY)?;
    let reset = window::around(device, || -> Result<Result<(), Obstacle>> {
        let _under_way = device.begin_cxl_reset();
        let quiet = quiesce(device)?;
        // Another reset may have come before: the user's own, or one of the host's whose end leaves this
        // to who holds the gate last. A CXL Reset is none of a function that has CXL.mem off.
        match device.hardware.restore(device.gate.commit()) {
            Err(obstacle) if obstacle.is_lasting() => return Ok(Err(obstacle)),
            Ok(()) => window::flush_left(device),
            Err(_) => (),
        }
        let clear_memory = request == Request::Guest { clear_memory: true };
        let reset = reset_and_restore(device, clear_memory, timeout_ms, quiet);
        match (request, reset) {
            (_, Err(Obstacle::Gone | Obstacle::Asleep)) => (),
            (Request::User, _) => device.set_stale(),
            (Request::Guest { .. }, _) => {
                let _ = device.with_session(|session| session.shadows.reset());
                match_caching(device);
            }
        }
        Ok(reset)
    })?;
    reset.map_err(|obstacle| {
        if sleep::may_log() {
            dev_err!(device.pdev(), "CXL reset: {}\n", format_args!("{obstacle}"));
        }
        obstacle.errno()
    })
}

/// As [`Device::quiesce`], also while another task has a lock of the function or of one beside it, as
/// who resets its bus by sysfs has for more than a second. One that unbinds it waits for this, and
/// accesses to the memory do for 10 s.
fn quiesce(device: &Device<Cxl>) -> Result<Quiet<'_, Cxl>> {
    const WAIT_MS: u32 = 5000;

    let quiet = sleep::poll(WAIT_MS, || match device.quiesce() {
        Err(error) if error == EAGAIN => None,
        result => Some(result),
    });
    quiet.unwrap_or(Err(EAGAIN))
}

/// The reset itself. Whether it loses a locked decoder is disputed: what it lost is put back.
fn reset_and_restore(
    cxl: &Cxl,
    clear_memory: bool,
    timeout_ms: u32,
    quiet: Quiet<'_, Cxl>,
) -> Result<(), Obstacle> {
    let commit = cxl.gate.commit();
    // A write-back that is under way takes a second at most.
    let mut control2 = cxl.control2.lock();
    let reset = (cxl.hardware).cxl_reset(&mut control2, clear_memory, timeout_ms);
    drop(control2);
    if reset.is_ok() {
        cxl.gate.end_error(Scope::Cxl);
    }
    quiet.restore();
    cxl.counters.count(Event::Resets);
    cxl.failed.forget();
    let restored = cxl.hardware.restore(commit);
    quiet.end();
    match restored {
        // The first access waits for memory that is not active yet.
        Ok(()) | Err(Obstacle::Inactive { .. }) => reset,
        Err(obstacle) => Err(obstacle),
    }
}

/// A CXL Reset of a device that nobody has open; nothing but [`Obstacle::Busy`] keeps it from being
/// tried again soon.
pub(crate) fn in_background(device: &Device<Cxl>, clear_memory: bool) -> Result<(), Obstacle> {
    let timeout_ms = device.reset_timeout_ms().ok_or(Obstacle::NotStopped)?;
    if device.shares_cxl_reset() {
        return Err(Obstacle::Shared);
    }
    // What the core knows of a user's registers is not there.
    window::hold(device);
    let reset = quiet_reset(device, clear_memory, timeout_ms);
    let _ = window::release(device);
    reset
}

fn quiet_reset(device: &Device<Cxl>, clear_memory: bool, timeout_ms: u32) -> Result<(), Obstacle> {
    let _under_way = device.begin_cxl_reset();
    let quiet = device.quiesce().map_err(|_| Obstacle::Busy)?;
    // The core's reset may have switched CXL.mem off. Where that cannot be put back, this may repair it.
    if device.hardware.restore(device.gate.commit()).is_ok() {
        window::flush_left(device);
    }
    reset_and_restore(device, clear_memory, timeout_ms, quiet)
}

/// The same by a reset of its bus, which the port above passes on for that moment.
pub(crate) fn bus_in_background(device: &Device<Cxl>) -> Result<(), Obstacle> {
    match device.pdev().may_reset_bus() {
        Ok(()) => (),
        Err(error) if error == EBUSY => return Err(Obstacle::Shared),
        Err(_) => return Err(Obstacle::NotStopped),
    }
    // Its handlers are ours, too.
    match device.pdev().reset_bus() {
        Ok(()) => (),
        Err(error) if error == EAGAIN => return Err(Obstacle::Busy),
        Err(_) => return Err(Obstacle::NotStopped),
    }
    device.gate.end_error(Scope::Cxl);
    Ok(())
}

/// The core has reset and disabled the function for the last time; that reset calls nobody back.
/// The next user must find the decoder.
pub(crate) fn after_close(device: &Device<Cxl>) {
    // The core has given its reference back.
    let _awake = device.wake_up();
    (device.hardware).resume_caching(&mut device.control2.lock());
    let commit = device.gate.commit();
    (device.hardware).disable_caching(&mut device.control2.lock(), commit.disables_caching);
    match device.hardware.restore(commit) {
        Ok(()) => window::flush_left(device),
        // A user may close it again and again.
        Err(obstacle) if sleep::may_log() => dev_err!(
            device.pdev(),
            "after close: {}\n",
            format_args!("{obstacle}")
        ),
        Err(_) => (),
    }
}
