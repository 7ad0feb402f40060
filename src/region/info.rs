// SPDX-License-Identifier: GPL-2.0

//! What is said about a device and its regions: the core's answers, with ours added.

#![forbid(unsafe_code)]

use crate::{
    cxl::Cxl,
    ffi::{
        info::{
            DeviceInfo,
            InfoCaps,
            RegionInfo,
            VFIO_DEVICE_FEATURE_GET,
            VFIO_DEVICE_FLAGS_CAPS,
            VFIO_DEVICE_FLAGS_CXL, //
        },
        vfio::Device,
    },
    region::component_bar, //
};
use kernel::{
    num::casts::u32_as_usize,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

/// The ioctl, whose number the kernel only has as a macro.
pub(crate) const VFIO_DEVICE_GET_INFO: u32 = kernel::ioctl::_IO(b';' as u32, 100 + 7);

/// Sets up interrupts.
pub(crate) const VFIO_DEVICE_SET_IRQS: u32 = kernel::ioctl::_IO(b';' as u32, 100 + 10);

/// The ioctl that resets the device.
pub(crate) const VFIO_DEVICE_RESET: u32 = kernel::ioctl::_IO(b';' as u32, 100 + 11);

/// Resets every function that the device's slot or bus has.
pub(crate) const VFIO_DEVICE_PCI_HOT_RESET: u32 = kernel::ioctl::_IO(b';' as u32, 100 + 13);

/// Has the kernel write a register whenever an eventfd is signalled.
pub(crate) const VFIO_DEVICE_IOEVENTFD: u32 = kernel::ioctl::_IO(b';' as u32, 100 + 16);

/// What an `argsz` is at least.
const MIN_ARGSZ: u32 = DeviceInfo::MIN_LEN as u32;

/// The size of `struct vfio_device_info`, where the core puts its capabilities.
const INFO_LEN: u32 = core::mem::size_of::<DeviceInfo>() as u32;

/// Answers VFIO_DEVICE_GET_INFO.
///
/// The core writes its answer to the user's memory itself and tells the size of its capabilities
/// only when they do not fit. So it is asked twice: once with an `argsz` for which none fit, to
/// learn the size, and once with the user's, to have them written. Ours goes behind them and is the
/// first of the chain, so that nothing which the core wrote has to be read back to link it.
pub(crate) fn get_device_info(device: &Device<Cxl>, arg: UserPtr) -> Result<c_long> {
    let argsz: u32 = UserSlice::new(arg, 4).reader().read()?;
    if argsz < MIN_ARGSZ {
        return device.core_ioctl(VFIO_DEVICE_GET_INFO, arg);
    }
    set_argsz(arg, MIN_ARGSZ)?;
    let asked = device.core_ioctl(VFIO_DEVICE_GET_INFO, arg);
    let core_len: u32 = UserSlice::new(arg, 4).reader().read()?;
    set_argsz(arg, argsz)?;
    asked?;
    let ret = device.core_ioctl(VFIO_DEVICE_GET_INFO, arg)?;

    // CAST: The smaller of a u32 and 24.
    let written = argsz.min(INFO_LEN) as usize;
    let mut info = DeviceInfo::read(arg, written)?;
    info.0.flags |= VFIO_DEVICE_FLAGS_CXL;
    if let Some(mut cap) = (device.interface.device_capability)(&device.facts()?) {
        let core_len = core_len.max(INFO_LEN);
        // CAST: The size of a capability.
        let len = cap.bytes().len() as u32;
        let total = core_len.checked_add(len).ok_or(EINVAL)?;
        info.0.flags |= VFIO_DEVICE_FLAGS_CAPS;
        if argsz < total {
            info.0.argsz = total;
            info.0.cap_offset = 0;
        } else {
            let bytes = cap.bytes_before(info.0.cap_offset);
            let at = arg.wrapping_byte_add(u32_as_usize(core_len));
            UserSlice::new(at, bytes.len())
                .writer()
                .write_slice(bytes)?;
            info.0.cap_offset = core_len;
        }
    }
    info.write(arg, written)?;
    Ok(ret)
}

fn set_argsz(arg: UserPtr, argsz: u32) -> Result {
    UserSlice::new(arg, 4).writer().write(&argsz)
}

/// Corrects the core's answer to VFIO_DEVICE_GET_REGION_INFO for the component BAR: the pages of
/// its hole cannot be mapped.
pub(crate) fn correct_component_bar(
    cxl: &Cxl,
    info: &mut RegionInfo,
    caps: &mut InfoCaps,
) -> Result {
    if !info.can_mmap() {
        return Ok(());
    }
    let mut areas = KVec::new();
    for area in component_bar::mappable(cxl) {
        areas.push((area.start, area.end - area.start), GFP_KERNEL)?;
    }
    if areas.is_empty() {
        info.forbid_mmap();
    }
    caps.add_sparse_mmap(&areas)
}

/// Adds to the core's answer for the component register region what the interface has there.
pub(crate) fn describe_component(cxl: &Cxl, caps: &mut InfoCaps) -> Result {
    match (cxl.interface.region_capability)(&cxl.facts()?) {
        Some(mut cap) => caps.add(&mut cap),
        None => Ok(()),
    }
}

/// The region that a VFIO_DEVICE_FEATURE_DMA_BUF wants exported; nothing if it only probes. What is
/// wrong with the request is the core's to say.
pub(crate) fn asks_for_dma_buf_of(flags: u32, arg: UserPtr, argsz: usize) -> Result<Option<u32>> {
    if flags & VFIO_DEVICE_FEATURE_GET == 0 || argsz < 4 {
        return Ok(None);
    }
    UserSlice::new(arg, 4).reader().read().map(Some)
}
