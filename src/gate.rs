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
//! user, nor while waiting for hardware that may take long:
//!
//! 1. the core's memory lock, which vfio-pci-core holds exclusively while it resets the function or
//!    changes its power state or Memory Space;
//! 2. the gate's own lock, shared while the window is touched and exclusive while it is opened or
//!    closed. It is needed beside the first because resets from sysfs and AER do not take that one.
//!
//! Error recovery comes with the PCI core's lock of its bus list held, which vfio-pci-core may wait
//! for with the first lock held. So a handler that it calls closes the gate, and does not wait for
//! the first lock.
//!
//! [`Gate::hold`], [`Gate::release`], [`Gate::open_unless_held`] and [`Gate::close`] are called with or without
//! the first lock, so they never take it. The session's lock comes after both.
//!
//! A reset may hold the first lock for a minute, and a task that wants to touch the window waits for it
//! with locks of user space's own. So [`Gate::enter`] only tries to take it, for a bounded time. With none
//! of these locks it waits for a function that wakes up, which takes the first for a moment.
//!
//! # Holding
//!
//! What changes hardware brackets the change by `hold` and `release`. In between nobody opens the
//! gate, whatever else happens; accesses wait, for a bounded time. Brackets may overlap. The first one
//! flushes, the last one puts back what was lost, and `hold` waits for that: whoever has begun to change
//! hardware finds nobody at the registers.
//!
//! What takes long is done inside such a bracket and outside the gate's lock: flushing the CPUs'
//! caches before hardware changes, restoring it after, and dropping what the caches still have. An
//! error closes the gate meanwhile without waiting. A change that begins and ends while the last
//! bracket drops lines was not the last: that bracket puts back what it changed, too.
//!
//! # Looking
//!
//! A device may lose its decoder or disappear without a word. So each access looks at hardware,
//! unless another one has done so in the same tick of the kernel: reads are slow, and a user who touches
//! much comes often. In which tick that was is kept with the gate's open position and goes
//! with it, and nothing opens the gate but a look at everything.

#![forbid(unsafe_code)]

mod enter;
mod error;
mod reason;
mod state;

pub(crate) use self::{
    enter::Inside,
    error::{
        ErrorKind,
        Scope, //
    },
    reason::{
        Cause,
        Reason, //
    },
};

use self::state::{
    Position,
    State, //
};
use crate::{
    ffi::{
        io::Memory,
        ops::Operations,
        rwsem::RwSem,
        sleep::{
            self,
            Stamp, //
        },
        vfio::Device, //
    },
    hardware::{
        Commit,
        Hardware, //
    },
};
use core::ops::Range;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        static_lock_class,
        Mutex, //
    },
};

/// The gate of one device.
#[pin_data]
pub(crate) struct Gate {
    #[pin]
    state: RwSem<State>,
    /// Held while the last hold puts back what was lost, and while the first flushes. It comes after the
    /// gate's lock, and is taken with it by these, so that no other hold comes in between.
    #[pin]
    at_registers: Mutex<()>,
    /// What firmware committed, which is what has to be found at every entry.
    commit: Commit,
    /// Whether the user has to have Memory Space enabled, too. If not, hardware has it enabled as long
    /// as the gate is open.
    needs_memory_space: bool,
    /// How many tasks flush or drop what the CPUs' caches hold of the window: by a way that takes as
    /// long as the window is large, so accesses wait for it without a bound.
    flushing: Atomic<u32>,
    /// How many changes of hardware have begun. An access waits for each of them.
    changes: Atomic<u32>,
}

/// A change of hardware, by its number.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) struct Change(u32);

impl Gate {
    /// Makes a closed gate.
    pub(crate) fn new(commit: Commit, needs_memory_space: bool) -> impl PinInit<Self> {
        pin_init!(Self {
            state <- RwSem::new(
                State {
                    holds: 0,
                    gate: Position::Closed(Reason::NotOpen),
                    error: None,
                    reported: false,
                },
                c"cxl_vfio_pci_gate",
                static_lock_class!()
            ),
            at_registers <- new_mutex!((), "cxl_vfio_pci_at_registers"),
            commit,
            needs_memory_space,
            flushing: Atomic::new(0),
            changes: Atomic::new(0),
        })
    }

    /// Runs `flush` outside the gate's lock: an error closes the gate meanwhile.
    fn while_flushing<R>(&self, flush: impl FnOnce() -> R) -> R {
        self.flushing.fetch_add(1, Relaxed);
        let result = flush();
        self.flushing.fetch_sub(1, Relaxed);
        result
    }

