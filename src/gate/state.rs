// SPDX-License-Identifier: GPL-2.0

//! What is behind the gate's lock, and what keeps the gate closed.

#![forbid(unsafe_code)]

use super::{
    ErrorKind,
    Reason, //
};
use crate::{
    ffi::{
        io::Memory,
        sleep::Stamp, //
    },
    hardware::Hardware, //
};
use kernel::{
    dev_err,
    prelude::*, //
};

/// What is behind the gate's lock.
pub(super) struct State {
    /// How many changes of hardware are in flight. The gate is closed while there is one.
    pub(super) holds: u32,
    /// The gate itself.
    pub(super) gate: Position,
    /// The uncorrectable error that no reset has ended yet. It outlasts every other reason to close
    /// the gate.
    pub(super) error: Option<ErrorKind>,
    /// Whether the log has why the memory is lost; until it is not.
    pub(super) reported: bool,
}

/// The position of the gate.
pub(super) enum Position {
    /// The window may be touched, by way of this mapping for what the kernel copies. When hardware
    /// was looked at.
    Open(Memory, Stamp),
    /// It may not.
    Closed(Reason),
}

impl State {
    /// Closes the gate. If nobody has the device open, that stays the reason, so that only an open
    /// ends it. `zap` removes the user mappings. Returns the kernel's mapping, if the gate was open:
    /// it goes after the users', because they take their memory type from it.
    pub(super) fn close(&mut self, reason: Reason, zap: impl FnOnce()) -> Option<Memory> {
        let reason = match self.gate {
            Position::Closed(Reason::NotOpen) => Reason::NotOpen,
            _ => reason,
        };
        let before = core::mem::replace(&mut self.gate, Position::Closed(reason));
        zap();
        match before {
            Position::Open(memory, _) => Some(memory),
            Position::Closed(_) => None,
        }
    }

    /// Whether the gate may be opened while this many hold it.
    pub(super) fn may_open(&mut self, holds: u32) -> Result<(), Reason> {
        if let Position::Closed(Reason::NotOpen) = self.gate {
            return Err(Reason::NotOpen);
        }
        if self.holds != holds {
            return Err(Reason::Resetting);
        }
        if self.error.is_some() {
            self.gate = Position::Closed(Reason::Error);
            return Err(Reason::Error);
        }
        Ok(())
    }

    /// Says in the log what needs an administrator. A guest can have the same found again and again.
    pub(super) fn report(&mut self, hardware: &Hardware, opened: Result<(), Reason>) {
        let lost = match opened {
            Ok(()) => {
                self.reported = false;
                return;
            }
            Err(Reason::Hardware(obstacle)) if obstacle.is_lasting() => obstacle,
            Err(_) => return,
        };
        if !core::mem::replace(&mut self.reported, true) {
            dev_err!(
                hardware.pdev(),
                "device memory is out of reach until a reset brings it back: {}\n",
                format_args!("{lost}")
            );
        }
    }
}
