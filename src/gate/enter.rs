// SPDX-License-Identifier: GPL-2.0

//! An access on its way in: whether hardware, user and kernel agree that it may touch the window now,
//! and what it waits for.

#![forbid(unsafe_code)]

use super::{
    Gate,
    Position,
    Reason,
    State, //
};
use crate::{
    ffi::{
        io::Memory,
        ops::Operations,
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
        Hardware,
        Obstacle, //
    },
};
use kernel::{
    prelude::*,
    sync::atomic::Relaxed, //
};

/// How long an access waits for a change of hardware to end before it fails.
const HOLD_WAIT_MS: u32 = 10_000;

/// Why an access ends whose process is being killed.
const INTERRUPTED: Reason = Reason::Hardware(Obstacle::Interrupted);

/// Why an access was not let in at once.
enum Found {
    /// Hardware is being changed.
    Held(Reason),
    /// Hardware is not what it was when the gate was opened.
    Changed(Reason),
    /// The gate is closed.
    Closed(Reason),
    /// The user has no right to the window now, or is being killed.
    Refused(Reason),
}

/// What an access that was let in may use, for as long as the locks are held.
pub(crate) struct Inside<'a> {
    /// The window, for the kernel.
    pub(crate) memory: &'a Memory,
    /// The core's memory lock.
    pub(crate) lock: &'a MemoryLock<'a>,
    /// Whether to insist on Memory Space when a page is mapped.
    pub(crate) needs_memory_space: bool,
    /// Whether this access looked at hardware.
    pub(crate) looked: bool,
}

impl Gate {
    /// Lets `touch` at the window, if hardware, user and kernel agree that it may be touched. Waits
    /// for a change of hardware in flight to end and for memory that is not ready yet: for a
    /// bounded time, and unless the process is being killed. Hardware that turns out not to be as it
    /// was closes the gate for everybody; `zap` is what [`Gate::close`] needs for that, and `arrive`
    /// what [`Gate::release`] does.
    pub(crate) fn enter<T: Operations, R, F: FnOnce(Inside<'_>) -> R>(
        &self,
        device: &Device<T>,
        hardware: &Hardware,
        zap: impl Fn(),
        arrive: impl Fn(&Memory),
        mut touch: F,
    ) -> Result<R, Reason> {
        let mut deadline = None;
        let mut changes = None;
        loop {
            let found;
            (found, touch) = match self.look(device, hardware, touch) {
                Ok(result) => return Ok(result),
                Err(not_let_in) => not_let_in,
            };
            let before = changes.replace(self.changes.load(Relaxed));
            if changes != before || self.flushing.load(Relaxed) != 0 {
                deadline = None;
            }
            let deadline = deadline.get_or_insert_with(|| Deadline::after_ms(HOLD_WAIT_MS));
            self.wait(
                device,
                found,
                deadline.has_passed(),
                hardware,
                &zap,
                &arrive,
            )?;
        }
    }

    /// Lets `touch` at the window, or gives it back with what is in the way now.
    fn look<T: Operations, R, F: FnOnce(Inside<'_>) -> R>(
        &self,
        device: &Device<T>,
        hardware: &Hardware,
        touch: F,
    ) -> Result<R, (Found, F)> {
        let Some(lock) = device.try_memory_lock() else {
            // A task that changes hardware has it, and is about to hold the gate or has done so.
            return Err((Found::Held(Reason::Resetting), touch));
        };
        let Ok(state) = self.state.read_killable() else {
            return Err((Found::Refused(INTERRUPTED), touch));
        };
        match self.find(device, hardware, &lock, &state) {
            Ok((memory, looked)) => Ok(touch(Inside {
                memory,
                lock: &lock,
                needs_memory_space: self.needs_memory_space,
                looked,
            })),
            Err(found) => Err((found, touch)),
        }
    }

    /// The kernel's mapping of the window, if it may be touched now, and whether hardware was looked
    /// at for that.
    fn find<'a, T: Operations>(
        &self,
        device: &Device<T>,
        hardware: &Hardware,
        lock: &MemoryLock<'_>,
        state: &'a State,
    ) -> Result<(&'a Memory, bool), Found> {
        match &state.gate {
            Position::Open(memory, looked) => {
                self.refuses_user(device, lock).map_err(Found::Refused)?;
                let look = || {
                    let decodes_bars = !self.needs_memory_space || device.memory_enabled(lock);
                    hardware.look(&self.commit, decodes_bars)
                };
                // Of those who come in the same tick one looks, and the others wait for that.
                let looked = looked.is_due()
                    && hardware
                        .alone(|| looked.once_in_a_tick(look))
                        .map_err(|obstacle| Found::Changed(Reason::Hardware(obstacle)))?;
                Ok((memory, looked))
            }
            Position::Closed(reason) if state.holds != 0 => Err(Found::Held(*reason)),
            Position::Closed(reason) => {
                if reason.may_have_passed() {
                    self.refuses_user(device, lock).map_err(Found::Refused)?;
                }
                Err(Found::Closed(*reason))
            }
        }
    }

    /// Waits for what is in the way, or removes it; or says that it stays, if it is `late`. Called
    /// without a lock.
    fn wait<T: Operations>(
        &self,
        device: &Device<T>,
        found: Found,
        late: bool,
        hardware: &Hardware,
        zap: impl FnOnce(),
        arrive: impl Fn(&Memory),
    ) -> Result<(), Reason> {
        const POLL_MS: u32 = 5;

        match found {
            Found::Held(_) if !late => sleep::killable_ms(POLL_MS).map_err(|_| INTERRUPTED),
            Found::Changed(reason) if !late => {
                self.close(reason, zap);
                let _awake = device.wake_up();
                self.open_unless_held(device, hardware, arrive)
            }
            Found::Closed(reason) if !late && reason.may_have_passed() => {
                // A moment ago its user did not want it to sleep.
                let _awake = device.wake_up();
                hardware.wait_active().map_err(Reason::Hardware)?;
                self.open_unless_held(device, hardware, arrive)
            }
            Found::Held(reason)
            | Found::Changed(reason)
            | Found::Closed(reason)
            | Found::Refused(reason) => Err(reason),
        }
    }

    /// Whether the user has the function so that nobody may enter, and why.
    pub(crate) fn refuses_user<T: Operations>(
        &self,
        device: &Device<T>,
        lock: &MemoryLock<'_>,
    ) -> Result<(), Reason> {
        if device.low_power(lock) {
            return Err(Reason::LowPower);
        }
        if self.needs_memory_space && !device.memory_enabled(lock) {
            return Err(Reason::MemorySpaceDisabled);
        }
        Ok(())
    }
}