    /// What firmware committed.
    pub(crate) fn commit(&self) -> &Commit {
        &self.commit
    }

    /// Why the gate is closed; nothing if it is open.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match &self.state.read().gate {
            Position::Open(..) => None,
            Position::Closed(reason) => Some(*reason),
        }
    }

    /// Opens the gate, if nobody holds it and hardware is what firmware had made it, after what was
    /// lost was put back; or keeps it closed, and says why. A task that holds the gate now does it
    /// later. `arrive` is what [`Gate::release`] does.
    pub(crate) fn open_unless_held<T: Operations>(
        &self,
        device: &Device<T>,
        hardware: &Hardware,
        arrive: impl Fn(&Memory),
    ) -> Result<(), Reason> {
        let mut state = self.state.write();
        match state.gate {
            Position::Open(..) => return Ok(()),
            // The last task that holds it opens it.
            Position::Closed(_) => state.gate = Position::Closed(Reason::Resetting),
        }
        if state.holds != 0 {
            return Ok(());
        }
        state.holds = 1;
        drop(state);
        match self.release(device, hardware, arrive) {
            Err(Reason::Resetting) => Ok(()),
            opened => opened,
        }
    }

    /// Lets `clear` at a part of the memory while it is decoded and nobody changes hardware, whether or
    /// not a user has the device open: users have none of it mapped before all of it is clear.
    pub(crate) fn clear(
        &self,
        hardware: &Hardware,
        part: Range<u64>,
        clear: impl FnOnce(&Memory),
    ) -> Result<(), Reason> {
        let state = self.state.read();
        if state.holds != 0 {
            return Err(Reason::Resetting);
        }
        if state.error.is_some() {
            return Err(Reason::Error);
        }
        let cleared = hardware.while_decoding(&self.commit, || {
            let start = self.commit.base.saturating_add(part.start);
            Memory::map(start, part.end.saturating_sub(part.start)).map(|memory| clear(&memory))
        });
        Ok(cleared.map_err(Reason::Hardware)??)
    }

    /// Runs `look` at registers while no task changes hardware, and keeps all from beginning to;
    /// nothing if one does.
    pub(crate) fn unless_held<R>(&self, look: impl FnOnce() -> R) -> Option<R> {
        let state = self.state.read();
        (state.holds == 0).then(look)
    }

    /// Runs `look` likewise, once the task is done that changes hardware now; nothing if the process is
    /// being killed before: it leaves that to the reset at close. Not for a task that holds the gate, or
    /// that such a task waits for.
    pub(crate) fn once_not_held<R>(&self, look: impl Fn() -> R) -> Option<R> {
        const POLL_MS: u32 = 5;

        loop {
            if let Some(result) = self.unless_held(&look) {
                return Some(result);
            }
            sleep::wait_killable_ms(POLL_MS).ok()?;
        }
    }

    /// Runs `resume` while nobody but the caller holds the gate, and keeps all others from beginning to.
    pub(crate) fn unless_others_hold(&self, resume: impl FnOnce()) {
        let state = self.state.read();
        if state.holds <= 1 {
            resume();
        }
    }

    /// Puts back what was lost, if nobody holds it but the caller: another task may be resetting the
    /// function, and its registers are not ours then.
    pub(crate) fn restore(&self, hardware: &Hardware) -> Result<(), Reason> {
        let state = self.state.read();
        if state.holds != 1 {
            return Err(Reason::Resetting);
        }
        let _at_registers = self.at_registers.lock();
        drop(state);
        hardware.restore(&self.commit).map_err(Reason::Hardware)
    }

    /// Runs `change` while nobody is inside.
    pub(crate) fn with_nobody_inside(&self, change: impl FnOnce()) {
        let _state = self.state.write();
        change();
    }

    /// Closes the gate: returns when nobody is inside, no user has a page of the window mapped, and
    /// the kernel has none mapped either. `zap` removes the user mappings.
    pub(crate) fn close(&self, reason: Reason, zap: impl FnOnce()) {
        let _memory = self.state.write().close(reason, zap);
    }

    /// Closes the gate as [`Gate::close`] does, and keeps it closed until the matching
    /// [`Gate::release`] or [`Gate::leave_closed`]. If it was open, `flush` gets the kernel's mapping
    /// for the last time, after nobody is inside and no user has a page mapped; then no other change
    /// was under way, and this returns what [`Gate::is_latest`] knows this one by.
    pub(crate) fn hold(&self, zap: impl FnOnce(), flush: impl FnOnce(&Memory)) -> Option<Change> {
        let mut state = self.state.write();
        state.holds = state.holds.saturating_add(1);
        self.changes.fetch_add(1, Relaxed);
        let change = self.latest(&state);
        let memory = state.close(Reason::Resetting, zap);
        let Some(memory) = memory else {
            drop(state);
            drop(self.at_registers.lock());
            return None;
        };
        // The gate was open, so nobody has it for long.
        let _at_registers = self.at_registers.lock();
        drop(state);
        self.while_flushing(|| flush(&memory));
        Some(change)
    }

    /// The change of hardware that began last. None begins while the lock is held.
    fn latest(&self, _state: &State) -> Change {
        Change(self.changes.load(Relaxed))
    }

    /// Whether no change of hardware has begun since this one.
    pub(crate) fn is_latest(&self, change: Change) -> bool {
        self.latest(&self.state.read()) == change
    }

    /// Closes the gate because of an uncorrectable error of which nothing is known yet. Whether it was open.
    pub(crate) fn fail(&self, zap: impl FnOnce()) -> bool {
        let mut state = self.state.write();
        let error = state
            .error
            .map_or(ErrorKind::Unknown, |before| before.and(ErrorKind::Unknown));
        state.error = Some(error);
        state.close(Reason::Error, zap).is_some()
    }

    /// The uncorrectable error that no reset has ended yet.
    pub(crate) fn error(&self) -> Option<ErrorKind> {
        self.state.read().error
    }

    /// Says what an error turned out to be that [`Gate::fail`] closed the gate for.
    pub(crate) fn identify_error(&self, error: ErrorKind) {
        let mut state = self.state.write();
        state.error = state.error.map(|before| before.and(error));
    }

    /// A reset of this scope took place. It does not open the gate by itself.
    pub(crate) fn end_error(&self, scope: Scope) {
        let mut state = self.state.write();
        state.error = state.error.filter(|error| !error.is_ended_by(scope));
    }

    /// Ends what [`Gate::hold`] began, and leaves the gate closed.
    pub(crate) fn leave_closed(&self, reason: Reason) {
        let mut state = self.state.write();
        state.holds = state.holds.saturating_sub(1);
        let _memory = state.close(reason, || ());
    }

    /// Ends what [`Gate::hold`] began, and opens the gate again if a user has the device open and
    /// nobody else holds it: after what was lost was put back, and `arrive` made of the memory what
    /// may be shown. Both run in the last hold, and outside the gate's lock; once more if another one
    /// came and went meanwhile. It stays closed if the user has put the function to sleep, to which it
    /// goes back after whatever was done to it.
    pub(crate) fn release<T: Operations>(
        &self,
        device: &Device<T>,
        hardware: &Hardware,
        arrive: impl Fn(&Memory),
    ) -> Result<(), Reason> {
        let (mut state, found) = loop {
            let mut state = self.state.write();
            if let Err(reason) = state.may_open(1) {
                state.holds = state.holds.saturating_sub(1);
                return Err(reason);
            }
            if device.is_put_to_sleep() {
                state.holds = state.holds.saturating_sub(1);
                state.gate = Position::Closed(Reason::LowPower);
                return Err(Reason::LowPower);
            }
            let latest = self.latest(&state);
            let at_registers = self.at_registers.lock();
            drop(state);
            let found = self.put_back(hardware);
            drop(at_registers);
            let found = found.inspect(|memory| self.while_flushing(|| arrive(memory)));

            let state = self.state.write();
            if state.holds != 1 || self.latest(&state) == latest {
                break (state, found);
            }
        };
        state.holds = state.holds.saturating_sub(1);
        state.may_open(0)?;
        let (position, result) = match found {
            Ok(memory) => (Position::Open(memory, Stamp::never()), Ok(())),
            Err(reason) => (Position::Closed(reason), Err(reason)),
        };
        state.gate = position;
        state.report(hardware, result);
        result
    }

    /// Makes hardware what it has to be for the gate to open, and maps the memory. In the last hold, with
    /// `at_registers`.
    fn put_back(&self, hardware: &Hardware) -> Result<Memory, Reason> {
        let _awake = hardware.stay_awake().map_err(Reason::Hardware)?;
        if !self.needs_memory_space {
            hardware.enable_memory_space();
        }
        hardware.restore(&self.commit).map_err(Reason::Hardware)?;
        Ok(Memory::map(self.commit.base, self.commit.size)?)
    }
}
