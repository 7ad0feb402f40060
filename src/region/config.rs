// SPDX-License-Identifier: GPL-2.0

//! Configuration space: the body of the CXL Device DVSEC is the shadow, what outlives a user cannot
//! be written, what vfio-pci hides is not there, and everything else is the core's.

#![forbid(unsafe_code)]

use crate::{
    calls::Call,
    cxl::Cxl,
    ffi::{
        info::VFIO_PCI_CONFIG_REGION_INDEX,
        vfio::{
            region_start,
            Device, //
        },
    },
    hardware::Service,
    power,
    ranges::overlap,
    region::split,
    reset,
    window, //
};
use core::ops::Range;
use cxl_regs::Access;
use kernel::{
    num::casts::usize_as_u64,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// The parts of configuration space that are not the core's alone.
fn parts(cxl: &Cxl) -> impl Iterator<Item = (Range<u64>, Service)> + Clone + '_ {
    cxl.config.parts()
}

/// Whether the core alone serves a read.
#[inline]
pub(crate) fn leaves_read_to_core(cxl: &Cxl, access: &Range<u64>) -> bool {
    !cxl.is_in_cxl_reset()
        && parts(cxl).all(|(range, part)| match part {
            Service::Shadow | Service::Command | Service::Absent => !overlap(access, &range),
            Service::ReadOnly => true,
        })
}

/// Whether the core alone serves a write: one that changes neither the memory's reach nor what the
/// host has to be told of, and resets nothing.
#[inline]
pub(crate) fn leaves_write_to_core(device: &Device<Cxl>, access: &Range<u64>) -> bool {
    !device.is_in_cxl_reset()
        && parts(device).all(|(range, _)| !overlap(access, &range))
        && !power::is_changed_by(device, access)
        && !reset::may_initiate_flr(device, access)
        && !device.config.masks_errors(access)
}

/// The next access of a piece: as wide as the bus makes it at that place.
fn next(cxl: &Cxl, piece: &Range<u64>) -> Result<(Access, usize)> {
    let left = piece.end.saturating_sub(piece.start);
    let width = [8, 4, 2]
        .into_iter()
        .find(|&width| left >= width && piece.start % width == 0)
        .unwrap_or(1);
    let offset = piece.start.checked_sub(cxl.hardware.layout().dvsec.into());
    // CAST: At most 8.
    let len = width as usize;
    let access = offset
        .and_then(|offset| u32::try_from(offset).ok())
        .and_then(|offset| Access::new(offset, len));
    access.map(|access| (access, len)).ok_or(EINVAL)
}

/// The place of an access in the device's file and its size, if it reaches behind configuration
/// space: the core refuses it as a whole, before anything is transferred.
fn crosses_the_end(device: &Device<Cxl>, access: &Range<u64>) -> Option<(usize, u64)> {
    let pos = region_start(VFIO_PCI_CONFIG_REGION_INDEX).saturating_add(access.start);
    // CAST: The size of an access.
    let count = access.end.saturating_sub(access.start) as usize;
    (access.end > device.pdev().config_len()).then_some((count, pos))
}

/// Reads the shadow, with what the function has changed by itself while it can be asked.
fn read_dvsec(device: &Device<Cxl>, at: Access) -> Result<u64> {
    let read = |asked: bool| {
        device.with_session(|session| {
            let hardware = |offset| asked.then(|| device.hardware.dvsec_word(offset));
            session.shadows.dvsec.read(at, hardware)
        })
    };
    let awake = device.wake_up().ok();
    let answer = awake.and_then(|_awake| device.gate.unless_held(|| read(true)));
    answer.unwrap_or_else(|| read(false))
}

