// SPDX-License-Identifier: GPL-2.0

//! A device as VFIO gives it to its user. linux/vfio.h and include/uapi/linux/cxl_vfio_pci.h have the numbers.

use crate::{
    device::Device,
    error::{
        Refusal,
        Result, //
    },
    ffi::{
        self,
        Mapping, //
    },
};
use std::{
    ffi::CString,
    fs::{
        File,
        OpenOptions, //
    },
    io,
    num::NonZero,
    os::{
        fd::AsRawFd,
        unix::fs::FileExt, //
    },
};

const SET_IOMMU: u64 = 0x3b66;
const GROUP_GET_STATUS: u64 = 0x3b67;
const GROUP_SET_CONTAINER: u64 = 0x3b68;
const GROUP_GET_DEVICE_FD: u64 = 0x3b6a;
const DEVICE_GET_INFO: u64 = 0x3b6b;
const DEVICE_GET_REGION_INFO: u64 = 0x3b6c;
const DEVICE_BIND_IOMMUFD: u64 = 0x3b76;
const TYPE1V2_IOMMU: u64 = 3;
const GROUP_VIABLE: u32 = 1 << 0;

/// The index of configuration space; those below are BARs 0 to 5 and the ROM.
pub const CONFIG_REGION: u32 = 7;
const CAP_CXL: u16 = 6;
const COMMITTED_BY_FIRMWARE: u32 = 1 << 0;
/// What of the block is at offset 0 of v2's region.
const V2_FIRST: u64 = 0x1000;
const REGION_CAP_TYPE: u16 = 2;
const REGION_CAP_V6: u16 = 6;
const REGION_TYPE_CXL: u32 = 1 << 31 | 0x1e98;
const REGION_SUBTYPE_MEMORY: u32 = 1;
const REGION_SUBTYPE_REGISTERS: u32 = 2;
const FLAG_CXL: u32 = 1 << 9;
pub const REGION_READ: u32 = 1 << 0;
pub const REGION_WRITE: u32 = 1 << 1;
pub const REGION_MMAP: u32 = 1 << 2;

/// The longest answer: headers and a chain of capabilities.
const ANSWER: usize = 4096;

/// An answer of the kernel, dwords and quadwords at offsets of its structure.
pub struct Answer(Vec<u8>);

impl Answer {
    fn ask(file: &File, request: u64, index: Option<u32>, size: usize) -> io::Result<Self> {
        let mut bytes = vec![0; size];
        bytes[..4].copy_from_slice(&u32::try_from(size).unwrap_or(0).to_ne_bytes());
        if let Some(index) = index {
            bytes[8..12].copy_from_slice(&index.to_ne_bytes());
        }
        ffi::ioctl_buffer(file, request, &mut bytes)?;
        Ok(Self(bytes))
    }

    pub fn get32(&self, at: usize) -> u32 {
        let bytes = self.0.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
    }

    pub fn get64(&self, at: usize) -> u64 {
        let bytes = self.0.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
    }

    /// Where a capability of the chain that begins at `first` is.
    fn capability(&self, first: u32, id: u16) -> Option<usize> {
        let mut at = first as usize;
        while at != 0 && at + 8 <= self.0.len() {
            let header = self.get32(at);
            if header as u16 == id {
                return Some(at);
            }
            let next = self.get32(at + 4) as usize;
            // The kernel makes chains that go on only.
            at = if next > at { next } else { 0 };
        }
        None
    }
}

/// The generations of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uapi {
    V2,
    V3,
    V6,
}

/// Where the parts of a CXL device are, and the generation of the interface that says so.
#[derive(Clone, Copy, Debug)]
pub struct CxlInfo {
    pub uapi: Uapi,
    pub committed: bool,
    pub memory: u32,
    pub registers: u32,
    /// What of the component register block is at offset 0 of its region.
    pub first: u64,
    pub bar: u32,
    pub bar_offset: u64,
}

/// The size of a component register block, and the alignment of its offset in a BAR.
pub const BLOCK_SIZE: u64 = 64 << 10;

impl CxlInfo {
    /// From VFIO_DEVICE_INFO_CAP_CXL at `at` of the answer.
    fn of_device(info: &Answer, at: usize) -> Self {
        let v2_offset = info.get64(at + 16);
        if v2_offset % BLOCK_SIZE == V2_FIRST {
            return Self {
                uapi: Uapi::V2,
                committed: info.get32(at + 12) & COMMITTED_BY_FIRMWARE != 0,
                memory: info.get32(at + 24),
                registers: info.get32(at + 28),
                first: V2_FIRST,
                bar: info.get32(at + 8) & 0xff,
                bar_offset: v2_offset - V2_FIRST,
            };
        }
        Self {
            uapi: Uapi::V3,
            committed: info.get32(at + 8) & COMMITTED_BY_FIRMWARE != 0,
            memory: info.get32(at + 12),
            registers: info.get32(at + 16),
            first: 0,
            bar: info.get32(at + 20),
            bar_offset: info.get64(at + 32),
        }
    }

