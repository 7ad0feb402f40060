// SPDX-License-Identifier: GPL-2.0

//! The VFIO device. vfio-ioctls opens it; what its regions are is asked here, since that crate
//! drops the index of regions behind one that does not exist, and the errors of an access.

use crate::{
    answer::Answer,
    cxl_info::{CxlInfo, DEVICE_INFO},
    error::{Attempt, Error, Result},
    iommu::Iommu,
    memory::Memory,
    region::{Region, INDEX, REGION_INFO},
};
use std::{
    fs::File,
    io,
    ops::Range,
    os::{
        fd::{AsRawFd, BorrowedFd},
        unix::fs::FileExt,
    },
    path::Path,
};
use vfio_bindings::bindings::vfio::{VFIO_BASE, VFIO_TYPE};
use vfio_ioctls::VfioDevice;
use vmm_sys_util::{
    ioctl::{ioctl, ioctl_with_mut_ptr},
    ioctl_io_nr,
};

ioctl_io_nr!(VFIO_DEVICE_GET_INFO, VFIO_TYPE.into(), VFIO_BASE + 7);
ioctl_io_nr!(VFIO_DEVICE_GET_REGION_INFO, VFIO_TYPE.into(), VFIO_BASE + 8);
ioctl_io_nr!(VFIO_DEVICE_RESET, VFIO_TYPE.into(), VFIO_BASE + 11);

pub struct Device {
    /// Closed before the device's owner below, which takes it out of its group.
    file: File,
    _owner: VfioDevice,
    cxl: CxlInfo,
}

fn last_error(what: &str) -> Error {
    Error::new(format!("{what}: {}", io::Error::last_os_error()))
}

/// What the kernel says of a region.
fn ask_region(file: &File, index: u32) -> Result<Answer> {
    let info = Answer::get(
        REGION_INFO,
        |buffer| buffer[INDEX..INDEX + 4].copy_from_slice(&index.to_ne_bytes()),
        |buffer| {
            // SAFETY: The kernel writes at most argsz bytes, which is the buffer's length.
            let ret = unsafe {
                ioctl_with_mut_ptr(file, VFIO_DEVICE_GET_REGION_INFO(), buffer.as_mut_ptr())
            };
            (ret == 0)
                .then_some(())
                .ok_or_else(|| last_error("VFIO_DEVICE_GET_REGION_INFO"))
        },
    );
    info.attempt(format_args!("region {index}"))
}

impl Device {
    /// Opens the function with this address, which is bound to cxl-vfio-pci.
    pub fn open(address: &str, iommu: &Iommu) -> Result<Self> {
        let path = Path::new("/sys/bus/pci/devices").join(address);
        let owner = VfioDevice::new(&path, iommu.ops())
            .attempt(format_args!("{address} cannot be opened"))?;
        // SAFETY: The owner has it open.
        let file = unsafe { BorrowedFd::borrow_raw(owner.as_raw_fd()) };
        let file = file.try_clone_to_owned().map(File::from).attempt(address)?;
        let info = Answer::get(
            DEVICE_INFO,
            |_| (),
            |buffer| {
                // SAFETY: The kernel writes at most argsz bytes, which is the buffer's length.
                let ret = unsafe {
                    ioctl_with_mut_ptr(&file, VFIO_DEVICE_GET_INFO(), buffer.as_mut_ptr())
                };
                (ret == 0)
                    .then_some(())
                    .ok_or_else(|| last_error("VFIO_DEVICE_GET_INFO"))
            },
        )?;
        let cxl = CxlInfo::of(&info, |index| ask_region(&file, index))?.ok_or_else(|| {
            Error::new(format!("{address} is passed through as a plain PCI device"))
        })?;
        Ok(Device {
            file,
            _owner: owner,
            cxl,
        })
    }

    pub fn cxl(&self) -> &CxlInfo {
        &self.cxl
    }

    pub fn region(&self, index: u32) -> Result<Region> {
        Region::of(&ask_region(&self.file, index)?)
    }

    /// Whether `len` bytes at `offset` lie within the region.
    fn within(region: &Region, offset: u64, len: usize) -> io::Result<u64> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= region.size => Ok(region.offset + offset),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    pub fn read(&self, region: &Region, offset: u64, data: &mut [u8]) -> io::Result<()> {
        let at = Self::within(region, offset, data.len())?;
        self.file.read_exact_at(data, at)
    }

    pub fn write(&self, region: &Region, offset: u64, data: &[u8]) -> io::Result<()> {
        let at = Self::within(region, offset, data.len())?;
        self.file.write_all_at(data, at)
    }

    /// Maps a part of a region, at an address that equals `like` modulo 1 GiB.
    pub fn map(&self, region: &Region, part: &Range<u64>, like: u64) -> Result<Memory> {
        Memory::region(
            &self.file,
            region.offset + part.start,
            part.end - part.start,
            like,
        )
    }

    /// What resets the function when its machine is reset.
    pub fn reset(&self) -> Result<()> {
        // SAFETY: It takes no argument.
        match unsafe { ioctl(&self.file, VFIO_DEVICE_RESET()) } {
            0 => Ok(()),
            _ => Err(last_error("VFIO_DEVICE_RESET")),
        }
    }
}
