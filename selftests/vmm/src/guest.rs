// SPDX-License-Identifier: GPL-2.0

//! The guest: what is where in its address space, and what is in its RAM when it starts.

use crate::{error::Result, memory::Memory};

/// The program, linked to run at `ENTRY`.
static PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest.bin"));

pub const RAM_SIZE: usize = 16 << 20;
/// The parameters.
pub const BOOT: u64 = 0x7000;
pub const ENTRY: u64 = 0x10_0000;

/// Configuration space of bus 0, as the MCFG table tells a guest with ACPI.
pub const ECAM: u64 = 0xe000_0000;
/// Room for BARs, as the host bridge's _CRS tells.
const BARS: u64 = 0x8000_0000;
const BARS_SIZE: u64 = ECAM - BARS;
/// Room for device memory, as the CEDT's fixed memory windows tell.
const WINDOW: u64 = 64 << 30;
const WINDOW_SIZE: u64 = 64 << 30;
/// The guest has no address above these bits.
#[cfg(target_arch = "aarch64")]
pub const ADDRESS_BITS: u32 = (WINDOW + WINDOW_SIZE).next_power_of_two().ilog2();
/// Where in it the memory is at first: a guest commits it elsewhere below that.
const PLACE: u64 = WINDOW + WINDOW_SIZE / 2;
const GIB: u64 = 1 << 30;

/// The guest physical address of memory that is at this one on the host: large pages fit both.
pub const fn place(host: u64) -> u64 {
    PLACE + host % GIB
}

/// Puts the program and its parameters into RAM that holds nothing else. `round` counts boots.
pub fn load(ram: &Memory, round: u64) -> Result<()> {
    ram.write_bytes(0, &vec![0; RAM_SIZE])?;
    ram.write_bytes(ENTRY, PROGRAM)?;
    // struct boot in guest/boot.h
    ram.write(BOOT, &[ECAM, BARS, BARS_SIZE, WINDOW, WINDOW_SIZE, round])
}
