// SPDX-License-Identifier: GPL-2.0

//! What hardware says against touching the memory.

#![forbid(unsafe_code)]

use core::fmt;
use kernel::prelude::*;

/// Why the memory must not be touched, as hardware says.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// Configuration space reads all-ones, or the PCI core knows that nothing answers.
    Gone,
    /// The function is not in D0.
    Asleep,
    /// The BAR with the registers is not where it was at bind.
    BarLost {
        /// Its number.
        bar: u8,
    },
    /// The decoder does not decode, or something else than at bind.
    Decoder {
        /// Its control register.
        control: u32,
    },
    /// CXL.mem is disabled.
    MemDisabled {
        /// The DVSEC's control register.
        control: u16,
    },
    /// The memory is not ready.
    Inactive {
        /// The low dword of the DVSEC's size of range 1.
        range: u32,
    },
    /// A decoder could not be committed again.
    CommitFailed {
        /// Its control register.
        control: u32,
    },
    /// A locked decoder came back with another configuration.
    LockedElsewhere {
        /// Its control register.
        control: u32,
        /// Where it decodes now.
        base: u64,
    },
    /// A CXL Reset or a write-back failed, or did not end in time.
    ResetFailed {
        /// The DVSEC's second status register.
        status: u16,
    },
    /// Neither CXL.cache nor CXL.mem is enabled, so that there is nothing for a CXL Reset to reset.
    CxlDisabled {
        /// The DVSEC's control register.
        control: u16,
    },
    /// A CXL Reset, or one of the bus, would hit another function that has a driver.
    Shared,
    /// The device does not clear its memory, and nobody else may.
    NotClearing,
    /// The device has cleared its memory, but what the CPUs' caches have of it may be written back over that.
    NotFlushed,
    /// The CPUs of this machine cannot clear memory.
    NoCpuClears,
    /// Nothing stops the device for certain, so that it may write to what was just cleared.
    NotStopped,
    /// The device is being reset or unbound right now.
    Busy,
    /// A fatal signal ended the wait.
    Interrupted,
}

impl Obstacle {
    /// Whether it lasts until another reset.
    pub(crate) fn is_lasting(self) -> bool {
        matches!(
            self,
            Self::Decoder { .. } | Self::CommitFailed { .. } | Self::LockedElsewhere { .. }
        )
    }

    /// The error number for it.
    pub(crate) fn errno(self) -> Error {
        match self {
            Self::Gone => ENODEV,
            Self::Interrupted => EINTR,
            Self::Inactive { .. } => ETIMEDOUT,
            Self::Shared | Self::CxlDisabled { .. } => EBUSY,
            Self::NotClearing | Self::NoCpuClears | Self::NotStopped => EOPNOTSUPP,
            Self::NotFlushed | Self::Busy => EAGAIN,
            Self::ResetFailed { status } if status & super::bit::RESET_ERROR == 0 => ETIMEDOUT,
            _ => EIO,
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Gone => f.write_str("the device does not answer"),
            Self::Asleep => f.write_str("the device is not in D0"),
            Self::BarLost { bar } => {
                write!(
                    f,
                    "BAR {bar} is not where it was at bind: something reset the device and put nothing back"
                )
            }
            Self::Decoder { control } => {
                write!(
                    f,
                    "decoder 0 does not decode what it did at bind (ctrl {control:#x})"
                )
            }
            Self::MemDisabled { control } => {
                write!(f, "Mem_Enable is clear (DVSEC control {control:#06x})")
            }
            Self::Inactive { range } => {
                write!(
                    f,
                    "the memory is not active (range 1 size low {range:#010x})"
                )
            }
            Self::CommitFailed { control } => {
                write!(f, "decoder 0 does not commit again (ctrl {control:#x})")
            }
            Self::LockedElsewhere { control, base } => {
                write!(
                    f,
                    "decoder 0 is locked with another configuration (ctrl {control:#x}, base \
                     {base:#x})"
                )
            }
            Self::ResetFailed { status } => {
                write!(
                    f,
                    "CXL reset or write-back failed (DVSEC status2 {status:#06x})"
                )
            }
            Self::CxlDisabled { control } => {
                write!(
                    f,
                    "CXL.cache and CXL.mem are disabled (DVSEC control {control:#06x})"
                )
            }
            Self::Shared => {
                f.write_str("another function, which its reset would hit, has a driver")
            }
            Self::NotClearing => {
                f.write_str("its CXL reset does not clear memory, and clear_memory=device")
            }
            Self::NotFlushed => f.write_str(
                "what the CPUs' caches have of it could not be written back before its CXL reset",
            ),
            Self::NoCpuClears => {
                f.write_str("the kernel cannot write back what its CPUs clear (no PMEM API)")
            }
            Self::NotStopped => f.write_str(
                "nothing is certain to stop the device before: it has no CXL reset, and its bus cannot be \
                 reset",
            ),
            Self::Busy => f.write_str("the device is being reset or unbound"),
            Self::Interrupted => f.write_str("interrupted by a signal"),
        }
    }
}
