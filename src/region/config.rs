// SPDX-License-Identifier: GPL-2.0

//! Configuration space: the body of the CXL Device DVSEC is the shadow, everything else is the
//! core's, the DVSEC's header with its `next` pointer included.

#![forbid(unsafe_code)]

use crate::{
    cxl::Cxl,
    ffi::{
        info::VFIO_PCI_CONFIG_REGION_INDEX,
        vfio::{
            region_start,
            Device, //
        },
    },
    power,
    region::{
        overlap,
        split,
        Side, //
    },
    reset,
    window, //
};
use core::ops::Range;
use cxl_regs::{
    access::Access,
    effect::Effects, //
};
use kernel::{
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// The header that stays the core's.
const HEADER_LEN: u64 = 4;

/// The bytes of configuration space that the shadow serves.
fn body(cxl: &Cxl) -> Range<u64> {
    let layout = cxl.hardware.layout();
    let start = u64::from(layout.dvsec);
    start.saturating_add(HEADER_LEN)..start.saturating_add(layout.dvsec_len.into())
}

/// Whether the core alone serves a read.
pub(crate) fn leaves_read_to_core(cxl: &Cxl, access: &Range<u64>) -> bool {
    !overlap(access, &body(cxl)) && !cxl.is_in_cxl_reset()
}

/// Whether the core alone serves a write: one that neither takes the memory away nor resets.
pub(crate) fn leaves_write_to_core(device: &Device<Cxl>, access: &Range<u64>) -> bool {
    leaves_read_to_core(device, access)
        && !power::is_changed_by(device, access)
        && !reset::may_initiate_flr(device, access)
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

/// Reads configuration space.
// Out of line: its frame is large, and the callbacks leave most accesses to the core without it.
#[inline(never)]
pub(crate) fn read(device: &Device<Cxl>, to: UserPtr, access: Range<u64>) -> Result<usize> {
    device.wait_for_cxl_reset()?;
    if let Some((count, pos)) = crosses_the_end(device, &access) {
        return device.core_read(to, count, pos);
    }
    split(to, access, &body(device), |side, to, mut piece| {
        // CAST: The size of an access.
        let count = piece.end.saturating_sub(piece.start) as usize;
        if let Side::Outside = side {
            let pos = region_start(VFIO_PCI_CONFIG_REGION_INDEX).saturating_add(piece.start);
            return device.core_read(to, count, pos);
        }
        let mut user = UserSlice::new(to, count).writer();
        while !piece.is_empty() {
            let (at, len) = next(device, &piece)?;
            let bytes = device
                .with_session(|session| session.current_dvsec(&device.hardware).read(at))?
                .to_le_bytes();
            user.write_slice(bytes.get(..len).ok_or(EINVAL)?)?;
            // CAST: Widening.
            piece.start = piece.start.saturating_add(len as u64);
        }
        Ok(count)
    })
}

/// Writes configuration space.
// Out of line: its frame is large, and the callbacks leave most accesses to the core without it.
#[inline(never)]
pub(crate) fn write(device: &Device<Cxl>, from: UserPtr, access: Range<u64>) -> Result<usize> {
    device.wait_for_cxl_reset()?;
    if let Some((count, pos)) = crosses_the_end(device, &access) {
        return device.core_write(from, count, pos);
    }
    split(from, access, &body(device), |side, from, mut piece| {
        // CAST: The size of an access.
        let count = piece.end.saturating_sub(piece.start) as usize;
        if let Side::Outside = side {
            let pos = region_start(VFIO_PCI_CONFIG_REGION_INDEX).saturating_add(piece.start);
            let write =
                || reset::during_guest_access(device, || device.core_write(from, count, pos));
            return if power::is_changed_by(device, &piece) {
                window::around(device, write)
            } else {
                write()
            };
        }
        let mut user = UserSlice::new(from, count).reader();
        while !piece.is_empty() {
            let (at, len) = next(device, &piece)?;
            let mut bytes = [0; 8];
            user.read_slice(bytes.get_mut(..len).ok_or(EINVAL)?)?;
            let value = u64::from_le_bytes(bytes);
            let effects: Effects = device.with_session(|session| session.dvsec.write(at, value))?;
            reset::trace_write(device, c"dvsec", at, value, effects);
            reset::perform(device, effects);
            // CAST: Widening.
            piece.start = piece.start.saturating_add(len as u64);
        }
        Ok(count)
    })
}
