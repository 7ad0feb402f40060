// SPDX-License-Identifier: GPL-2.0

//! Time: waiting for hardware, and not saying too much.

use super::{
    bindings,
    read_once::read_once, //
};
use kernel::{
    ffi::c_ulong,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    time::{
        Delta,
        Instant,
        Monotonic, //
    },
};

/// A point in time until which something may take.
pub(crate) struct Deadline {
    start: Instant<Monotonic>,
    allowed: Delta,
}

impl Deadline {
    /// So many milliseconds from now.
    pub(crate) fn after_ms(ms: u32) -> Self {
        Self {
            start: Instant::now(),
            allowed: Delta::from_millis(ms.into()),
        }
    }

    /// Whether the time is over.
    pub(crate) fn has_passed(&self) -> bool {
        self.start.elapsed() > self.allowed
    }
}

/// In which tick of the kernel something was done last, for tasks that do it at the same time.
pub(crate) struct Stamp(Atomic<u64>);

impl Stamp {
    /// The kernel counts from five minutes before 32 bits overflow.
    const NEVER: u64 = 0;

    /// It was not done yet.
    pub(crate) fn never() -> Self {
        Self(Atomic::new(Self::NEVER))
    }

    /// The kernel's tick.
    fn now() -> u64 {
        // SAFETY: Always there; a number of 64 bits that is read whole.
        let now = unsafe { (&raw const bindings::jiffies).read_volatile() };
        // CAST: unsigned long is 64 bits where this driver builds.
        now as u64
    }

    /// Whether it was not done in this tick.
    pub(crate) fn is_due(&self) -> bool {
        read_once(&self.0) != Self::now()
    }

    /// Does it, unless it was begun in this tick and did not fail. Whether it was done now.
    pub(crate) fn once_in_a_tick<E>(&self, act: impl FnOnce() -> Result<(), E>) -> Result<bool, E> {
        let now = Self::now();
        if read_once(&self.0) == now {
            return Ok(false);
        }
        act()?;
        self.0.store(now, Relaxed);
        Ok(true)
    }
}

/// Looks every millisecond until there is something, for so many milliseconds at most.
pub(crate) fn poll<R>(timeout_ms: u32, look: impl FnMut() -> Option<R>) -> Option<R> {
    let pause = || {
        uninterruptible_ms(1);
        Ok(())
    };
    poll_with(timeout_ms, look, pause).unwrap_or(None)
}

/// The same, in longer intervals and until a fatal signal comes: `EINTR`.
pub(crate) fn poll_killable<R>(
    timeout_ms: u32,
    interval_ms: u32,
    look: impl FnMut() -> Option<R>,
) -> Result<Option<R>> {
    poll_with(timeout_ms, look, || killable_ms(interval_ms))
}

fn poll_with<R>(
    timeout_ms: u32,
    mut look: impl FnMut() -> Option<R>,
    pause: impl Fn() -> Result,
) -> Result<Option<R>> {
    let deadline = Deadline::after_ms(timeout_ms);
    loop {
        // Before the look: a task that is kept from running looks once more after the time is over.
        let late = deadline.has_passed();
        let found = look();
        if found.is_some() || late {
            return Ok(found);
        }
        pause()?;
    }
}

/// Sleeps; `EINTR` if the process is being killed.
pub(crate) fn killable_ms(ms: u32) -> Result {
    // SAFETY: Only sleeps.
    unsafe { bindings::cxl_vfio_sleep_killable(ms) };
    if is_being_killed() {
        Err(EINTR)
    } else {
        Ok(())
    }
}

/// The same for a wait that may be long: it does not keep the system from sleeping.
pub(crate) fn wait_killable_ms(ms: u32) -> Result {
    // SAFETY: Only sleeps.
    unsafe { bindings::cxl_vfio_wait_killable(ms) };
    if is_being_killed() {
        Err(EINTR)
    } else {
        Ok(())
    }
}

/// Whether a signal can end a wait of this thread: none reaches the kernel's own.
pub(crate) fn can_be_killed() -> bool {
    // SAFETY: The current task is valid.
    unsafe { bindings::cxl_vfio_can_be_killed() }
}

/// Whether the process is being killed.
pub(crate) fn is_being_killed() -> bool {
    // SAFETY: The current task is valid.
    unsafe { bindings::cxl_vfio_fatal_signal_pending() }
}

/// Whether a message that a user can cause may be logged now, as none was for some time.
pub(crate) fn may_log() -> bool {
    // SAFETY: Only looks at the time.
    unsafe { bindings::cxl_vfio_may_log() }
}

/// Sleeps, whatever happens, and not a moment less: a sleep of jiffies ends early if their clock was
/// behind when it began, and takes one or two of them longer.
pub(crate) fn uninterruptible_ms(ms: u32) {
    /// What it may be longer, so that two tasks that wait are woken at once.
    const SLACK_US: c_ulong = 250;

    // CAST: Widening.
    let us = (ms as c_ulong).saturating_mul(1000);
    // SAFETY: Only sleeps.
    unsafe {
        bindings::usleep_range_state(
            us,
            us.saturating_add(SLACK_US),
            bindings::TASK_UNINTERRUPTIBLE,
        )
    };
}
