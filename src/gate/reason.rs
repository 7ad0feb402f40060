// SPDX-License-Identifier: GPL-2.0

//! Why the gate is closed.

#![forbid(unsafe_code)]

use crate::{
    ffi::io::Unmapped,
    hardware::Obstacle,
    named::named, //
};
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
    /// The kernel maps the window, but not write-back, as with an MTRR that says otherwise. Entered and
    /// left like [`Reason::Hardware`].
    NotWriteBack,
    /// The user put the device to sleep. Entered before it sleeps, left by the access that finds it
    /// awake.
    LowPower,
    /// The user cleared Memory Space in the command register. Entered when that is done, left when it
    /// is set again. A gate that is opened meanwhile is not closed by it: every access asks.
    MemorySpaceDisabled,
    /// An uncorrectable error was reported. Entered by AER, left by a reset that reaches what failed.
    Error,
    /// The system sleeps. Entered before it does, left by the first access after it.
    Suspended,
}

named! {
    /// The causes that are counted and traced: one for each way in which the memory may not be
    /// touched.
    enum Cause {
        NotOpen => c"not open",
        Resetting => c"resetting",
        Gone => c"gone",
        Asleep => c"asleep",
        BarLost => c"bar lost",
        Decoder => c"decoder",
        MemDisabled => c"mem disabled",
        Inactive => c"inactive",
        CommitFailed => c"commit failed",
        Interrupted => c"interrupted",
        NoMemory => c"no memory",
        NotWriteBack => c"not write-back",
        NotCleared => c"not cleared",
        LowPower => c"low power",
        MemorySpaceDisabled => c"memory space disabled",
        Error => c"error",
        Suspended => c"suspended",
    }
}

impl Reason {
    /// What it is counted as.
    pub(crate) fn cause(self) -> Cause {
        match self {
            Self::NotOpen => Cause::NotOpen,
            Self::Resetting => Cause::Resetting,
            Self::Hardware(obstacle) => match obstacle {
                Obstacle::Gone => Cause::Gone,
                Obstacle::Asleep => Cause::Asleep,
                Obstacle::BarLost { .. } => Cause::BarLost,
                Obstacle::Decoder { .. } => Cause::Decoder,
                Obstacle::MemDisabled { .. } => Cause::MemDisabled,
                Obstacle::Inactive { .. } => Cause::Inactive,
                Obstacle::CommitFailed { .. } | Obstacle::LockedElsewhere { .. } => {
                    Cause::CommitFailed
                }
                Obstacle::Interrupted => Cause::Interrupted,
                Obstacle::ResetFailed { .. }
                | Obstacle::CxlDisabled { .. }
                | Obstacle::Shared
                | Obstacle::Busy => Cause::Resetting,
                Obstacle::NotClearing
                | Obstacle::NotFlushed
                | Obstacle::NoCpuClears
                | Obstacle::NotStopped => Cause::NotCleared,
            },
            Self::NoMemory => Cause::NoMemory,
            Self::NotWriteBack => Cause::NotWriteBack,
            Self::LowPower => Cause::LowPower,
            Self::MemorySpaceDisabled => Cause::MemorySpaceDisabled,
            Self::Error => Cause::Error,
            Self::Suspended => Cause::Suspended,
        }
    }

    /// Whether the memory is lost until another reset.
    pub(crate) fn is_lasting(self) -> bool {
        matches!(self, Self::Hardware(obstacle) if obstacle.is_lasting())
    }

    /// Whether the reason may be gone by itself, so that the next access shall look.
    pub(super) fn may_have_passed(self) -> bool {
        matches!(
            self,
            Self::LowPower
                | Self::MemorySpaceDisabled
                | Self::Suspended
                | Self::NoMemory
                | Self::NotWriteBack
                | Self::Hardware(
                    Obstacle::Asleep
                        | Obstacle::BarLost { .. }
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

impl From<Unmapped> for Reason {
    fn from(unmapped: Unmapped) -> Self {
        match unmapped {
            Unmapped::NoMemory => Self::NoMemory,
            Unmapped::NotWriteBack => Self::NotWriteBack,
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
            Self::NotWriteBack => f.write_str(
                "the kernel does not map the window write-back: an MTRR or another mapping says \
                 otherwise",
            ),
            Self::LowPower => f.write_str("the user put the device to sleep"),
            Self::MemorySpaceDisabled => f.write_str("PCI Memory Space is disabled"),
            Self::Error => f.write_str(
                "the device reported an uncorrectable error, which no reset has ended yet",
            ),
            Self::Suspended => f.write_str("the system sleeps"),
        }
    }
}
