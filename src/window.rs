// SPDX-License-Identifier: GPL-2.0

//! The memory window of a device: what closes it, opens it and lets an access in. Its gate decides;
//! here the users' mappings and the caches go with it, and the tracepoint says so.

#![forbid(unsafe_code)]

use crate::{
    clearing,
    counters::Event,
    cxl::Cxl,
    ffi::{
        caches::Method,
        io::Memory,
        sleep,
        trace,
        user,
        vfio::{
            region_start,
            Device, //
        },
        vma::PAGE_LEN, //
    },
    gate::{
        Change,
        Inside,
        Reason, //
    },
};
use kernel::{
    prelude::*,
    uaccess::UserPtr, //
};

/// Removes the users' mappings of the window.
fn zap(device: &Device<Cxl>) {
    if let Some(indices) = device.indices() {
        device.zap(region_start(indices.memory), device.window.size());
    }
}

/// Lets `touch` at the window, or says why it may not be touched.
pub(crate) fn enter<R>(
    device: &Device<Cxl>,
    touch: impl FnOnce(Inside<'_>) -> R,
) -> Result<R, Reason> {
    clearing::wait(device)?;
    let zap = || zap(device);
    let arrive = |memory: &_| arrive(device, memory);
    let touch = |inside: Inside<'_>| {
        if inside.looked {
            device.counters.count(Event::Looks);
        }
        touch(inside)
    };
    let entered = (device.gate).enter(device, &device.hardware, zap, arrive, touch);
    // The gate may have been opened to let the access in.
    device.renew();
    entered
}

/// Closes the window because it is not known any more what is behind it: nothing is mapped and
/// nobody is inside when this returns. What the CPUs' caches hold stays there.
pub(crate) fn close(device: &Device<Cxl>, reason: Reason) {
    trace::gate(device.pdev(), reason.cause().name());
    device.gate.close(reason, || zap(device));
}

/// Closes the window because of an uncorrectable error. Whether it was open, so that all was there.
pub(crate) fn fail(device: &Device<Cxl>) -> bool {
    trace::gate(device.pdev(), Reason::Error.cause().name());
    device.gate.fail(|| zap(device))
}

/// Unmaps the pages that failed, and no others. Nobody is inside meanwhile: a fault that did not see
/// the failure has mapped its page before.
pub(crate) fn unmap_failed(device: &Device<Cxl>) {
    let Some(indices) = device.indices() else {
        return;
    };
    device.gate.with_nobody_inside(|| {
        for page in (0..).map_while(|n| device.failed.nth(n)) {
            device.zap(region_start(indices.memory).saturating_add(page), PAGE_LEN);
        }
    });
}

/// Flushes what users left in the CPUs' caches, as long as the window is decoded and `wanted`.
fn flush(device: &Device<Cxl>, memory: &Memory, wanted: impl Fn() -> bool) {
    let decodes = || device.hardware.decodes(device.gate.commit());
    device.caches.flush(memory, || wanted() && decodes());
}

/// Flushes what is left of the last user in the CPUs' caches because an error closed the window at once:
/// otherwise it may be written back while nothing decodes, or over what another one finds or stores
/// there. What was lost is put back, the caller holds the window, and no user switches Memory Space.
pub(crate) fn flush_left(device: &Device<Cxl>) {
    if !device.caches.is_dirty() {
        return;
    }
    let commit = device.gate.commit();
    // Without a mapping they stay dirty, which whoever clears the memory asks for.
    if let Ok(memory) = Memory::map(commit.base, commit.size) {
        (device.hardware).with_memory_space(|| flush(device, &memory, || true));
    }
}

/// The window is decoded again: nothing of what the CPUs' caches had of it is seen any more.
fn arrive(device: &Device<Cxl>, memory: &Memory) {
    device.caches.drop_lines(memory);
    // Not if another task holds it now: that one has stopped it for what comes.
    (device.gate).unless_others_hold(|| resume_caching(device));
}

/// Lets the function use its own caches again, as its user has them; not if he has put it to sleep, to
/// which it goes back. The caller has the gate's lock.
fn resume_caching(device: &Device<Cxl>) {
    if !device.is_put_to_sleep() {
        device.hardware.resume_caching(&mut device.control2.lock());
    }
}

/// The function goes back to sleep, and a reset may have enabled its caches: stops them once more. The
/// caller holds the window.
fn keep_caching_stopped(device: &Device<Cxl>) {
    if device.is_put_to_sleep() {
        let _ = (device.hardware).stop_caching(&mut device.control2.lock());
    }
}

/// Keeps the window closed until [`release`] or [`leave_closed`]. When this returns, no cache of a
/// CPU holds anything that would have to be written back.
pub(crate) fn hold(device: &Device<Cxl>) {
    trace::gate(device.pdev(), c"held");
    let _ = hold_and_flush(device, || true);
}

/// The same, flushed only as long as `wanted`.
fn hold_and_flush(device: &Device<Cxl>, wanted: impl Fn() -> bool) -> Option<Change> {
    let flush = |memory: &_| flush(device, memory, wanted);
    let change = device.gate.hold(|| zap(device), flush);
    device.caches.wait();
    change
}

/// Opens the window again after [`hold`], once what was lost is put back.
pub(crate) fn release(device: &Device<Cxl>) -> Result<(), Reason> {
    release_with(device, |memory| arrive(device, memory))
}

