// SPDX-License-Identifier: GPL-2.0

//! The one answer to whether a device's memory may be touched now.
//!
//! A store to memory that nothing decodes can take the host down, and so can a page that stays
//! mapped while the device is being reset. So every page that is mapped and every byte that is
//! copied goes through [`Gate::enter`], and every event that makes the memory unusable through
//! [`Gate::close`], which returns when nobody is inside and nothing is mapped any more.
//!
//! # Lock rule
//!
//! Two locks protect the window, always taken in this order and never across a copy from or to a
//! user:
//!
//! 1. the core's memory lock, which vfio-pci-core holds exclusively while it resets the function or
//!    changes its power state or Memory Space;
//! 2. the gate's own lock, shared while the window is touched and exclusive while it is opened or
//!    closed. It is needed beside the first because resets from sysfs and AER do not take that one.
//!
//! `close` and `open` are called with or without the first lock, so they never take it.

#![forbid(unsafe_code)]

use crate::{
    device::Passthrough,
    ffi::{
        io::Memory,
        rwsem::RwSem,
        sleep::{
            self,
            Deadline, //
        },
        vfio::{
            Device,
            MemoryLock, //
        },
    },
    hardware::{
        Commit,
        Fault,
        Hardware, //
    },
};
use core::fmt;
use kernel::{
    prelude::*,
    sync::static_lock_class, //
};

/// How long an access waits for a reset to end before it fails.
const RESET_WAIT_MS: u32 = 10_000;

/// Why the memory may not be touched.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nobody has the device open. Entered by bind and close, left by open.
    NotOpen,
    /// The function is being reset. Entered before a reset, left after it.
    Resetting,
    /// Hardware is not what it must be. Entered by open and after a reset, left by the next reset
    /// that brings it back.
    Hardware(Fault),
    /// There was no memory to map the window. Entered and left like [`Reason::Hardware`].
    NoMemory,
    /// The user put the device to sleep.
    LowPower,
    /// The user cleared Memory Space in the command register.
    MemorySpaceDisabled,
    /// An uncorrectable error was reported. Entered by AER, left by the reset that follows.
    Error,
}

impl Reason {
    /// Names of the causes, for counting: one for each way in which the memory may not be touched.
    pub(crate) const CAUSES: [&'static CStr; 13] = [
        c"not open",
        c"resetting",
        c"gone",
        c"asleep",
        c"decoder",
        c"mem disabled",
        c"inactive",
        c"commit failed",
        c"interrupted",
        c"no memory",
        c"low power",
        c"memory space disabled",
        c"error",
    ];

    /// The index of the cause in [`Reason::CAUSES`].
    pub(crate) fn cause(self) -> usize {
        match self {
            Self::NotOpen => 0,
            Self::Resetting => 1,
            Self::Hardware(Fault::Gone) => 2,
            Self::Hardware(Fault::Asleep) => 3,
            Self::Hardware(Fault::Decoder { .. }) => 4,
            Self::Hardware(Fault::MemDisabled { .. }) => 5,
            Self::Hardware(Fault::Inactive { .. }) => 6,
            Self::Hardware(Fault::CommitFailed { .. } | Fault::LockedElsewhere { .. }) => 7,
            Self::Hardware(Fault::Interrupted) => 8,
            Self::Hardware(Fault::ResetFailed { .. }) => 1,
            Self::NoMemory => 9,
            Self::LowPower => 10,
            Self::MemorySpaceDisabled => 11,
            Self::Error => 12,
        }
    }

    /// The name of the cause.
    pub(crate) fn name(self) -> &'static CStr {
        Self::CAUSES
            .get(self.cause())
            .copied()
            .unwrap_or(c"unknown")
    }

    /// What a read or a write returns.
    pub(crate) fn errno(self) -> Error {
        match self {
            Self::Hardware(Fault::Interrupted) => EINTR,
            _ => EIO,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen => f.write_str("the device is not open"),
            Self::Resetting => f.write_str("the device is being reset"),
            Self::Hardware(fault) => fault.fmt(f),
            Self::NoMemory => f.write_str("the window cannot be mapped"),
            Self::LowPower => f.write_str("the user put the device to sleep"),
            Self::MemorySpaceDisabled => f.write_str("PCI Memory Space is disabled"),
            Self::Error => f.write_str("the device reported an uncorrectable error"),
        }
    }
}

/// The state behind the gate's lock.
enum State {
    /// The window may be touched, by way of this mapping for what the kernel copies.
    Open(Memory),
    /// It may not.
    Closed(Reason),
}