    /// From the regions, which v6 has say it.
    fn of_regions(file: &File, regions: u32) -> Option<Self> {
        let ask = |index| Answer::ask(file, DEVICE_GET_REGION_INFO, Some(index), ANSWER).ok();
        let find = |wanted| {
            (0..regions).find_map(|index| {
                let info = ask(index)?;
                let at = info.capability(info.get32(12), REGION_CAP_TYPE)?;
                let found = (info.get32(at + 8), info.get32(at + 12)) == (REGION_TYPE_CXL, wanted);
                found.then_some((index, info))
            })
        };
        let (memory, _) = find(REGION_SUBTYPE_MEMORY)?;
        let (registers, info) = find(REGION_SUBTYPE_REGISTERS)?;
        let at = info.capability(info.get32(12), REGION_CAP_V6)?;
        let offset = info.get64(at + 16);
        Some(Self {
            uapi: Uapi::V6,
            committed: true,
            memory,
            registers,
            first: offset % BLOCK_SIZE,
            bar: info.get32(at + 8),
            bar_offset: offset - offset % BLOCK_SIZE,
        })
    }
}

#[derive(Clone, Copy)]
pub struct Region {
    pub flags: u32,
    pub size: u64,
    pub offset: u64,
}

pub struct Vfio {
    file: File,
    /// What keeps the device's DMA apart, and the group: in use as long as the device.
    _iommu: Vec<File>,
    pub flags: u32,
    pub regions: u32,
    pub cxl: Option<CxlInfo>,
}

fn open_file(path: &str) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

impl Vfio {
    pub fn open(device: &Device<'_>) -> Result<Self> {
        let (file, iommu) = open(device).map_err(|error| {
            let advice = match error.raw_os_error() {
                Some(libc::EBUSY) => "Somebody else has it open, such as a virtual machine: `cxl-vfio check` says who.",
                Some(libc::EACCES) => "Run this as root.",
                Some(libc::EPERM) => "`cxl-vfio check` says what of its group must go, and whether interrupts are remapped.",
                _ => "The last lines of `dmesg` say more.",
            };
            Refusal::new(format!("{} cannot be opened: {error}", device.address), advice)
        })?;
        Self::ask(file, iommu).map_err(|error| {
            Refusal::new(
                format!("{} does not say what it is: {error}", device.address),
                "The last lines of `dmesg` say more.",
            )
        })
    }

    fn ask(file: File, iommu: Vec<File>) -> io::Result<Self> {
        let info = Answer::ask(&file, DEVICE_GET_INFO, None, ANSWER)?;
        let cxl = match info.capability(info.get32(16), CAP_CXL) {
            Some(at) => Some(CxlInfo::of_device(&info, at)),
            None if info.get32(4) & FLAG_CXL != 0 => CxlInfo::of_regions(&file, info.get32(8)),
            None => None,
        };
        Ok(Self {
            flags: info.get32(4),
            regions: info.get32(8),
            cxl,
            file,
            _iommu: iommu,
        })
    }

    pub fn region(&self, index: u32) -> io::Result<Region> {
        let info = Answer::ask(&self.file, DEVICE_GET_REGION_INFO, Some(index), ANSWER)?;
        Ok(Region {
            flags: info.get32(4),
            size: info.get64(16),
            offset: info.get64(24),
        })
    }

    pub fn read32(&self, region: &Region, at: u64) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.file.read_exact_at(&mut bytes, region.offset + at)?;
        Ok(u32::from_le_bytes(bytes))
    }

    pub fn write32(&self, region: &Region, at: u64, value: u32) -> io::Result<()> {
        self.file
            .write_all_at(&value.to_le_bytes(), region.offset + at)
    }

    pub fn write16(&self, region: &Region, at: u64, value: u16) -> io::Result<()> {
        self.file
            .write_all_at(&value.to_le_bytes(), region.offset + at)
    }

    /// `place` is that of [`Mapping::new`].
    pub fn map(
        &self,
        region: &Region,
        len: NonZero<usize>,
        place: (usize, usize),
    ) -> io::Result<Mapping> {
        Mapping::new(&self.file, region.offset, len, true, Some(place))
    }
}

/// Through its group and a container, or, where the kernel has none, through its own file and an iommufd.
fn open(device: &Device<'_>) -> io::Result<(File, Vec<File>)> {
    let host = device.host;
    let group = device.group().map(|group| format!("/dev/vfio/{group}"));
    if let Some(path) = group.filter(|path| host.exists(path)) {
        let container = open_file("/dev/vfio/vfio")?;
        let group = open_file(&path)?;
        let status = Answer::ask(&group, GROUP_GET_STATUS, None, 8)?;
        if status.get32(4) & GROUP_VIABLE == 0 {
            return Err(io::Error::from_raw_os_error(libc::EPERM));
        }
        ffi::ioctl_descriptor(&group, GROUP_SET_CONTAINER, &container)?;
        ffi::ioctl_number(&container, SET_IOMMU, TYPE1V2_IOMMU)?;
        let name = CString::new(device.address.as_str())?;
        let file = ffi::ioctl_open(&group, GROUP_GET_DEVICE_FD, &name)?;
        return Ok((file, vec![group, container]));
    }
    let name = host.names(&device.path("vfio-dev")).into_iter().next();
    let name = name.ok_or(io::ErrorKind::NotFound)?;
    let file = open_file(&format!("/dev/vfio/devices/{name}"))?;
    let iommufd = open_file("/dev/iommu")?;
    let mut bind = [0; 16];
    bind[..4].copy_from_slice(&16u32.to_ne_bytes());
    bind[8..12].copy_from_slice(&iommufd.as_raw_fd().to_ne_bytes());
    ffi::ioctl_buffer(&file, DEVICE_BIND_IOMMUFD, &mut bind)?;
    Ok((file, vec![iommufd]))
}
