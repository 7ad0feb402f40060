// SPDX-License-Identifier: GPL-2.0

//! The guest: what is where in its address space, and how its CPU starts.

use crate::{
    error::{Attempt, Error, Result},
    memory::Memory,
};
use kvm_bindings::kvm_segment;
use kvm_ioctls::{Kvm, VcpuFd};
use vm_memory::{Bytes, GuestAddress};

/// The program, linked to run at `ENTRY`.
static PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest.bin"));

pub const RAM_SIZE: usize = 16 << 20;
const BOOT: u64 = 0x7000;
const PML4: u64 = 0x8000;
const PDPT: u64 = 0x9000;
const ENTRY: u64 = 0x10_0000;

/// Configuration space of bus 0, as the MCFG table tells a guest with ACPI.
pub const ECAM: u64 = 0xe000_0000;
/// Room for BARs, as the host bridge's _CRS tells.
const BARS: u64 = 0x8000_0000;
const BARS_SIZE: u64 = ECAM - BARS;
/// Room for device memory, as the CEDT's fixed memory windows tell.
const WINDOW: u64 = 64 << 30;
const WINDOW_SIZE: u64 = 64 << 30;
/// Where in it the memory is at first: a guest commits it elsewhere below that.
const PLACE: u64 = WINDOW + WINDOW_SIZE / 2;
const GIB: u64 = 1 << 30;

const CR0_PE: u64 = 1 << 0;
const CR0_PG: u64 = 1 << 31;
const CR4_PAE: u64 = 1 << 5;
const EFER_LME: u64 = 1 << 8;
const EFER_LMA: u64 = 1 << 10;
const PAGE_PRESENT: u64 = 1 << 0;
const PAGE_WRITE: u64 = 1 << 1;
const PAGE_SIZE: u64 = 1 << 7;

/// The guest physical address of memory that is at this one on the host: large pages fit both.
pub const fn place(host: u64) -> u64 {
    PLACE + host % GIB
}

/// Puts the program and its parameters into RAM that holds nothing else. `round` counts boots.
pub fn load(ram: &Memory, round: u64) -> Result<()> {
    let Memory::Ram(ram) = ram else {
        return Err(Error::new("a guest starts in RAM"));
    };
    let write = |at: u64, data: &[u8]| {
        ram.write_slice(data, GuestAddress(at))
            .attempt(format_args!("the guest's RAM at {at:#x}"))
    };
    let words = |words: &[u64]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    write(0, &vec![0; RAM_SIZE])?;
    write(ENTRY, PROGRAM)?;
    // struct boot in guest/boot.h
    let boot = [ECAM, BARS, BARS_SIZE, WINDOW, WINDOW_SIZE, round];
    write(BOOT, &words(&boot))?;
    write(PML4, &words(&[PDPT | PAGE_PRESENT | PAGE_WRITE]))?;
    // Every address is mapped to itself, in pages of 1 GiB.
    let pages: Vec<u64> = (0..512)
        .map(|gib| gib << 30 | PAGE_PRESENT | PAGE_WRITE | PAGE_SIZE)
        .collect();
    write(PDPT, &words(&pages))
}

fn segment(selector: u16, code: bool) -> kvm_segment {
    kvm_segment {
        base: 0,
        limit: u32::MAX,
        selector,
        type_: if code { 0xb } else { 0x3 },
        present: 1,
        s: 1,
        l: code.into(),
        db: (!code).into(),
        g: 1,
        ..Default::default()
    }
}

/// What the guest's CPU can do is what KVM can.
pub fn set_up(kvm: &Kvm, cpu: &VcpuFd) -> Result<()> {
    let cpuid = kvm
        .get_supported_cpuid(kvm_bindings::KVM_MAX_CPUID_ENTRIES)
        .attempt("CPUID")?;
    cpu.set_cpuid2(&cpuid).attempt("CPUID")
}

/// Starts in 64-bit mode, with the address of the parameters as first argument.
pub fn start(cpu: &VcpuFd) -> Result<()> {
    let mut special = cpu.get_sregs().attempt("the CPU's registers")?;
    special.cs = segment(0x8, true);
    for data in [
        &mut special.ds,
        &mut special.es,
        &mut special.fs,
        &mut special.gs,
        &mut special.ss,
    ] {
        *data = segment(0x10, false);
    }
    special.cr3 = PML4;
    special.cr4 |= CR4_PAE;
    special.cr0 |= CR0_PE | CR0_PG;
    special.efer |= EFER_LME | EFER_LMA;
    cpu.set_sregs(&special).attempt("the CPU's registers")?;
    let general = kvm_bindings::kvm_regs {
        rip: ENTRY,
        // As behind a call.
        rsp: RAM_SIZE as u64 - 8,
        rdi: BOOT,
        rflags: 2,
        ..Default::default()
    };
    cpu.set_regs(&general).attempt("the CPU's registers")
}
