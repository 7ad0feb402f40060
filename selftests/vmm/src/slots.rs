// SPDX-License-Identifier: GPL-2.0

//! KVM's memory slots: guest physical addresses behind which there is memory. An access anywhere
//! else comes to the machine.

use crate::{
    error::{Attempt, Result},
    memory::Memory,
};
use kvm_bindings::kvm_userspace_memory_region;
use kvm_ioctls::VmFd;
use std::{collections::BTreeMap, ops::Range};

pub struct Slots {
    vm: VmFd,
    /// The memory behind each slot, which must not go while KVM maps it.
    used: BTreeMap<u32, Memory>,
}

impl Slots {
    pub fn new(vm: VmFd) -> Self {
        Slots {
            vm,
            used: BTreeMap::new(),
        }
    }

    pub fn vm(&self) -> &VmFd {
        &self.vm
    }

    /// Puts a part of some memory at a guest physical address; the slot's number is for `remove`.
    pub fn insert(&mut self, at: u64, memory: &Memory, part: Range<u64>) -> Result<u32> {
        assert!(part.start <= part.end && part.end <= memory.size());
        let slot = (0..)
            .find(|slot| !self.used.contains_key(slot))
            .unwrap_or(0);
        let region = kvm_userspace_memory_region {
            slot,
            flags: 0,
            guest_phys_addr: at,
            memory_size: part.end - part.start,
            userspace_addr: memory.start() as u64 + part.start,
        };
        // SAFETY: The memory is not touched but by the guest and the device, and stays mapped: a
        // clone of it is kept until the slot is removed.
        unsafe { self.vm.set_user_memory_region(region) }
            .attempt(format_args!("a memory slot at {at:#x}"))?;
        self.used.insert(slot, memory.clone());
        Ok(slot)
    }

    /// Takes a slot away: KVM has no mapping of it any more when this returns.
    pub fn remove(&mut self, slot: u32) -> Result<()> {
        let region = kvm_userspace_memory_region {
            slot,
            ..Default::default()
        };
        // SAFETY: A slot without size maps nothing.
        unsafe { self.vm.set_user_memory_region(region) }
            .attempt(format_args!("removing memory slot {slot}"))?;
        self.used.remove(&slot);
        Ok(())
    }
}
