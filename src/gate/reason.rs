// SPDX-License-Identifier: GPL-2.0

//! Why the gate is closed.

#![forbid(unsafe_code)]

use crate::hardware::Obstacle;
use core::fmt;
use kernel::prelude::*;

/// Why the memory may not be touched.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nobody has the device open. Entered by bind and close, left by open.
    NotOpen,
    /// The function is being reset, or its power state or Memory Space changes. Entered by hold,
    /// left by release.
    Resetting,
    /// Hardware is not what it must be. Entered by open and release; left by the next release, or
    /// by the next access when it is of the kind that passes.
    Hardware(Obstacle),
    /// There was no memory to map the window. Entered and left like [`Reason::Hardware`].
    NoMemory,
    /// The user put the device to sleep. Entered before it sleeps, left by the access that finds it
    /// awake.
    LowPower,
    /// The user cleared Memory Space in the command register. The gate itself is not closed by it:
    /// every access looks.
    MemorySpaceDisabled,
    /// An uncorrectable error was reported. Entered by AER, left by the reset that follows.
    Error,
    /// The system sleeps. Entered before it does, left by the first access after it.
    Suspended,
}

impl Reason {
    /// Names of the causes, for counting: one for each way in which the memory may not be touched.
    pub(crate) const CAUSES: [&'static CStr; 14] = [
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
        c"suspended",
    ];

    /// The index of the cause in [`Reason::CAUSES`].
    pub(crate) fn cause(self) -> usize {
        match self {
            Self::NotOpen => 0,
            Self::Resetting => 1,
            Self::Hardware(Obstacle::Gone) => 2,
            Self::Hardware(Obstacle::Asleep) => 3,
            Self::Hardware(Obstacle::Decoder { .. }) => 4,
            Self::Hardware(Obstacle::MemDisabled { .. }) => 5,
            Self::Hardware(Obstacle::Inactive { .. }) => 6,
            Self::Hardware(Obstacle::CommitFailed { .. } | Obstacle::LockedElsewhere { .. }) => 7,
            Self::Hardware(Obstacle::Interrupted) => 8,
            Self::Hardware(Obstacle::ResetFailed { .. } | Obstacle::Shared | Obstacle::Busy) => 1,
            Self::NoMemory => 9,
            Self::LowPower => 10,
            Self::MemorySpaceDisabled => 11,
            Self::Error => 12,
            Self::Suspended => 13,
        }
    }

    /// The name of the cause.
    pub(crate) fn name(self) -> &'static CStr {
        Self::CAUSES
            .get(self.cause())
            .copied()
            .unwrap_or(c"unknown")
    }

    /// Whether the memory is lost until the device is bound again.
    pub(crate) fn is_lasting(self) -> bool {
        matches!(self, Self::Hardware(obstacle) if obstacle.is_lasting())
    }

    /// Whether the reason may be gone by itself, so that the next access shall look.
    pub(super) fn may_have_passed(self) -> bool {
        matches!(
            self,
            Self::LowPower
                | Self::Suspended
                | Self::NoMemory
                | Self::Hardware(
                    Obstacle::Asleep
                        | Obstacle::Inactive { .. }
                        | Obstacle::Interrupted
                        | Obstacle::MemDisabled { .. }
                )
        )
    }

    /// What a read or a write returns.
    pub(crate) fn errno(self) -> Error {
        match self {
            Self::Hardware(Obstacle::Interrupted) => EINTR,
            _ => EIO,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen => f.write_str("the device is not open"),
            Self::Resetting => f.write_str("the device is being reset or changes its power state"),
            Self::Hardware(obstacle) => obstacle.fmt(f),
            Self::NoMemory => f.write_str("the window cannot be mapped"),
            Self::LowPower => f.write_str("the user put the device to sleep"),
            Self::MemorySpaceDisabled => f.write_str("PCI Memory Space is disabled"),
            Self::Error => f.write_str("the device reported an uncorrectable error"),
            Self::Suspended => f.write_str("the system sleeps"),
        }
    }
}
