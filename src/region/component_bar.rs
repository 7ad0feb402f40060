// SPDX-License-Identifier: GPL-2.0

//! The BAR that has the component register block.
//!
//! cxl-core claims parts of the block, so vfio-pci-core cannot claim the BAR and gives it up. It is
//! served here as the core serves the others, except for a hole, which the interface chooses: there
//! it drops writes, reads all-ones where the interface says so, and its pages cannot be mapped. A guest reaches what is there
//! through the component register region.

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
    interface::Hidden,
    region::split,
};
use core::ops::Range;
use kernel::{
    num::casts::usize_as_u64,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// The bytes of the BAR that are a hole, in ascending order, and how they answer.
fn hole(cxl: &Cxl) -> impl Iterator<Item = (Range<u64>, Hidden)> + Clone {
    let block = usize_as_u64(cxl.hardware.layout().block);
    let within = move |offset: u32| block.saturating_add(offset.into());
    (cxl.hole().into_iter())
        .filter(|(part, _)| !part.is_empty())
        .map(move |(part, hidden)| (within(part.start)..within(part.end), hidden))
}

/// The areas of the BAR that can be mapped: what the pages of the hole leave.
pub(crate) fn mappable(cxl: &Cxl) -> impl Iterator<Item = Range<u64>> {
    let end = page_align_up(usize_as_u64(cxl.hardware.bar().len()));
    let pages = move |(part, _): (Range<u64>, Hidden)| {
        page_align_down(part.start)..page_align_up(part.end).min(end)
    };
    let mut before = 0;
    Iterator::chain(hole(cxl).map(pages), core::iter::once(end..end))
        .map(move |part| core::mem::replace(&mut before, part.end)..part.start)
        .filter(|area| !area.is_empty())
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
    let len = usize_as_u64(bar.len());
    if access.start >= len {
        return Err(EINVAL);
    }
    let _awake = device.wake_up()?;
    let access = access.start..access.end.min(len);
    split(user, access, hole(device), |hidden, user, piece| {
        // CAST: Within the mapping, which has a usize.
        let piece = piece.start as usize..piece.end as usize;
        match (hidden, direction) {
            (None, _) | (Some(Hidden::FromWrites), Direction::Read) => {
                let number = device.hardware.layout().bar;
                device.bar_access(bar, number, direction, user, piece)
            }
            (Some(Hidden::Entirely), Direction::Read) => all_ones(user, piece.len()),
            (Some(_), Direction::Write) => Ok(piece.len()),
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
    if !area.is_shared() || !mappable(cxl).any(|area| inside(&area)) {
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
