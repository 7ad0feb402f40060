// SPDX-License-Identifier: GPL-2.0

//! What stands against passing a device's memory through: each fact with the error number that
//! binding fails with, and the sentence that names it in the kernel log.
//!
//! No two facts share a number, so that it tells them apart where only the number is seen.
//! Documentation/binding.md says what to do about each.

#![forbid(unsafe_code)]

use crate::{
    ffi::{
        cxl::HostRange,
        vfio::REGION_LEN, //
    },
    hardware::{
        Commit,
        Obstacle, //
    },
};
use core::fmt;
use cxl_regs::Unfit;
use kernel::{
    alloc::AllocError,
    prelude::*, //
};

/// A fact that stands against a device.
pub(crate) enum Refusal {
    /// There is no Register Locator DVSEC.
    NoLocator,
    /// The Register Locator DVSEC does not lead to one component register block.
    Locator(Unfit),
    /// The component register block is in a BAR that is not there, or is no memory.
    NoBar {
        /// The BAR's number.
        bar: u8,
    },
    /// The component register block leaves its BAR.
    OutsideBar(Unfit),
    /// The capabilities of the component register block cannot be told.
    Capabilities(Unfit),
    /// There is no HDM Decoder Capability.
    NoDecoders,
    /// The capabilities overlap, or leave the component register block.
    Placement(Unfit),
    /// The decoders' registers contradict themselves or the specification.
    Decoders(Unfit),
    /// Decoder 0 is free.
    NotCommitted {
        /// Its control register.
        control: u32,
    },
    /// Another decoder decodes, too.
    SecondWindow {
        /// Its number.
        decoder: usize,
    },
    /// Decoder 0 decodes memory that only the host may cache.
    HostOnly {
        /// Its control register.
        control: u32,
    },
    /// Decoder 0 decodes a part of a window that is shared with other devices.
    Interleaved {
        /// Its control register.
        control: u32,
    },
    /// Decoders are committed, but switched off as a whole.
    DecodersDisabled {
        /// The global control register.
        control: u32,
    },
    /// The window is larger than what the offsets of a device's file can address.
    TooLarge {
        /// Its size.
        size: u64,
    },
    /// The function does not answer, does not know its size in time, or the wait was interrupted.
    Hardware(Obstacle),
    /// The CXL Device DVSEC contradicts itself or the specification.
    Dvsec(Unfit),
    /// A decoder is committed, but CXL.mem is disabled.
    MemDisabled {
        /// The DVSEC's control register.
        control: u16,
    },
    /// cxl-core does not adopt the device.
    NoPath(Error),
    /// cxl-core found the memory at another place than the decoder has it.
    Elsewhere {
        /// Where cxl-core found it.
        found: HostRange,
        /// Where the decoder has it.
        commit: Commit,
    },
    /// A part of the memory belongs to another driver.
    InUse(HostRange),
    /// The kernel lacks something that has nothing to do with CXL, memory above all.
    Kernel(Error),
}

impl Refusal {
    /// The error number that binding fails with.
    pub(crate) fn errno(&self) -> Error {
        match self {
            Self::NoLocator => ENOENT,
            Self::Locator(_) => EBADMSG,
            Self::NoBar { .. } => EADDRNOTAVAIL,
            Self::OutsideBar(_) => ERANGE,
            Self::Capabilities(_) => EBADR,
            Self::NoDecoders => ENODATA,
            Self::Placement(_) => EOVERFLOW,
            Self::Decoders(_) => EINVAL,
            Self::NotCommitted { .. } => ENXIO,
            Self::SecondWindow { .. } => EOPNOTSUPP,
            Self::HostOnly { .. } => EPROTOTYPE,
            Self::Interleaved { .. } => EDOM,
            Self::DecodersDisabled { .. } => ENOTCONN,
            Self::TooLarge { .. } => EFBIG,
            Self::Hardware(Obstacle::Gone) => ENODEV,
            Self::Hardware(Obstacle::Inactive { .. }) => ETIMEDOUT,
            Self::Hardware(Obstacle::Interrupted) => EINTR,
            Self::Hardware(obstacle) => obstacle.errno(),
            Self::Dvsec(_) => EPROTO,
            Self::MemDisabled { .. } => EACCES,
            Self::NoPath(_) => EHOSTUNREACH,
            Self::Elsewhere { .. } => EREMCHG,
            Self::InUse(_) => EBUSY,
            Self::Kernel(error) => *error,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Kernel(error)
    }
}

impl From<AllocError> for Refusal {
    fn from(error: AllocError) -> Self {
        Self::Kernel(error.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLocator => f.write_str("there is no register locator DVSEC"),
            Self::Locator(unfit)
            | Self::OutsideBar(unfit)
            | Self::Capabilities(unfit)
            | Self::Placement(unfit)
            | Self::Decoders(unfit)
            | Self::Dvsec(unfit) => unfit.fmt(f),
            Self::NoBar { bar } => {
                write!(f, "register locator names BAR {bar}, which is no memory")
            }
            Self::NoDecoders => f.write_str("there is no HDM decoder capability"),
            Self::NotCommitted { control } => {
                write!(
                    f,
                    "decoder 0 is not committed (ctrl {control:#x}): firmware gave the device no \
                     memory window"
                )
            }
            Self::SecondWindow { decoder } => {
                write!(
                    f,
                    "decoder {decoder} is committed, too: only one window can be passed through"
                )
            }
            Self::HostOnly { control } => {
                write!(
                    f,
                    "decoder 0 is host-only (ctrl {control:#x}): not a device-coherent window"
                )
            }
            Self::Interleaved { control } => {
                write!(
                    f,
                    "decoder 0 is interleaved (ctrl {control:#x}): the window is not this \
                     device's alone"
                )
            }
            Self::DecodersDisabled { control } => {
                write!(
                    f,
                    "decoder 0 is committed, but HDM decoding is disabled (global ctrl \
                     {control:#x})"
                )
            }
            Self::TooLarge { size } => {
                write!(
                    f,
                    "decoder 0 has {size:#x} bytes: the device's file cannot address more than \
                     {REGION_LEN:#x} of a region"
                )
            }
            Self::Hardware(obstacle) => obstacle.fmt(f),
            Self::MemDisabled { control } => {
                write!(
                    f,
                    "decoder 0 is committed, but Mem_Enable is clear (DVSEC control \
                     {control:#06x})"
                )
            }
            Self::NoPath(error) => {
                write!(
                    f,
                    "cxl-core finds no way to its memory (error {})",
                    error.to_errno()
                )
            }
            Self::Elsewhere { found, commit } => {
                write!(
                    f,
                    "cxl-core has its memory at {:#x}, size {:#x}, and decoder 0 at {:#x}, size \
                     {:#x}",
                    found.start, found.len, commit.base, commit.size
                )
            }
            Self::InUse(HostRange { start, len }) => {
                write!(f, "memory {start:#x}, size {len:#x}, is in use")
            }
            Self::Kernel(error) => write!(f, "the kernel failed (error {})", error.to_errno()),
        }
    }
}