/// Where the window is.
#[derive(Copy, Clone)]
pub(crate) struct Window {
    /// What firmware committed, which is what has to be found at every entry.
    pub(crate) commit: Commit,
    /// Whether Memory Space has to be enabled, too.
    pub(crate) needs_memory_space: bool,
}

/// The gate of one device.
#[pin_data]
pub(crate) struct Gate {
    #[pin]
    state: RwSem<State>,
    window: Window,
}

/// What somebody who was let in may use, for as long as the locks are held.
pub(crate) struct Inside<'a> {
    /// The window, for the kernel.
    pub(crate) memory: &'a Memory,
    /// The core's memory lock.
    pub(crate) lock: &'a MemoryLock<'a>,
    /// Whether to insist on Memory Space when a page is mapped.
    pub(crate) needs_memory_space: bool,
}

impl Gate {
    /// Makes a closed gate.
    pub(crate) fn new(window: Window) -> impl PinInit<Self> {
        pin_init!(Self {
            state <- RwSem::new(
                State::Closed(Reason::NotOpen),
                c"cxl_vfio_pci_gate",
                static_lock_class!()
            ),
            window,
        })
    }

    /// The window.
    pub(crate) fn window(&self) -> &Window {
        &self.window
    }

    /// Why the gate is closed; nothing if it is open.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match &*self.state.read() {
            State::Open(_) => None,
            State::Closed(reason) => Some(*reason),
        }
    }

    /// Lets `touch` at the window, if hardware, user and kernel agree that it may be touched. Waits
    /// for a reset in flight to end, for a bounded time and unless the process is being killed.
    pub(crate) fn enter<R>(
        &self,
        device: &Device<Passthrough>,
        hardware: &Hardware,
        touch: impl FnOnce(Inside<'_>) -> R,
    ) -> Result<R, Reason> {
        const POLL_MS: u32 = 5;

        let interrupted = |_| Reason::Hardware(Fault::Interrupted);
        let mut deadline = None;
        loop {
            let lock = device.memory_lock_killable().map_err(interrupted)?;
            let state = self.state.read_killable().map_err(interrupted)?;
            match &*state {
                State::Open(memory) => {
                    self.verify(device, hardware, &lock)?;
                    return Ok(touch(Inside {
                        memory,
                        lock: &lock,
                        needs_memory_space: self.window.needs_memory_space,
                    }));
                }
                State::Closed(Reason::Resetting) => (),
                State::Closed(reason) => return Err(*reason),
            }
            drop(state);
            drop(lock);
            let deadline = deadline.get_or_insert_with(|| Deadline::after_ms(RESET_WAIT_MS));
            if deadline.has_passed() {
                return Err(Reason::Resetting);
            }
            sleep::killable_ms(POLL_MS).map_err(interrupted)?;
        }
    }

    fn verify(
        &self,
        device: &Device<Passthrough>,
        hardware: &Hardware,
        lock: &MemoryLock<'_>,
    ) -> Result<(), Reason> {
        if device.low_power(lock) {
            return Err(Reason::LowPower);
        }
        let memory_space = device.memory_enabled(lock);
        if self.window.needs_memory_space && !memory_space {
            return Err(Reason::MemorySpaceDisabled);
        }
        hardware
            .check(&self.window.commit, memory_space)
            .map_err(Reason::Hardware)
    }

    /// Opens the gate for a device whose hardware was brought to what firmware had committed, or
    /// says why it stays closed.
    pub(crate) fn open(&self, hardware: &Hardware) -> Result<(), Reason> {
        let mut state = self.state.write();
        let opened = hardware
            .restore(&self.window.commit)
            .map_err(Reason::Hardware)
            .and_then(|()| {
                let commit = &self.window.commit;
                Memory::map(commit.base, commit.size).map_err(|_| Reason::NoMemory)
            });
        match opened {
            Ok(memory) => {
                *state = State::Open(memory);
                Ok(())
            }
            Err(reason) => {
                *state = State::Closed(reason);
                Err(reason)
            }
        }
    }

    /// Closes the gate: returns when nobody is inside, no user has a page of the window mapped, and
    /// the kernel has none mapped either. `zap` removes the user mappings.
    pub(crate) fn close(&self, reason: Reason, zap: impl FnOnce()) {
        let mut state = self.state.write();
        let before = core::mem::replace(&mut *state, State::Closed(reason));
        zap();
        drop(before);
    }
}
