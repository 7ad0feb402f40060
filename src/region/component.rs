// SPDX-License-Identifier: GPL-2.0

//! The component register block: what a guest reads and writes is its shadow, never a register that
//! decodes host memory.
//!
//! The capability array and the HDM decoders come from the shadows. The RAS capability is read from
//! hardware, so that a VMM sees errors, and cannot be written: its errors are the host's to clear.
//! Every other capability is shown as it was when the device was opened. What belongs to none reads
//! zero.

#![forbid(unsafe_code)]

use crate::{
    cxl::{
        Cxl,
        Session, //
    },
    ffi::vfio::Device,
    hardware::Hardware,
    reset,
};
use cxl_regs::{
    access::Access,
    cm::{
        self,
        Part,
        Place, //
    },
    effect::Effects, //
};
use kernel::{
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// The size of the region.
pub(crate) const LEN: u64 = cm::BLOCK_LEN as u64;

/// Checks an access as a whole: inside the region, aligned, and in whole dwords.
fn check(offset: u64, count: usize) -> Result<usize> {
    let left = LEN.checked_sub(offset).ok_or(EINVAL)?;
    let count = usize::try_from(left).map_or(count, |left| count.min(left));
    if count == 0 || offset % 4 != 0 || count % 4 != 0 {
        return Err(EINVAL);
    }
    Ok(count)
}

/// The width of the next piece of an access: a whole 64-bit register where one can begin.
fn width(offset: u64, left: usize) -> usize {
    if left >= 8 && offset % 8 == 0 {
        8
    } else {
        4
    }
}

fn access(offset: u64, width: usize) -> Result<Access> {
    let offset = u32::try_from(offset).map_err(|_| EINVAL)?;
    Access::new(offset, width).ok_or(EINVAL)
}

fn parts(session: &Session, offset: u64, width: usize) -> Result<impl Iterator<Item = Part>> {
    let parts = session.map.route(access(offset, width)?).ok_or(EINVAL)?;
    Ok(parts.into_iter().flatten())
}

/// Reads registers.
pub(crate) fn read(device: &Device<Cxl>, to: UserPtr, count: usize, offset: u64) -> Result<usize> {
    let count = check(offset, count)?;
    let mut user = UserSlice::new(to, count).writer();
    let mut done = 0usize;
    while done < count {
        // CAST: Widening.
        let at = offset.saturating_add(done as u64);
        let width = width(at, count.saturating_sub(done));
        let value = {
            // The core's lock comes before the session's: a reset takes them in that order.
            let lock = device.memory_lock();
            let live = device.memory_enabled(&lock).then_some(&*device.hardware);
            device.with_session(|session| -> Result<u64> {
                let mut value = 0;
                for part in parts(session, at, width)? {
                    value |= read_part(live, session, &part).wrapping_shl(part.shift.into());
                }
                Ok(value)
            })??
        };
        let bytes = value.to_le_bytes();
        user.write_slice(bytes.get(..width).ok_or(EINVAL)?)?;
        done = done.saturating_add(width);
    }
    Ok(done)
}

/// Reads one part of an access. `live` is the hardware, while its registers answer.
fn read_part(live: Option<&Hardware>, session: &Session, part: &Part) -> u64 {
    let access = |offset| Access::new(offset, part.len.into());
    match part.place {
        Place::Array { offset } => access(offset).map_or(0, |at| session.map.array().read(at)),
        Place::Hdm { offset } => access(offset).map_or(0, |at| session.hdm.read(at)),
        Place::Capability { id, offset } => {
            let start = session.map.array().find(id).map_or(0, |c| c.offset);
            let dword = |number: u32| {
                let offset = offset.saturating_add(number).saturating_add(start.into());
                u64::from(capability_dword(live, session, id, offset))
            };
            if part.len == 8 {
                dword(0) | dword(4) << 32
            } else {
                dword(0)
            }
        }
        Place::Reserved => 0,
    }
}

/// A dword of a capability that has no shadow, at an offset in the CXL.cache/mem registers.
fn capability_dword(live: Option<&Hardware>, session: &Session, id: u16, offset: u32) -> u32 {
    // CAST: Widening.
    let (offset, cachemem) = (offset as usize, cm::CACHEMEM_OFFSET as usize);
    match live {
        Some(hardware) if id == cm::RAS => hardware.component(cachemem.saturating_add(offset)),
        _ => session.snapshot.get(offset / 4).copied().unwrap_or(0),
    }
}

/// Writes registers.
pub(crate) fn write(
    device: &Device<Cxl>,
    from: UserPtr,
    count: usize,
    offset: u64,
) -> Result<usize> {
    let count = check(offset, count)?;
    let mut user = UserSlice::new(from, count).reader();
    let mut done = 0usize;
    while done < count {
        // CAST: Widening.
        let at = offset.saturating_add(done as u64);
        let width = width(at, count.saturating_sub(done));
        let mut bytes = [0; 8];
        user.read_slice(bytes.get_mut(..width).ok_or(EINVAL)?)?;
        let value = u64::from_le_bytes(bytes);
        let effects = device.with_session(|session| -> Result<[Effects; 2]> {
            let mut effects = [Effects::NONE; 2];
            let parts = parts(session, at, width)?;
            for (part, effects) in parts.zip(&mut effects) {
                *effects = write_part(session, &part, part.extract(value));
            }
            Ok(effects)
        })??;
        for effects in effects {
            let at = access(at, width)?;
            reset::trace_write(device, c"component", at, value, effects);
            reset::perform(device, effects);
        }
        done = done.saturating_add(width);
    }
    Ok(done)
}

fn write_part(session: &mut Session, part: &Part, value: u64) -> Effects {
    let Place::Hdm { offset } = part.place else {
        return Effects::NONE;
    };
    match Access::new(offset, part.len.into()) {
        Some(at) => session.hdm.write(at, value),
        None => Effects::NONE,
    }
}
