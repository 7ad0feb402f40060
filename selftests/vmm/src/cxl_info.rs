// SPDX-License-Identifier: GPL-2.0

//! `VFIO_DEVICE_INFO_CAP_CXL`: where the parts of a CXL device are.

use crate::{
    answer::Answer,
    error::{Error, Result},
};
use vfio_bindings::bindings::vfio::VFIO_DEVICE_FLAGS_CAPS;

// From include/uapi/linux/cxl_vfio_pci.h, which vfio-bindings does not have.
const VFIO_DEVICE_FLAGS_CXL: u32 = 1 << 9;
const VFIO_DEVICE_INFO_CAP_CXL: u32 = 6;
const VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED: u32 = 1 << 0;

/// What `struct vfio_device_info_cap_cxl` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CxlInfo {
    /// The guest finds decoder 0 committed.
    pub committed: bool,
    /// Index of the region that is the device's memory.
    pub memory_region: u32,
    /// Index of the region that is the component register block as a guest may see it.
    pub component_region: u32,
    /// Where the guest expects that block.
    pub component_bar: u32,
    pub component_offset: u64,
    pub component_size: u64,
}

/// Length of `struct vfio_device_info`, and where in it the fields are.
pub const DEVICE_INFO: usize = 24;
const FLAGS: usize = 4;
const CAP_OFFSET: usize = 16;

impl CxlInfo {
    /// From the answer to `VFIO_DEVICE_GET_INFO`; `None` for a device that is not CXL.
    pub fn of(device: &Answer) -> Result<Option<Self>> {
        let flags = device.u32(FLAGS);
        if flags & VFIO_DEVICE_FLAGS_CXL == 0 {
            return Ok(None);
        }
        let first = if flags & VFIO_DEVICE_FLAGS_CAPS != 0 {
            device.u32(CAP_OFFSET)
        } else {
            0
        };
        let Some(cap) = device.capability(first, VFIO_DEVICE_INFO_CAP_CXL)? else {
            return Err(Error::new(
                "the device says that it is CXL, and nothing about it",
            ));
        };
        if cap.version != 1 {
            return Err(Error::new(format!(
                "VFIO_DEVICE_INFO_CAP_CXL has version {}, this program knows 1",
                cap.version
            )));
        }
        let info = CxlInfo {
            committed: cap.u32(8)? & VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED != 0,
            memory_region: cap.u32(12)?,
            component_region: cap.u32(16)?,
            component_bar: cap.u32(20)?,
            component_offset: cap.u64(32)?,
            component_size: cap.u64(40)?,
        };
        if info.component_bar > 5
            || info.component_size == 0
            || info
                .component_offset
                .checked_add(info.component_size)
                .is_none()
        {
            return Err(Error::new(format!(
                "component registers at {:#x} of BAR {}, {:#x} bytes: there is no such place",
                info.component_offset, info.component_bar, info.component_size
            )));
        }
        Ok(Some(info))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tests::{answer, get};

    fn body(bar: u32, offset: u64, size: u64) -> Vec<u8> {
        let mut body = Vec::new();
        for value in [1u32, 10, 9, bar, 0, 0] {
            body.extend(value.to_ne_bytes());
        }
        body.extend(offset.to_ne_bytes());
        body.extend(size.to_ne_bytes());
        body
    }

    /// An answer whose chain has another capability before the one of CXL.
    fn device(flags: u32, id: u16, body: &[u8]) -> Answer {
        let mut full = answer(
            DEVICE_INFO,
            &[(DEVICE_INFO, 5, 36, &[0; 4]), (36, id, 0, body)],
        );
        full[FLAGS..FLAGS + 4].copy_from_slice(&flags.to_ne_bytes());
        full[CAP_OFFSET] = DEVICE_INFO as u8;
        get(&full, DEVICE_INFO)
    }

    const CXL: u32 = VFIO_DEVICE_FLAGS_CXL | VFIO_DEVICE_FLAGS_CAPS;

    #[test]
    fn all_fields_are_found() {
        let info = CxlInfo::of(&device(CXL, 6, &body(2, 0x4_0000, 0x1_0000)));
        assert_eq!(
            info.unwrap().unwrap(),
            CxlInfo {
                committed: true,
                memory_region: 10,
                component_region: 9,
                component_bar: 2,
                component_offset: 0x4_0000,
                component_size: 0x1_0000,
            }
        );
    }

    #[test]
    fn other_devices_are_not_cxl() {
        let body = body(2, 0, 0x1_0000);
        assert!(CxlInfo::of(&device(VFIO_DEVICE_FLAGS_CAPS, 6, &body))
            .unwrap()
            .is_none());
    }

    #[test]
    fn a_flag_without_its_capability_is_an_error() {
        let body = body(2, 0, 0x1_0000);
        assert!(CxlInfo::of(&device(CXL, 7, &body)).is_err());
        // Without the flag the offset of the chain means nothing.
        assert!(CxlInfo::of(&device(VFIO_DEVICE_FLAGS_CXL, 6, &body)).is_err());
    }

    #[test]
    fn what_is_short_or_nowhere_is_an_error() {
        let whole = body(2, 0, 0x1_0000);
        for len in 0..whole.len() {
            assert!(
                CxlInfo::of(&device(CXL, 6, &whole[..len])).is_err(),
                "{len}"
            );
        }
        for (bar, offset, size) in [(6, 0, 0x1_0000), (2, 0, 0), (2, u64::MAX, 2)] {
            assert!(CxlInfo::of(&device(CXL, 6, &body(bar, offset, size))).is_err());
        }
        let mut other = answer(DEVICE_INFO, &[(DEVICE_INFO, 6, 0, &whole)]);
        other[FLAGS..FLAGS + 4].copy_from_slice(&CXL.to_ne_bytes());
        other[CAP_OFFSET] = DEVICE_INFO as u8;
        other[DEVICE_INFO + 2] = 2;
        assert!(CxlInfo::of(&get(&other, DEVICE_INFO)).is_err());
    }
}
