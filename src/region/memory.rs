// SPDX-License-Identifier: GPL-2.0

//! The device's memory: mapped by users, or copied for them.

#![forbid(unsafe_code)]

use crate::{
    counters::Event,
    cxl::Cxl,
    ffi::{
        ops::Operations,
        params, trace,
        vfio::Device,
        vma::{
            self,
            Area,
            Outcome, //
        },
    },
    gate::{
        Inside,
        Reason, //
    },
    window, //
};
use core::ops::Range;
use kernel::{
    num::casts::{
        arch::u64_as_usize,
        usize_as_u64, //
    },
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// How much is copied in one go: the gate is not kept from closing for longer than that takes.
const CHUNK: usize = 64 << 10;

/// The offset in the region at which it has a page frame.
pub(crate) fn offset_of_frame(cxl: &Cxl, pfn: u64) -> Option<u64> {
    let first = cxl.window.pfn(0)?;
    let offset = vma::address(pfn.checked_sub(first)?)?;
    (offset < cxl.window.size()).then_some(offset)
}

/// Takes an mmap of a part of the region.
pub(crate) fn mmap(cxl: &Cxl, area: &mut Area<'_, Cxl>, offset: u64) -> Result {
    if !area.is_shared() {
        return Err(EINVAL);
    }
    let inside = cxl.window.clamp(offset, area.len());
    if area.len() == 0 || inside != Some(area.len()) {
        return Err(EINVAL);
    }
    area.take_memory(Cxl::vm_operations());
    Ok(())
}

/// Answers a fault by mapping page frames of the size that is asked for, or fails and is asked
/// again for a smaller one. Pages of the smallest size are mapped around the one that was touched.
pub(crate) fn fault(device: &Device<Cxl>, fault: &vma::Fault<'_>) -> Outcome {
    if fault.order() > params::max_order()
        || device.window.clamp(fault.offset(), fault.len()) != Some(fault.len())
    {
        return Outcome::FALLBACK;
    }
    let Some(pfn) = device.window.pfn(fault.offset()) else {
        return Outcome::SIGBUS;
    };
    // Before the gate: a mapping of another alignment is asked for in every size at each fault.
    if !fault.fits(pfn) {
        return Outcome::FALLBACK;
    }
    let insert = |inside: Inside<'_>| {
        let own = fault.offset()..fault.offset().saturating_add(fault.len());
        let around = (fault.order() == 0).then(|| fault.around());
        // A page that failed stays out: then nothing but what was touched is mapped there.
        let around = around.filter(|around| !device.failed.hit(around));
        if around.is_none() && device.failed.hit(&own) {
            return match fault.order() {
                0 => Outcome::HWPOISON,
                _ => Outcome::FALLBACK,
            };
        }
        device.caches.touch(around.as_ref().unwrap_or(&own));
        let outcome = if inside.needs_memory_space {
            fault.insert(device, inside.lock, pfn)
        } else {
            fault.insert_always(pfn)
        };
        if outcome.is_mapped() && around.is_some() {
            fault.map_around(pfn);
        }
        outcome
    };
    let traced = |outcome| trace::fault(device.pdev(), fault.offset(), fault.order(), outcome);
    match window::enter(device, insert) {
        Ok(outcome) => {
            let mapped = outcome.is_mapped();
            if mapped {
                device.counters.mapped(fault.order());
            }
            traced(if mapped { c"mapped" } else { c"not mapped" });
            outcome
        }
        Err(reason) => {
            device.counters.refused(reason.cause());
            traced(reason.cause().name());
            Outcome::SIGBUS
        }
    }
}

/// The part of an access that lies in the region; `EINVAL` where the kernel would not survive poison
/// that it copies itself.
fn clamp(cxl: &Cxl, offset: u64, count: usize) -> Result<usize> {
    if !params::memory_read_write() {
        return Err(EINVAL);
    }
    match cxl.window.clamp(offset, usize_as_u64(count)) {
        Some(inside) if inside != 0 => usize::try_from(inside).map_err(|_| EINVAL),
        _ => Err(EINVAL),
    }
}

/// The part of the region that a chunk at this offset is copied from or to.
fn part(at: u64, chunk: &[u8]) -> Range<u64> {
    at..at.saturating_add(usize_as_u64(chunk.len()))
}

/// Copies in chunks: `copy` is given the offset, and the part of the buffer that it shall fill or
/// empty. No lock is held while the user's memory is touched.
fn in_chunks(
    count: usize,
    offset: u64,
    mut copy: impl FnMut(u64, &mut [u8]) -> Result,
) -> Result<usize> {
    let mut buffer = KVVec::from_elem(0u8, count.min(CHUNK), GFP_KERNEL)?;
    let mut done = 0usize;
    while done < count {
        let len = buffer.len().min(count.saturating_sub(done));
        let chunk = buffer.get_mut(..len).ok_or(EINVAL)?;
        let at = offset.checked_add(usize_as_u64(done)).ok_or(EINVAL)?;
        match copy(at, chunk) {
            Ok(()) => done = done.saturating_add(len),
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
        if kernel::current!().signal_pending() {
            break;
        }
    }
    Ok(done)
}

/// Reads from the memory.
pub(crate) fn read(device: &Device<Cxl>, to: UserPtr, count: usize, offset: u64) -> Result<usize> {
    let count = clamp(device, offset, count)?;
    let mut user = UserSlice::new(to, count).writer();
    in_chunks(count, offset, |at, chunk| {
        enter(device, |inside| {
            device.caches.touch(&part(at, chunk));
            inside.memory.read(u64_as_usize(at), chunk)
        })?;
        user.write_slice(chunk)?;
        device
            .counters
            .add(Event::BytesCopied, usize_as_u64(chunk.len()));
        Ok(())
    })
}

/// Writes to the memory.
pub(crate) fn write(
    device: &Device<Cxl>,
    from: UserPtr,
    count: usize,
    offset: u64,
) -> Result<usize> {
    let count = clamp(device, offset, count)?;
    let mut user = UserSlice::new(from, count).reader();
    in_chunks(count, offset, |at, chunk| {
        user.read_slice(chunk)?;
        enter(device, |inside| {
            device.caches.touch(&part(at, chunk));
            inside.memory.write(u64_as_usize(at), chunk)
        })?;
        device
            .counters
            .add(Event::BytesCopied, usize_as_u64(chunk.len()));
        Ok(())
    })
}

fn enter(device: &Device<Cxl>, touch: impl FnOnce(Inside<'_>) -> Result) -> Result {
    window::enter(device, touch).map_err(|reason: Reason| {
        device.counters.refused(reason.cause());
        reason.errno()
    })?
}
