// SPDX-License-Identifier: GPL-2.0

//! The component register block: what a guest reads and writes of the CXL.cache/mem registers is
//! their shadow, never a register that decodes host memory; the implementation's registers are
//! passed through, and everything else reads zero. An interface may show a part of it only, and have
//! the device answer reads.
//!
//! A shadow needs neither an awake function nor the core's memory lock, and a guest asks for its
//! decoders most: so those are reached without a detour. What reaches a register takes both.

#![forbid(unsafe_code)]

use crate::{
    cxl::{
        Cxl,
        Session, //
    },
    ffi::{
        io::Width,
        vfio::Device, //
    },
    interface::{
        Registers,
        Widths, //
    },
    region::implementation,
    reset, //
};
use core::ops::Range;
use cxl_regs::{
    cm::{
        Part,
        Place,
        IMPLEMENTATION, //
    },
    Access,
    Effects, //
};
use kernel::{
    num::casts::u32_as_usize,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// The size of the region.
pub(crate) fn len(cxl: &Cxl) -> u64 {
    let Range { start, end } = cxl.registers;
    end.saturating_sub(start).into()
}

/// Checks an access as a whole: inside the region, and of a width that the interface has. Its offset
/// in the component register block, and its size.
fn check(cxl: &Cxl, offset: u64, count: usize) -> Result<(u32, usize)> {
    let left = len(cxl).checked_sub(offset).ok_or(EINVAL)?;
    let count = usize::try_from(left).map_or(count, |left| count.min(left));
    let offset = u32::try_from(offset).map_err(|_| EINVAL)?;
    let offset = offset.checked_add(cxl.registers.start).ok_or(EINVAL)?;
    // CAST: At most the size of the region.
    let last = offset.saturating_add(count as u32).saturating_sub(1);
    let is_there = match cxl.interface.widths {
        Widths::Dword => offset % 4 == 0 && count == 4,
        Widths::Dwords if IMPLEMENTATION.contains(&offset) && IMPLEMENTATION.contains(&last) => {
            count != 0
        }
        Widths::Dwords => count != 0 && offset % 4 == 0 && count % 4 == 0,
    };
    if is_there {
        Ok((offset, count))
    } else {
        Err(EINVAL)
    }
}

/// Who answers an access: the device, with a register of the implementation or with one that it may
/// not be written, or the shadows that it reaches.
enum Target {
    Implementation,
    ReadOnly,
    Shadows(Access),
}

/// The next piece of an access: what it reaches, and how wide it is. Offset 0x2000 and 0xe000 are
/// multiples of eight, so that no piece reaches both.
fn next(cxl: &Cxl, offset: u32, left: usize) -> Result<(Target, Width)> {
    let width = Width::at(u32_as_usize(offset), left);
    let target = match cxl.interface.registers {
        _ if IMPLEMENTATION.contains(&offset) => Target::Implementation,
        Registers::Device => Target::ReadOnly,
        Registers::Shadows => Target::Shadows(Access::new(offset, width.bytes()).ok_or(EINVAL)?),
    };
    Ok((target, width))
}

/// Reads registers.
// As in `config`.
#[inline(never)]
pub(crate) fn read(device: &Device<Cxl>, to: UserPtr, count: usize, offset: u64) -> Result<usize> {
    let (mut at, count) = check(device, offset, count)?;
    let mut user = UserSlice::new(to, count).writer();
    while !user.is_empty() {
        let (target, width) = next(device, at, user.len())?;
        let value = match target {
            Target::Implementation | Target::ReadOnly => implementation::read(device, at, width)?,
            Target::Shadows(access) => {
                device.with_session(|session| read_shadows(session, access))??
            }
        };
        let bytes = value.to_le_bytes();
        user.write_slice(bytes.get(..width.bytes()).ok_or(EINVAL)?)?;
        // CAST: At most 8.
        at = at.saturating_add(width.bytes() as u32);
    }
    Ok(count)
}

fn parts(session: &Session, access: Access) -> Result<impl Iterator<Item = Part>> {
    let parts = session.shadows.map.route(access).ok_or(EINVAL)?;
    Ok(parts.into_iter().flatten())
}

fn read_shadows(session: &Session, access: Access) -> Result<u64> {
    let shadows = &session.shadows;
    if let Some(at) = shadows.map.within_hdm(access) {
        return Ok(shadows.hdm.read(at));
    }
    let mut value = 0u64;
    for part in parts(session, access)? {
        let at = |offset| Access::new(offset, part.len.into()).ok_or(EINVAL);
        let read = match part.place {
            Place::Array { offset } => shadows.array.read(at(offset)?),
            Place::Hdm { offset } => shadows.hdm.read(at(offset)?),
            Place::Ras { offset } => shadows.ras.read(at(offset)?),
            Place::Implementation { .. } | Place::Reserved => 0,
        };
        value |= read.wrapping_shl(part.shift.into());
    }
    Ok(value)
}

/// Writes registers.
#[inline(never)]
pub(crate) fn write(
    device: &Device<Cxl>,
    from: UserPtr,
    count: usize,
    offset: u64,
) -> Result<usize> {
    let (mut at, count) = check(device, offset, count)?;
    let mut user = UserSlice::new(from, count).reader();
    while !user.is_empty() {
        let (target, width) = next(device, at, user.len())?;
        let mut bytes = [0; 8];
        user.read_slice(bytes.get_mut(..width.bytes()).ok_or(EINVAL)?)?;
        let value = u64::from_le_bytes(bytes);
        match target {
            Target::Implementation => implementation::write(device, at, width, value)?,
            Target::ReadOnly => implementation::pass(device, at, width)?,
            Target::Shadows(access) => {
                let effects =
                    device.with_session(|session| write_shadows(session, access, value))??;
                for effects in effects.into_iter().flatten() {
                    reset::perform(device, c"component", access, value, effects);
                }
            }
        }
        // CAST: At most 8.
        at = at.saturating_add(width.bytes() as u32);
    }
    Ok(count)
}

fn write_shadows(
    session: &mut Session,
    access: Access,
    value: u64,
) -> Result<[Option<Effects>; 2]> {
    if let Some(at) = session.shadows.map.within_hdm(access) {
        return Ok([Some(session.shadows.hdm.write(at, value)), None]);
    }
    let mut effects = [None; 2];
    for (part, effects) in parts(session, access)?.zip(&mut effects) {
        let at = |offset| Access::new(offset, part.len.into()).ok_or(EINVAL);
        let (shadows, value) = (&mut session.shadows, part.extract(value));
        *effects = Some(match part.place {
            Place::Hdm { offset } => shadows.hdm.write(at(offset)?, value),
            Place::Ras { offset } => shadows.ras.write(at(offset)?, value),
            Place::Array { .. } | Place::Implementation { .. } | Place::Reserved => Effects::NONE,
        });
    }
    Ok(effects)
}
