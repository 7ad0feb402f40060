// SPDX-License-Identifier: GPL-2.0

//! How far it is with clearing the memory between users, and waiting for it: nobody gets what another
//! one left there.
//!
//! It is done in the background ([`crate::scrub`]), from the moment at which nobody has the device open
//! any more, or at which it was bound, because nobody knows what was there before. It begins with a reset,
//! while nobody has the device open, and opening waits for that. The device may be open while the rest is
//! done, but an access to its memory waits until all is clear, and so does one to its registers, by which
//! it can be told to copy its memory elsewhere.

#![forbid(unsafe_code)]

use crate::{
    cxl::Cxl,
    ffi::{
        awake::Awake,
        params::{
            self,
            ClearMemory, //
        },
        read_once::load_acquire,
        sleep::{
            self,
            Deadline, //
        },
        vfio::Device, //
    },
    gate::Reason,
    hardware::{
        activation_ms,
        Obstacle, //
    },
};
use core::fmt;
use cxl_regs::dvsec::range1_size_low;
use kernel::{
    dev_err, dev_info, new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Release, //
        },
        Mutex, //
    },
};

/// Who clears.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum By {
    /// The device, in a reset.
    Device,
    /// The CPUs of the host.
    Cpus,
}

/// What is to be done next.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A reset that stops the device, or clears its memory at once.
    Reset,
    /// Clearing from this offset on.
    Clear(u64),
    /// Nothing: all is clear.
    Nothing,
}

/// How far it is.
struct State {
    step: Step,
    /// Whether the job is at it.
    at_work: bool,
    /// Why the job has given up, until it is asked again.
    failed: Option<Reason>,
    /// Whether the device has said how long its memory takes to become active, and until when that is waited
    /// for.
    active_until: Option<(bool, Deadline)>,
    /// Whether the job keeps the function awake.
    awake: bool,
    /// Whether the function is being unbound.
    unbinding: bool,
    /// Who did it last.
    by: Option<By>,
}

impl State {
    /// Whether memory that is not active yet is still waited for: until the device announces how long that
    /// takes, and from then on as long.
    fn waits_for_activation(&mut self, range: u32) -> bool {
        let is_announced = range1_size_low::INFO_VALID.is_set(range);
        let until = match self.active_until.take() {
            Some((true, until)) => (true, until),
            Some((false, until)) if !is_announced => (false, until),
            _ => (is_announced, Deadline::after_ms(activation_ms(range))),
        };
        let (_, deadline) = self.active_until.insert(until);
        !deadline.has_passed()
    }
}

/// The clearing of a device's memory.
#[pin_data]
pub(crate) struct Clearing {
    /// It comes after no other lock, and none is taken under it.
    #[pin]
    state: Mutex<State>,
    /// Whether there may be something in the memory that its user must not see. Set while nobody has the
    /// device open.
    due: Atomic<bool>,
}

impl Clearing {
    /// Of memory of which nobody knows what is in it.
    pub(crate) fn new() -> impl PinInit<Self> {
        let state = State {
            step: Step::Reset,
            at_work: false,
            failed: None,
            active_until: None,
            awake: false,
            unbinding: false,
            by: None,
        };
        pin_init!(Self {
            state <- new_mutex!(state, "cxl_vfio_pci_clearing"),
            due: Atomic::new(true),
        })
    }

    /// Whether accesses have to wait.
    pub(crate) fn is_due(&self) -> bool {
        load_acquire(&self.due)
    }

    /// All is clear, or an administrator says that it need not be.
    fn end(&self, state: &mut State) {
        state.step = Step::Nothing;
        state.failed = None;
        self.due.store(false, Release);
    }

    /// Says who clears.
    pub(crate) fn set_by(&self, by: By) {
        self.state.lock().by = Some(by);
    }

    /// Has the job begin, or go on.
    fn queue(&self, device: &Device<Cxl>, state: &mut State) {
        state.at_work = true;
        state.failed = None;
        state.active_until = None;
        device.job.queue(device);
    }