/// Reads configuration space.
// Out of line: its frame is large, and the callbacks leave most accesses to the core without it.
#[inline(never)]
pub(crate) fn read(device: &Device<Cxl>, to: UserPtr, access: Range<u64>) -> Result<usize> {
    device.wait_for_cxl_reset()?;
    if let Some((count, pos)) = crosses_the_end(device, &access) {
        return device.core_read(to, count, pos);
    }
    split(to, access, parts(device), |part, to, mut piece| {
        // CAST: The size of an access.
        let count = piece.end.saturating_sub(piece.start) as usize;
        let mut user = UserSlice::new(to, count).writer();
        match part {
            None | Some(Service::ReadOnly) => {
                let pos = region_start(VFIO_PCI_CONFIG_REGION_INDEX).saturating_add(piece.start);
                return device.core_read(to, count, pos);
            }
            Some(Service::Command) => user.write(&command(device)?)?,
            Some(Service::Absent) => {
                while !user.is_empty() {
                    user.write(&0u8)?;
                }
            }
            Some(Service::Shadow) => {
                while !piece.is_empty() {
                    let (at, len) = next(device, &piece)?;
                    let bytes = read_dvsec(device, at)?.to_le_bytes();
                    user.write_slice(bytes.get(..len).ok_or(EINVAL)?)?;
                    piece.start = piece.start.saturating_add(usize_as_u64(len));
                }
            }
        }
        Ok(count)
    })
}

/// The low byte of the command register as the user wrote it.
fn command(device: &Device<Cxl>) -> Result<u8> {
    const MEMORY_SPACE: u8 = 1 << 1;

    let _awake = device.wake_up()?;
    let [hardware, _] = device.hardware.command().to_le_bytes();
    let [written, _] = device.command(&device.memory_lock()).to_le_bytes();
    Ok(hardware & !MEMORY_SPACE | written & MEMORY_SPACE)
}

/// Has the core write what is its own.
fn write_core(device: &Device<Cxl>, from: UserPtr, piece: Range<u64>) -> Result<usize> {
    let pos = region_start(VFIO_PCI_CONFIG_REGION_INDEX).saturating_add(piece.start);
    // CAST: The size of an access.
    let count = piece.end.saturating_sub(piece.start) as usize;
    let write = || {
        let call = || device.core_write(from, count, pos);
        device.calls.during(Call::GuestWrite, call)?
    };
    let changes_power = power::is_changed_by(device, &piece);
    if changes_power || reset::may_initiate_flr(device, &piece) {
        window::prepare_to_hold(device)?;
    }
    let result = if changes_power {
        power::write(device, &piece, from, count, write)
    } else {
        write()
    };
    if device.config.masks_errors(&piece) {
        unmask_errors(device);
    }
    result
}

/// Has errors reported again that a write may have masked.
fn unmask_errors(device: &Device<Cxl>) {
    let _awake = device.wake_up();
    (device.gate).once_not_held(|| device.hardware.report_errors());
}

/// Writes configuration space.
// Out of line: its frame is large, and the callbacks leave most accesses to the core without it.
#[inline(never)]
pub(crate) fn write(device: &Device<Cxl>, from: UserPtr, access: Range<u64>) -> Result<usize> {
    device.wait_for_cxl_reset()?;
    if let Some((count, pos)) = crosses_the_end(device, &access) {
        return device.core_write(from, count, pos);
    }
    let parts = parts(device).filter(|(_, part)| *part != Service::Command);
    split(from, access, parts, |part, from, mut piece| {
        // CAST: The size of an access.
        let count = piece.end.saturating_sub(piece.start) as usize;
        match part {
            None | Some(Service::Command) => return write_core(device, from, piece),
            Some(Service::ReadOnly | Service::Absent) => (),
            Some(Service::Shadow) => {
                let mut user = UserSlice::new(from, count).reader();
                while !piece.is_empty() {
                    let (at, len) = next(device, &piece)?;
                    let mut bytes = [0; 8];
                    user.read_slice(bytes.get_mut(..len).ok_or(EINVAL)?)?;
                    let value = u64::from_le_bytes(bytes);
                    let effects =
                        device.with_session(|session| session.shadows.dvsec.write(at, value))?;
                    reset::perform(device, c"dvsec", at, value, effects);
                    piece.start = piece.start.saturating_add(usize_as_u64(len));
                }
            }
        }
        Ok(count)
    })
}
