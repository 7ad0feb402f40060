// SPDX-License-Identifier: GPL-2.0

//! What is tried on a device: its memory with every page size that it can be mapped with, and the protection of its
//! decoder. What is written is put back.

use super::{
    vfio::{
        Region,
        Uapi,
        Vfio, //
    },
    Registers, //
};
use crate::{
    device::Device,
    ffi::Mapping,
    host::memory::{
        self,
        Level, //
    },
    output::Amount, //
};
use cxl_regs::hdm;
use serde::Serialize;
use std::{
    io,
    num::NonZero, //
};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A thing that was tried, and whether it went as it must.
#[derive(Serialize)]
pub struct Try {
    pub good: bool,
    pub what: String,
}

/// The memory region of an open device.
pub struct Memory<'a> {
    pub device: &'a Device<'a>,
    pub vfio: &'a Vfio,
    pub region: Region,
    /// Where the host has it.
    pub base: u64,
}

/// A counter of the driver, such as "faults pud".
fn counter(device: &Device<'_>, name: &str) -> Option<u64> {
    let text = device.debug("counters")?;
    let mut lines = text.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| *key == name)?.1.parse().ok()
}

/// Writes each page, reads all of them, and puts back what was there.
fn pages_keep(map: &Mapping, size: usize, page: usize) -> bool {
    let value = |at: usize| !(at as u64);
    let pages = || (0..size).step_by(page);
    let before: Vec<u64> = pages()
        .map(|at| {
            let was = map.read64(at);
            map.write64(at, value(at));
            was
        })
        .collect();
    let keep = pages().all(|at| map.read64(at) == value(at));
    for (at, was) in pages().zip(before) {
        map.write64(at, was);
    }
    keep
}

impl Memory<'_> {
    /// Every page size that the processor has, as far as base and size allow it.
    pub fn tries(&self) -> Vec<Try> {
        let size = self.region.size;
        let some = size.min(GIB);
        let tried = |(name, page): Level| {
            let part = match name {
                "pud" => size,
                "pmd" => (some / 4).max(page).min(some),
                _ => (4 * MIB).min(some),
            };
            let part = part - part % page;
            // Nobody maps pages that the driver does not count.
            let counted = counter(self.device, &format!("faults {name}")).is_some();
            let mapped = self.base % page == 0 && part != 0 && (counted || name == "pte");
            mapped.then(|| self.try_pages(name, page, part))
        };
        memory::levels().into_iter().filter_map(tried).collect()
    }

    /// Maps the beginning so that `page` is the largest page that address and memory allow: by its own size from where a
    /// larger one would be.
    fn try_pages(&self, level: &str, page: u64, size: u64) -> Try {
        let name = format!("faults {level}");
        let skew = if level == "pud" { 0 } else { page };
        let place = (GIB as usize, (self.base % GIB + skew) as usize);
        let len = NonZero::new(size as usize);
        let map = len.map(|len| self.vfio.map(&self.region, len, place));
        let map = match map {
            Some(Ok(map)) => map,
            Some(Err(error)) => {
                let what = format!("mmap of {} failed: {error}", Amount(size));
                return Try { good: false, what };
            }
            None => {
                return Try {
                    good: false,
                    what: "the memory has no size".into(),
                }
            }
        };
        let before = counter(self.device, &name);
        let keep = pages_keep(&map, size as usize, page as usize);
        let after = counter(self.device, &name);
        let faults = before
            .zip(after)
            .map(|(before, after)| after.wrapping_sub(before));
        drop(map);
        let start = format!("{:<8} written and read back through mmap", Amount(size));
        let pages = Amount(page);
        match (faults, level) {
            // A fault may map the pages around it, too.
            (Some(faults), "pte") => Try {
                good: keep && (1..=size / page).contains(&faults),
                what: format!("{start}: pages of {pages}, {faults} faults"),
            },
            (Some(faults), _) => Try {
                good: keep && faults == size / page,
                what: format!("{start}: {faults} pages of {pages}"),
            },
            (None, _) => Try {
                good: keep,
                what: format!("{start} (page sizes need debugfs)"),
            },
        }
    }
}

/// While decoder 0 is committed, neither where it decodes can be changed nor, if it is locked, that it does; but with v2 a
/// VMM gives it a place of its own.
pub fn protection(registers: &Registers<'_>, hdm: u64, uapi: Uapi) -> io::Result<Vec<Try>> {
    let base_low = hdm + 4 * hdm::HEADER_DWORDS as u64;
    let control = base_low + 0x10;
    let base = registers.read32(base_low)?;
    registers.write32(base_low, !base)?;
    let now = registers.read32(base_low)?;
    registers.write32(base_low, base)?;
    let expected = match uapi {
        Uapi::V2 => !base & hdm::base_low::BASE_LOW.mask(),
        Uapi::V3 | Uapi::V6 => base,
    };
    let mut tries = vec![Try {
        good: now == expected,
        what: format!(
            "base low of committed decoder 0 is {now:#010x} after a write of {:#010x}",
            !base
        ),
    }];
    let before = registers.read32(control)?;
    const LOCK_ON_COMMIT: u32 = 1 << 8;
    if before & LOCK_ON_COMMIT != 0 {
        registers.write32(control, 0)?;
        let now = registers.read32(control)?;
        tries.push(Try {
            good: now == before,
            what: format!("control of locked decoder 0 is {now:#x} after a write of 0"),
        });
    }
    Ok(tries)
}