    /// Waits until `is_over`, and has the job try once more if it has given up before; the reason if it
    /// gives up again.
    fn wait_until(
        &self,
        device: &Device<Cxl>,
        is_over: impl Fn(&State) -> bool,
    ) -> Result<(), Reason> {
        const POLL_MS: u32 = 5;
        /// How long a thread of the kernel waits, which nobody can kill: one that loads a page for KVM,
        /// whose vCPU asks again.
        const THREAD_MS: u32 = 10_000;

        let deadline = (!sleep::can_be_killed()).then(|| Deadline::after_ms(THREAD_MS));
        let mut waited = false;
        loop {
            {
                let mut state = self.state.lock();
                if !state.at_work && params::clear_memory() == ClearMemory::Off {
                    state.by = None;
                    self.end(&mut state);
                }
                if is_over(&state) {
                    return Ok(());
                }
                if state.unbinding {
                    return Err(Reason::Hardware(Obstacle::Busy));
                }
                if !state.at_work {
                    match state.failed {
                        Some(reason) if waited => return Err(reason),
                        _ => self.queue(device, &mut state),
                    }
                }
            }
            if deadline.as_ref().is_some_and(Deadline::has_passed) {
                return Err(Reason::Resetting);
            }
            waited = true;
            sleep::wait_killable_ms(POLL_MS)
                .map_err(|_| Reason::Hardware(Obstacle::Interrupted))?;
        }
    }
}

/// Nobody has the device open any more, or yet.
///
/// While a function that may use ATS is being reset, the IOMMU core refuses to attach it to the address
/// space of its next user, and a VMM attaches it before it opens it. So such a device is not reset before
/// it is opened.
pub(crate) fn begin(device: &Device<Cxl>) {
    let clearing = &device.clearing;
    let mut state = clearing.state.lock();
    state.step = Step::Reset;
    state.at_work = false;
    clearing.due.store(true, Release);
    if !state.unbinding
        && params::clear_memory() != ClearMemory::Off
        && !device.pdev().may_use_ats()
    {
        clearing.queue(device, &mut state);
    }
}

/// A user is about to open the device: waits until no reset is in the way any more, which takes as
/// long as the device has announced, and can be killed.
pub(crate) fn before_open(device: &Device<Cxl>) -> Result<(), Reason> {
    (device.clearing).wait_until(device, |state| state.step != Step::Reset)
}

/// Waits until nothing of another user's is in the memory, which may take as long as it is large, and
/// can be killed; the reason if it cannot be cleared.
#[inline]
pub(crate) fn wait(device: &Device<Cxl>) -> Result<(), Reason> {
    if device.clearing.is_due() {
        wait_for_the_end(device)
    } else {
        Ok(())
    }
}

#[cold]
fn wait_for_the_end(device: &Device<Cxl>) -> Result<(), Reason> {
    (device.clearing).wait_until(device, |state| state.step == Step::Nothing)
}

/// The same before an access to the device's registers, by which a user may tell it to copy its memory
/// elsewhere. For a CXL Reset it would wait at the core's memory lock, where it cannot be killed.
pub(crate) fn wait_for_registers(device: &Device<Cxl>) -> Result {
    wait(device).map_err(|reason| {
        device.counters.refused(reason.cause());
        reason.errno()
    })?;
    device.wait_for_cxl_reset()
}

/// What kept the memory from being cleared may be gone.
pub(crate) fn go_on(device: &Device<Cxl>) {
    let clearing = &device.clearing;
    if !clearing.is_due() {
        return;
    }
    let mut state = clearing.state.lock();
    if state.failed.is_some() && !state.unbinding && matches!(state.step, Step::Clear(_)) {
        clearing.queue(device, &mut state);
    }
}

/// The function is being unbound, or the system goes down: nothing more is begun, and nobody waits any
/// longer.
pub(crate) fn give_up(device: &Device<Cxl>) {
    device.clearing.state.lock().unbinding = true;
}

/// Returns when nothing is being done any more: a part takes milliseconds, a reset as long as the
/// device has announced. The next driver is told what it gets.
pub(crate) fn cancel(device: &Device<Cxl>) {
    device.job.cancel();
    let mut state = device.clearing.state.lock();
    rest(device, &mut state);
    if device.clearing.is_due() && params::clear_memory() != ClearMemory::Off {
        dev_info!(
            device.pdev(),
            "unbound before its memory was cleared: it still has what the last user left there\n"
        );
    }
}

