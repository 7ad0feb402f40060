// SPDX-License-Identifier: GPL-2.0

//! arm64: the guest runs at EL1 without translation, and its ports are in a window of their own, as behind a host bridge.

use crate::{
    error::{Attempt, Error, Result},
    guest::{ADDRESS_BITS, BOOT, ENTRY, RAM_SIZE},
    memory::Memory,
};
use kvm_bindings::{kvm_regs, kvm_vcpu_init, KVM_REG_ARM64, KVM_REG_ARM_CORE, KVM_REG_SIZE_U64};
use kvm_ioctls::{Kvm, VcpuFd, VmFd};
use std::mem::offset_of;

/// As in guest/physical.h.
const PORTS: u64 = 0xf000_0000;
const PORTS_SIZE: u64 = 1 << 16;

/// From linux/kvm.h: kvm-bindings is older than this capability.
const KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED: u64 = 243;

const fn register(offset: usize) -> u64 {
    KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE as u64 | offset as u64 / 4
}

const X0: u64 = register(offset_of!(kvm_regs, regs.regs));
const PC: u64 = register(offset_of!(kvm_regs, regs.pc));
const SP_EL1: u64 = register(offset_of!(kvm_regs, sp_el1));

/// The guest's addresses are no wider than it needs: where pages are large, KVM takes minutes to tear down all that a processor
/// could have.
///
/// The device's memory is cacheable and has no pages, so that KVM could not keep the caches right for a guest that uses it
/// uncached. It takes a slot with such memory only where the processor does that: the virtual machine is asked, because
/// /dev/kvm does not know.
pub fn create_vm(kvm: &Kvm) -> Result<VmFd> {
    let vm = kvm
        .create_vm_with_ipa_size(ADDRESS_BITS)
        .attempt("KVM_CREATE_VM")?;
    match vm.check_extension_raw(KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED) {
        1.. => Ok(vm),
        answer => Err(Error::new(format!(
            "KVM cannot give a guest the memory of a device on this machine \
             (KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED is {answer}): it needs a processor with FEAT_S2FWB and CTR_EL0.DIC"
        ))),
    }
}

/// What the CPU is, it is told each time that it starts.
pub fn set_up(_kvm: &Kvm, _cpu: &VcpuFd) -> Result<()> {
    Ok(())
}

/// Starts as after a reset, with the address of the parameters as first argument. It is the kind of CPU that this machine has.
pub fn start(vm: &VmFd, cpu: &VcpuFd, _ram: &Memory) -> Result<()> {
    let mut target = kvm_vcpu_init::default();
    vm.get_preferred_target(&mut target)
        .attempt("KVM_ARM_PREFERRED_TARGET")?;
    cpu.vcpu_init(&target).attempt("KVM_ARM_VCPU_INIT")?;
    for (register, value) in [(X0, BOOT), (PC, ENTRY), (SP_EL1, RAM_SIZE as u64)] {
        cpu.set_one_reg(register, &value.to_ne_bytes())
            .attempt("the CPU's registers")?;
    }
    Ok(())
}

/// Where it is.
pub fn at(cpu: &VcpuFd) -> u64 {
    let mut pc = [0; 8];
    match cpu.get_one_reg(PC, &mut pc) {
        Ok(_) => u64::from_ne_bytes(pc),
        Err(_) => 0,
    }
}

/// The port at a guest physical address.
pub fn port(address: u64) -> Option<u16> {
    let offset = address.checked_sub(PORTS)?;
    (offset < PORTS_SIZE).then_some(offset as u16)
}