fn release_with(device: &Device<Cxl>, arrive: impl Fn(&Memory)) -> Result<(), Reason> {
    keep_caching_stopped(device);
    let opened = device.gate.release(device, &device.hardware, arrive);
    // Unless another task holds it, and may be about to reset the function.
    device.gate.unless_held(|| resume_caching(device));
    clearing::go_on(device);
    traced(device, opened)
}

/// Puts back what was lost while the window was not looked at, also while nobody has the device open.
pub(crate) fn put_back(device: &Device<Cxl>) -> Result<(), Reason> {
    hold(device);
    let restored = device.gate.restore(&device.hardware);
    let _ = release(device);
    restored
}

/// Leaves the window closed after [`hold`].
pub(crate) fn leave_closed(device: &Device<Cxl>, reason: Reason) {
    trace::gate(device.pdev(), reason.cause().name());
    device.gate.leave_closed(reason);
}

/// A user asks for what will end decode, and holds no lock yet. So the waiting is done here, where it
/// keeps nobody else waiting and ends when the user is killed: until all lines of all CPUs may be
/// flushed again, or for lines that are flushed one by one, in advance.
pub(crate) fn prepare_to_hold(device: &Device<Cxl>) -> Result {
    match device.caches.method() {
        Method::Range => device.caches.wait_for_turn(),
        Method::Lines if device.caches.is_dirty() => {
            trace::gate(device.pdev(), c"held");
            let this = hold_and_flush(device, || !sleep::is_being_killed());
            let _ = release_with(device, |memory| {
                // This one changes nothing, so that there is nothing to be dropped.
                if !this.is_some_and(|this| device.gate.is_latest(this)) {
                    arrive(device, memory);
                }
            });
            if sleep::is_being_killed() {
                Err(EINTR)
            } else {
                Ok(())
            }
        }
        Method::Lines | Method::None => Ok(()),
    }
}

/// Traces how the gate stands now, and has the shadows follow a reset.
fn traced(device: &Device<Cxl>, opened: Result<(), Reason>) -> Result<(), Reason> {
    device.renew();
    trace::gate(
        device.pdev(),
        opened.map_or_else(|reason| reason.cause().name(), |()| c"open"),
    );
    opened
}

/// Opens the window, unless another task holds it: for a user who opened the device, or after a reset that
/// ended an error.
pub(crate) fn open(device: &Device<Cxl>) -> Result<(), Reason> {
    let arrive = |memory: &_| arrive(device, memory);
    let opened = (device.gate).open_unless_held(device, &device.hardware, arrive);
    traced(device, opened)
}

/// Makes a change of the function with the window closed around it.
pub(crate) fn around<R>(device: &Device<Cxl>, change: impl FnOnce() -> R) -> R {
    // It must not fall asleep while it is looked at.
    let _awake = device.wake_up();
    hold(device);
    let result = change();
    let refused = device.gate.refuses_user(device, &device.memory_lock());
    match refused {
        // Nobody can enter, so nothing is mapped for that: the access that is not refused any more
        // opens it, or the change after which none is. The core takes D3hot for Memory Space
        // disabled, too.
        Err(reason) if reason == Reason::LowPower || device.pdev().is_in_d0() => {
            keep_caching_stopped(device);
            leave_closed(device, reason);
            if reason != Reason::LowPower {
                device.gate.unless_held(|| resume_caching(device));
                device.renew();
            }
        }
        // The gate keeps the reason if it stays closed.
        Ok(()) | Err(_) => drop(release(device)),
    }
    result
}

/// As [`around`], for a change in which the core reads from a user's buffer. Nobody waits for the
/// pages of that buffer while the window is held: they may take as long as their owner likes, and
/// those of the window itself would never come. If they are gone again each time, as those of the
/// window are while it is held, the user gets `EFAULT`.
pub(crate) fn around_reading<R>(
    device: &Device<Cxl>,
    from: UserPtr,
    len: usize,
    change: impl Fn() -> Result<R>,
) -> Result<R> {
    reading(from, len, || {
        around(device, || user::without_waiting(&change))
    })
}

/// Makes a reset with the window closed around it, and puts back what it lost whatever its user has the
/// function as: the core wakes it up before it resets it.
pub(crate) fn around_reset<R>(device: &Device<Cxl>, reset: impl FnOnce() -> R) -> R {
    let _awake = device.wake_up();
    hold(device);
    let result = reset();
    let _ = release(device);
    result
}

/// As [`around_reset`], and as [`around_reading`].
pub(crate) fn around_reset_reading<R>(
    device: &Device<Cxl>,
    from: UserPtr,
    len: usize,
    reset: impl Fn() -> Result<R>,
) -> Result<R> {
    reading(from, len, || {
        around_reset(device, || user::without_waiting(&reset))
    })
}

/// Runs `change`, in which the core reads from a user's buffer without waiting for its pages.
pub(crate) fn reading<R>(from: UserPtr, len: usize, change: impl Fn() -> Result<R>) -> Result<R> {
    const TRIES: u32 = 4;

    for _ in 0..TRIES {
        // What the core reads of it, or what else is wrong, the core knows.
        let is_there = user::fault_in(from, len).is_ok();
        match change() {
            Err(error) if error == EFAULT && is_there => (),
            result => return result,
        }
    }
    Err(EFAULT)
}
