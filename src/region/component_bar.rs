// SPDX-License-Identifier: GPL-2.0

//! The BAR that has the component register block.
//!
//! cxl-core claims parts of the block, so vfio-pci-core cannot claim the BAR and gives it up. It is
//! served here as the core serves the others, except for the block itself: that reads all-ones,
//! drops writes, and its pages cannot be mapped. A guest reaches it through the component register
//! region.

#![forbid(unsafe_code)]

use crate::{
    cxl::Cxl,
    ffi::{
        ops::Operations,
        vfio::{
            Device,
            Direction, //
        },
        vma::{
            self,
            page_align_down,
            page_align_up,
            Area,
            Outcome, //
        },
    },
    region::{
        component,
        split,
        Side, //
    },
};
use core::ops::Range;
use kernel::{
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// The bytes of the BAR that are the component register block.
pub(crate) fn block(cxl: &Cxl) -> Range<u64> {
    // CAST: Widening.
    let start = cxl.hardware.layout().block as u64;
    start..start.saturating_add(component::LEN)
}

/// The areas of the BAR that can be mapped: all but the pages of the block.
pub(crate) fn mappable(cxl: &Cxl) -> [Range<u64>; 2] {
    let block = block(cxl);
    // CAST: Widening.
    let end = page_align_up(cxl.hardware.bar().len() as u64);
    [
        0..page_align_down(block.start),
        page_align_up(block.end).min(end)..end,
    ]
}

/// Reads the BAR.
// As in `config`.
#[inline(never)]
pub(crate) fn read(device: &Device<Cxl>, to: UserPtr, access: Range<u64>) -> Result<usize> {
    transfer(device, Direction::Read, to, access)
}

/// Writes the BAR.
#[inline(never)]
pub(crate) fn write(device: &Device<Cxl>, from: UserPtr, access: Range<u64>) -> Result<usize> {
    transfer(device, Direction::Write, from, access)
}

fn transfer(
    device: &Device<Cxl>,
    direction: Direction,
    user: UserPtr,
    access: Range<u64>,
) -> Result<usize> {
    let bar = device.hardware.bar();
    // CAST: Widening.
    let len = bar.len() as u64;
    if access.start >= len {
        return Err(EINVAL);
    }
    let _awake = device.awake()?;
    let access = access.start..access.end.min(len);
    split(user, access, &block(device), |side, user, piece| {
        // CAST: Within the mapping, which has a usize.
        let piece = piece.start as usize..piece.end as usize;
        match (side, direction) {
            (Side::Outside, _) => {
                let number = device.hardware.layout().bar;
                device.bar_access(bar, number, direction, user, piece)
            }
            (Side::Inside, Direction::Read) => all_ones(user, piece.len()),
            (Side::Inside, Direction::Write) => Ok(piece.len()),
        }
    })
}

fn all_ones(to: UserPtr, count: usize) -> Result<usize> {
    let ones = [0xff; 64];
    let mut user = UserSlice::new(to, count).writer();
    let mut left = count;
    while left > 0 {
        let some = ones.get(..left.min(ones.len())).ok_or(EINVAL)?;
        user.write_slice(some)?;
        left = left.saturating_sub(some.len());
    }
    Ok(count)
}

/// Takes an mmap of a part of the BAR.
pub(crate) fn mmap(cxl: &Cxl, area: &mut Area<'_, Cxl>, offset: u64) -> Result {
    let end = offset.checked_add(area.len()).ok_or(EINVAL)?;
    let inside = |mappable: &Range<u64>| mappable.start <= offset && end <= mappable.end;
    if !area.is_shared() || !mappable(cxl).iter().any(inside) {
        return Err(EINVAL);
    }
    area.take_registers(Cxl::vm_operations());
    Ok(())
}

/// Answers a fault as the core does for the other BARs: only while Memory Space is enabled.
pub(crate) fn fault(device: &Device<Cxl>, fault: &vma::Fault<'_>) -> Outcome {
    let start = device.pdev().bar_start(device.hardware.layout().bar);
    let Some(address) = start.checked_add(fault.offset()) else {
        return Outcome::SIGBUS;
    };
    let lock = device.memory_lock();
    fault.insert(device, &lock, vma::page_frame(address))
}
