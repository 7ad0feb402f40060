// SPDX-License-Identifier: GPL-2.0

//! x86: the guest runs in 64-bit mode, with every address mapped to itself. It has instructions for ports.

use crate::{
    error::{Attempt, Result},
    guest::{BOOT, ENTRY, RAM_SIZE},
    memory::Memory,
};
use kvm_bindings::kvm_segment;
use kvm_ioctls::{Kvm, VcpuFd, VmFd};

const PML4: u64 = 0x8000;
const PDPT: u64 = 0x9000;

const CR0_PE: u64 = 1 << 0;
const CR0_PG: u64 = 1 << 31;
const CR4_PAE: u64 = 1 << 5;
const EFER_LME: u64 = 1 << 8;
const EFER_LMA: u64 = 1 << 10;
const PAGE_PRESENT: u64 = 1 << 0;
const PAGE_WRITE: u64 = 1 << 1;
const PAGE_SIZE: u64 = 1 << 7;

/// Every processor that KVM runs on can give a guest the device's memory.
pub fn create_vm(kvm: &Kvm) -> Result<VmFd> {
    kvm.create_vm().attempt("KVM_CREATE_VM")
}

/// What the guest's CPU can do is what KVM can.
pub fn set_up(kvm: &Kvm, cpu: &VcpuFd) -> Result<()> {
    let cpuid = kvm
        .get_supported_cpuid(kvm_bindings::KVM_MAX_CPUID_ENTRIES)
        .attempt("CPUID")?;
    cpu.set_cpuid2(&cpuid).attempt("CPUID")
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

/// Starts in 64-bit mode, with the address of the parameters as first argument.
pub fn start(_vm: &VmFd, cpu: &VcpuFd, ram: &Memory) -> Result<()> {
    ram.write(PML4, &[PDPT | PAGE_PRESENT | PAGE_WRITE])?;
    // Every address is mapped to itself, in pages of 1 GiB.
    let pages: Vec<u64> = (0..512)
        .map(|gib| gib << 30 | PAGE_PRESENT | PAGE_WRITE | PAGE_SIZE)
        .collect();
    ram.write(PDPT, &pages)?;
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

/// Where it is.
pub fn at(cpu: &VcpuFd) -> u64 {
    cpu.get_regs().map_or(0, |registers| registers.rip)
}

/// The port at a guest physical address.
pub fn port(_address: u64) -> Option<u16> {
    None
}