fn rest(device: &Device<Cxl>, state: &mut State) {
    state.at_work = false;
    if core::mem::take(&mut state.awake) {
        device.let_sleep();
    }
}

/// The step that is to be done now; none if nothing is left to do. The function is kept awake for it.
pub(crate) fn next(device: &Device<Cxl>) -> Option<Step> {
    let clearing = &device.clearing;
    let mut state = clearing.state.lock();
    if !clearing.is_due()
        || !state.at_work
        || state.unbinding
        || state.step == Step::Nothing
        || params::clear_memory() == ClearMemory::Off
    {
        rest(device, &mut state);
        return None;
    }
    let (step, is_awake) = (state.step, state.awake);
    drop(state);
    if !is_awake {
        // The step itself fails, and says why, if this does.
        let awake = device.wake_up().map(Awake::keep).is_ok();
        clearing.state.lock().awake = awake;
    }
    Some(step)
}

/// Whether the job still waits for memory that is not active.
pub(crate) fn waits_for_activation(device: &Device<Cxl>, range: u32) -> bool {
    device.clearing.state.lock().waits_for_activation(range)
}

/// How a step ended, and with it the one that follows; in how many milliseconds.
pub(crate) fn ended(device: &Device<Cxl>, step: Step, result: Result<Step, Reason>) -> Option<u32> {
    /// How soon it is tried again if another task changes the function.
    const BUSY_MS: u32 = 10;

    let clearing = &device.clearing;
    let mut state = clearing.state.lock();
    if state.step != step {
        // The device was closed meanwhile: from the beginning, but see `begin`.
        if device.pdev().may_use_ats() {
            rest(device, &mut state);
            return None;
        }
        return Some(0);
    }
    match result {
        Ok(Step::Nothing) => {
            clearing.end(&mut state);
            rest(device, &mut state);
            None
        }
        Ok(next) => {
            state.step = next;
            state.active_until = None;
            Some(0)
        }
        Err(Reason::Resetting | Reason::Hardware(Obstacle::Busy)) => Some(BUSY_MS),
        Err(Reason::Hardware(Obstacle::Inactive { range }))
            if state.waits_for_activation(range) =>
        {
            Some(BUSY_MS)
        }
        Err(reason) => {
            state.failed = Some(reason);
            rest(device, &mut state);
            None
        }
    }
}

impl By {
    /// What the log calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Device => "its CXL reset",
            Self::Cpus => "the CPUs",
        }
    }
}

/// For debugfs.
pub(crate) fn show(cxl: &Cxl, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let size = cxl.window.size();
    let state = cxl.clearing.state.lock();
    let (step, failed, at_work, by) = (state.step, state.failed, state.at_work, state.by);
    drop(state);
    let cleared = match step {
        Step::Clear(at) => at,
        Step::Nothing if by.is_some() => size,
        Step::Reset | Step::Nothing => 0,
    };
    writeln!(f, "cleared: {cleared:#x} of {size:#x}")?;
    match by {
        Some(by) => writeln!(f, "by: {}", by.name())?,
        None => writeln!(f, "by: nobody")?,
    }
    match (step, failed) {
        (Step::Nothing, _) if by.is_none() => writeln!(f, "state: off"),
        (Step::Nothing, _) => writeln!(f, "state: done"),
        (_, Some(reason)) => writeln!(f, "state: failed: {}", format_args!("{reason}")),
        (_, None) if !at_work => writeln!(f, "state: not begun"),
        (Step::Reset, None) => writeln!(f, "state: resetting"),
        (Step::Clear(_), None) => writeln!(f, "state: clearing"),
    }
}

/// Says why the memory is not given to its user; what to do about it.
pub(crate) fn refuse(device: &Device<Cxl>, reason: Reason) -> Error {
    if reason != Reason::Hardware(Obstacle::Interrupted) && sleep::may_log() {
        dev_err!(
            device.pdev(),
            "device memory is not usable: what the last user left there is not cleared (clear_memory=off \
             gives it away as it is): {}\n",
            format_args!("{reason}")
        );
    }
    match reason {
        Reason::Hardware(obstacle) => obstacle.errno(),
        reason => reason.errno(),
    }
}
