// SPDX-License-Identifier: GPL-2.0

//! The device's view of the guest's memory: I/O addresses are guest physical addresses.

use crate::{
    error::{Attempt, Result},
    memory::Memory,
};
use iommufd_ioctls::IommuFd;
use kvm_bindings::{kvm_create_device, kvm_device_type_KVM_DEV_TYPE_VFIO};
use kvm_ioctls::VmFd;
use std::{cell::RefCell, collections::BTreeMap, ops::Range, sync::Arc};
use vfio_ioctls::{VfioContainer, VfioDeviceFd, VfioIommufd, VfioOps};

/// How the kernel is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `/dev/vfio/vfio` and the device's group.
    Container,
    /// `/dev/iommu` and the device's own file.
    Iommufd,
}

pub struct Iommu {
    ops: Arc<dyn VfioOps>,
    /// The memory behind each I/O address, which must not go while the device reaches it.
    used: RefCell<BTreeMap<u64, Memory>>,
}

impl Iommu {
    /// KVM is told of the device through a device of its own, so that it knows when there is DMA
    /// that is not coherent.
    pub fn open(mode: Mode, vm: &VmFd) -> Result<Self> {
        let mut tracker = kvm_create_device {
            type_: kvm_device_type_KVM_DEV_TYPE_VFIO,
            ..Default::default()
        };
        let tracker = vm
            .create_device(&mut tracker)
            .attempt("KVM's VFIO device")?;
        let tracker = Some(Arc::new(VfioDeviceFd::new_from_kvm(tracker)));
        let ops: Arc<dyn VfioOps> = match mode {
            Mode::Container => Arc::new(VfioContainer::new(tracker).attempt("the container")?),
            Mode::Iommufd => {
                let iommufd = IommuFd::new().attempt("the iommufd")?;
                let iommufd = VfioIommufd::new(Arc::new(iommufd), None, tracker);
                Arc::new(iommufd.attempt("the I/O address space")?)
            }
        };
        Ok(Iommu {
            ops,
            used: RefCell::new(BTreeMap::new()),
        })
    }

    pub fn ops(&self) -> Arc<dyn VfioOps> {
        self.ops.clone()
    }

    /// Lets the device reach a part of some memory at an I/O address.
    pub fn map(&self, at: u64, memory: &Memory, part: Range<u64>) -> Result<()> {
        assert!(part.start <= part.end && part.end <= memory.size());
        let start = memory.start().wrapping_add(part.start as usize);
        let size = (part.end - part.start) as usize;
        // SAFETY: The memory is not touched but by the guest and the device, and stays mapped: a
        // clone of it is kept until `unmap`.
        unsafe { self.ops.vfio_dma_map(at, size, start) }
            .attempt(format_args!("mapping {at:#x} for DMA"))?;
        self.used.borrow_mut().insert(at, memory.clone());
        Ok(())
    }

    pub fn unmap(&self, at: u64, size: u64) -> Result<()> {
        self.ops
            .vfio_dma_unmap(at, size as usize)
            .attempt(format_args!("unmapping {at:#x} for DMA"))?;
        self.used.borrow_mut().remove(&at);
        Ok(())
    }
}
