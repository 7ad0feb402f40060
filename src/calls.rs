// SPDX-License-Identifier: GPL-2.0

//! Which calls into vfio-pci-core are under way, and by which thread.
//!
//! The PCI core tells that it resets the function, but not for whom. It does so on the thread that
//! asked for it, so a reset on a thread that is in a call is that call's; any other is
//! a hot reset, of whomever, or from sysfs.
//!
//! When vfio-pci-core opens or closes the device, it saves and restores configuration space without
//! the lock under which the PCI core does so around a reset. Of two at once, one saves what the
//! other's reset has cleared, and the BARs are lost. So the resets of others and these calls wait for
//! each other here.

#![forbid(unsafe_code)]

use crate::ffi::sleep;
use kernel::{
    new_mutex,
    prelude::*,
    sync::Mutex,
    task::Task, //
};

/// How often those look that wait.
const POLL_MS: u32 = 1;

/// A call into vfio-pci-core in which the function may be reset.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// vfio-pci-core performs a guest's write to configuration space, in which an FLR may be asked
    /// for.
    GuestWrite,
    /// vfio-pci-core answers VFIO_DEVICE_RESET.
    DeviceReset,
    /// vfio-pci-core opens or closes the device.
    OpenOrClose,
    /// The function is reset so that its memory can be cleared. Nobody has the device open.
    Clearing,
}

/// What is under way.
struct State {
    /// The threads' tasks that are in a call for the user of the open device, of which there may be many.
    by_user: KVec<(usize, Call)>,
    /// The task that opens or closes the device: the vfio core has it be one.
    open_or_close: Option<usize>,
    /// The task that resets the device in order to clear it, of which there is one.
    clearing: Option<usize>,
    /// Whether a task waits to open or close it. No reset begins then: one that follows another at
    /// once would leave it no gap.
    wanted: bool,
    /// How many resets of others.
    resets: u32,
}

impl State {
    /// The call that a thread is in.
    fn of(&self, thread: usize) -> Option<Call> {
        if self.open_or_close == Some(thread) {
            Some(Call::OpenOrClose)
        } else if self.clearing == Some(thread) {
            Some(Call::Clearing)
        } else {
            let mut by_user = self.by_user.iter();
            by_user.find(|(by, _)| *by == thread).map(|(_, call)| *call)
        }
    }
}

/// The calls under way for one device.
#[pin_data]
pub(crate) struct Calls {
    #[pin]
    state: Mutex<State>,
}

/// The address of the current thread's task.
fn this_thread() -> usize {
    Task::current_raw().addr()
}

impl Calls {
    /// None yet.
    pub(crate) fn new() -> impl PinInit<Self> {
        let state = State {
            by_user: KVec::new(),
            open_or_close: None,
            clearing: None,
            wanted: false,
            resets: 0,
        };
        pin_init!(Self {
            state <- new_mutex!(state, "cxl_vfio_pci_calls"),
        })
    }

    /// Runs `run`, which is this call for the user.
    pub(crate) fn during<R>(&self, call: Call, run: impl FnOnce() -> R) -> Result<R> {
        let thread = this_thread();
        self.state.lock().by_user.push((thread, call), GFP_KERNEL)?;
        let result = run();
        let mut state = self.state.lock();
        state.by_user.retain(|(by, _)| *by != thread);
        Ok(result)
    }

    /// Runs `open`, which is [`Call::OpenOrClose`], when nobody else resets the function; `EINTR` if
    /// the process is being killed before that.
    pub(crate) fn during_open<R>(&self, open: impl FnOnce() -> R) -> Result<R> {
        while !self.try_begin() {
            sleep::killable_ms(POLL_MS).inspect_err(|_| self.state.lock().wanted = false)?;
        }
        Ok(self.end_after(open))
    }

    /// Runs `close`, which is [`Call::OpenOrClose`], when nobody else resets the function. Nothing
    /// keeps a device from being closed, so this waits for as long as a reset takes.
    pub(crate) fn during_close<R>(&self, close: impl FnOnce() -> R) -> R {
        while !self.try_begin() {
            sleep::uninterruptible_ms(POLL_MS);
        }
        self.end_after(close)
    }

    /// Runs `reset`, which is [`Call::Clearing`], if no task opens or closes the device now: one that
    /// comes meanwhile waits for it.
    pub(crate) fn try_clearing<R>(&self, reset: impl FnOnce() -> R) -> Option<R> {
        let mut state = self.state.lock();
        if state.open_or_close.is_some() || state.wanted {
            return None;
        }
        state.clearing = Some(this_thread());
        drop(state);
        let result = reset();
        self.state.lock().clearing = None;
        Some(result)
    }

    fn try_begin(&self) -> bool {
        let mut state = self.state.lock();
        let free = state.resets == 0 && state.clearing.is_none();
        state.wanted = !free;
        if free {
            state.open_or_close = Some(this_thread());
        }
        free
    }

    fn end_after<R>(&self, call: impl FnOnce() -> R) -> R {
        let result = call();
        self.state.lock().open_or_close = None;
        result
    }

    /// The PCI core is about to reset the function: waits for what opens or closes it, unless the
    /// reset is part of that. The PCI core resets with the device lock held, for which those do not wait.
    pub(crate) fn begin_reset(&self) {
        while !self.try_begin_reset() {
            sleep::uninterruptible_ms(POLL_MS);
        }
    }

    fn try_begin_reset(&self) -> bool {
        let mut state = self.state.lock();
        match state.of(this_thread()) {
            Some(Call::OpenOrClose | Call::Clearing) => true,
            _ if state.open_or_close.is_some() || state.wanted => false,
            Some(Call::GuestWrite | Call::DeviceReset) | None => {
                state.resets = state.resets.saturating_add(1);
                true
            }
        }
    }

    /// The PCI core has reset the function that [`Calls::begin_reset`] was called for.
    pub(crate) fn end_reset(&self) {
        let mut state = self.state.lock();
        match state.of(this_thread()) {
            Some(Call::OpenOrClose | Call::Clearing) => (),
            Some(Call::GuestWrite | Call::DeviceReset) | None => {
                state.resets = state.resets.saturating_sub(1);
            }
        }
    }

    /// The call that this thread is in.
    pub(crate) fn by_this_thread(&self) -> Option<Call> {
        self.state.lock().of(this_thread())
    }
}
