// SPDX-License-Identifier: GPL-2.0

//! Where the parts of a CXL device are, as each generation of the interface says it.

use crate::{
    answer::{Answer, Capability},
    error::{Error, Result},
    region,
};
use std::{fmt, ops::Range};
use vfio_bindings::bindings::vfio::{
    VFIO_DEVICE_FLAGS_CAPS, VFIO_REGION_INFO_CAP_TYPE, VFIO_REGION_INFO_FLAG_CAPS,
};

// From include/uapi/linux/cxl_vfio_pci.h, which vfio-bindings does not have.
const VFIO_DEVICE_FLAGS_CXL: u32 = 1 << 9;
const VFIO_DEVICE_INFO_CAP_CXL: u32 = 6;
const COMMITTED_BY_FIRMWARE: u32 = 1 << 0;
const CXL_VFIO_PCI_V2_OFFSET: u64 = 0x1000;
const CXL_VFIO_PCI_REGION_INFO_CAP_V6: u32 = 6;
const VFIO_REGION_TYPE_CXL: u32 = 1 << 31 | 0x1e98;
const VFIO_REGION_SUBTYPE_CXL: u32 = 1;
const VFIO_REGION_SUBTYPE_CXL_COMP_REGS: u32 = 2;

/// The size of a component register block, and the alignment of its offset in a BAR.
const BLOCK: u64 = 64 << 10;
/// Regions of VFIO's own come first.
const FIRST_REGION: u32 = 9;

/// A generation of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    V2,
    V3,
    V6,
}

impl Interface {
    /// By its name, as the driver's parameter has it.
    pub fn named(name: &str) -> Option<Self> {
        [Self::V2, Self::V3, Self::V6]
            .into_iter()
            .find(|interface| interface.to_string() == name)
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::V6 => "v6",
        })
    }
}

/// Where things are, whichever interface said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CxlInfo {
    pub interface: Interface,
    /// The guest finds decoder 0 committed.
    pub committed: bool,
    /// Index of the region that is the device's memory.
    pub memory_region: u32,
    /// Index of the region that has component registers as a guest may see them.
    pub component_region: u32,
    /// What of the component register block is at offset 0 of that region.
    pub first: u64,
    /// Where the guest expects the block.
    pub component_bar: u32,
    pub component_offset: u64,
}

/// Length of `struct vfio_device_info`, and where in it the fields are.
pub const DEVICE_INFO: usize = 24;
const FLAGS: usize = 4;
const NUM_REGIONS: usize = 8;
const CAP_OFFSET: usize = 16;

impl CxlInfo {
    /// From the answer to `VFIO_DEVICE_GET_INFO`, and to `VFIO_DEVICE_GET_REGION_INFO` where that says
    /// it; `None` for a device that is not CXL.
    pub fn of(device: &Answer, region: impl Fn(u32) -> Result<Answer>) -> Result<Option<Self>> {
        let flags = device.u32(FLAGS);
        if flags & VFIO_DEVICE_FLAGS_CXL == 0 {
            return Ok(None);
        }
        let first = if flags & VFIO_DEVICE_FLAGS_CAPS != 0 {
            device.u32(CAP_OFFSET)
        } else {
            0
        };
        let info = match device.capability(first, VFIO_DEVICE_INFO_CAP_CXL)? {
            Some(cap) => Self::of_capability(cap)?,
            None => Self::of_regions(device.u32(NUM_REGIONS), region)?,
        };
        info.check().map(Some)
    }

    /// Id and version are the same for v2 and v3. A block starts at a multiple of its size, and where v2 has
    /// an offset in it v3 has the index of a region.
    fn of_capability(cap: Capability<'_>) -> Result<Self> {
        if cap.version != 1 {
            return Err(Error::new(format!(
                "VFIO_DEVICE_INFO_CAP_CXL has version {}, this program knows 1",
                cap.version
            )));
        }
        let offset = cap.u64(16)?;
        if offset % BLOCK == CXL_VFIO_PCI_V2_OFFSET {
            return Ok(CxlInfo {
                interface: Interface::V2,
                committed: cap.u32(12)? & COMMITTED_BY_FIRMWARE != 0,
                memory_region: cap.u32(24)?,
                component_region: cap.u32(28)?,
                first: CXL_VFIO_PCI_V2_OFFSET,
                component_bar: cap.u32(8)?.to_ne_bytes()[0].into(),
                component_offset: offset - CXL_VFIO_PCI_V2_OFFSET,
            });
        }
        let size = cap.u64(40)?;
        if size != BLOCK {
            return Err(Error::new(format!(
                "the device describes a component register block of {size:#x} bytes, and no generation of the interface \
                 that this program knows does: v2, v3, v6"
            )));
        }
        Ok(CxlInfo {
            interface: Interface::V3,
            committed: cap.u32(8)? & COMMITTED_BY_FIRMWARE != 0,
            memory_region: cap.u32(12)?,
            component_region: cap.u32(16)?,
            first: 0,
            component_bar: cap.u32(20)?,
            component_offset: cap.u64(32)?,
        })
    }

    /// v6 says nothing of the device: its regions are found by their type.
    fn of_regions(count: u32, region: impl Fn(u32) -> Result<Answer>) -> Result<Self> {
        let (mut memory, mut registers) = (None, None);
        for index in FIRST_REGION..count {
            let answer = region(index)?;
            let flags = answer.u32(FLAGS);
            let first = match flags & VFIO_REGION_INFO_FLAG_CAPS {
                0 => 0,
                _ => answer.u32(region::CAP_OFFSET),
            };
            let Some(kind) = answer.capability(first, VFIO_REGION_INFO_CAP_TYPE)? else {
                continue;
            };
            match (kind.u32(8)?, kind.u32(12)?) {
                (VFIO_REGION_TYPE_CXL, VFIO_REGION_SUBTYPE_CXL) => memory = Some(index),
                (VFIO_REGION_TYPE_CXL, VFIO_REGION_SUBTYPE_CXL_COMP_REGS) => {
                    let cap = answer.capability(first, CXL_VFIO_PCI_REGION_INFO_CAP_V6)?;
                    registers = match cap {
                        Some(cap) => Some((index, cap.u32(8)?, cap.u64(16)?)),
                        None => None,
                    };
                }
                _ => (),
            }
        }
        let (Some(memory_region), Some((component_region, component_bar, offset))) =
            (memory, registers)
        else {
            return Err(Error::new(
                "the device says that it is CXL, and nothing about it that this program knows: v2, v3, v6",
            ));
        };
        Ok(CxlInfo {
            interface: Interface::V6,
            committed: true,
            memory_region,
            component_region,
            first: offset % BLOCK,
            component_bar,
            component_offset: offset - offset % BLOCK,
        })
    }

    /// Where the block is in its BAR.
    pub fn block(&self) -> Range<u64> {
        self.component_offset..self.component_offset + BLOCK
    }

    fn check(self) -> Result<Self> {
        let is_nowhere = self.component_bar > 5
            || self.component_offset % BLOCK != 0
            || self.component_offset.checked_add(BLOCK).is_none();
        if is_nowhere || self.memory_region < FIRST_REGION || self.component_region < FIRST_REGION {
            return Err(Error::new(format!(
                "component registers at {:#x} of BAR {}, regions {} and {}: there is no such place",
                self.component_offset,
                self.component_bar,
                self.memory_region,
                self.component_region
            )));
        }
        Ok(self)
    }

    /// For a program that was told which interface to expect.
    pub fn insist(&self, on: Option<Interface>) -> Result<()> {
        match on {
            Some(wanted) if wanted != self.interface => Err(Error::new(format!(
                "the device speaks {}, not {wanted}: bind it again after `echo {wanted} > \
                 /sys/module/cxl_vfio_pci/parameters/uapi`",
                self.interface
            ))),
            _ => Ok(()),
        }
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

    fn no_region(index: u32) -> Result<Answer> {
        Err(Error::new(format!("nobody asks for region {index}")))
    }

    fn of(device: &Answer) -> Result<Option<CxlInfo>> {
        CxlInfo::of(device, no_region)
    }

    fn body_v2(bar: u8, offset: u64) -> Vec<u8> {
        let mut body = vec![bar, 0, 0, 0];
        body.extend(3u32.to_ne_bytes());
        body.extend(offset.to_ne_bytes());
        body.extend(9u32.to_ne_bytes());
        body.extend(10u32.to_ne_bytes());
        body
    }

    #[test]
    fn all_fields_of_v3_are_found() {
        let info = of(&device(CXL, 6, &body(2, 0x4_0000, 0x1_0000)));
        assert_eq!(
            info.unwrap().unwrap(),
            CxlInfo {
                interface: Interface::V3,
                committed: true,
                memory_region: 10,
                component_region: 9,
                first: 0,
                component_bar: 2,
                component_offset: 0x4_0000,
            }
        );
    }

    #[test]
    fn all_fields_of_v2_are_found() {
        let info = of(&device(CXL, 6, &body_v2(2, 0x4_1000)));
        assert_eq!(
            info.unwrap().unwrap(),
            CxlInfo {
                interface: Interface::V2,
                committed: true,
                memory_region: 9,
                component_region: 10,
                first: 0x1000,
                component_bar: 2,
                component_offset: 0x4_0000,
            }
        );
    }

    /// A region with a type, and for v6's registers where they are.
    fn region_of(subtype: u32, place: Option<(u32, u64)>) -> Answer {
        let mut kind = Vec::new();
        kind.extend(VFIO_REGION_TYPE_CXL.to_ne_bytes());
        kind.extend(subtype.to_ne_bytes());
        let mut cap = Vec::new();
        if let Some((bar, offset)) = place {
            cap.extend(u64::from(bar).to_ne_bytes());
            cap.extend(offset.to_ne_bytes());
        }
        let size = region::REGION_INFO;
        let mut full = match place {
            Some(_) => answer(
                size,
                &[(size, 2, size as u32 + 16, &kind), (size + 16, 6, 0, &cap)],
            ),
            None => answer(size, &[(size, 2, 0, &kind)]),
        };
        full[FLAGS..FLAGS + 4].copy_from_slice(&VFIO_REGION_INFO_FLAG_CAPS.to_ne_bytes());
        full[region::CAP_OFFSET] = size as u8;
        get(&full, size)
    }

    fn device_v6() -> Answer {
        let mut full = answer(DEVICE_INFO, &[]);
        full[FLAGS..FLAGS + 4].copy_from_slice(&VFIO_DEVICE_FLAGS_CXL.to_ne_bytes());
        full[NUM_REGIONS] = 11;
        get(&full, DEVICE_INFO)
    }

    #[test]
    fn v6_is_found_by_its_regions() {
        let info = CxlInfo::of(&device_v6(), |index| {
            Ok(region_of(index - 8, (index == 10).then_some((2, 0x4_1128))))
        });
        assert_eq!(
            info.unwrap().unwrap(),
            CxlInfo {
                interface: Interface::V6,
                committed: true,
                memory_region: 9,
                component_region: 10,
                first: 0x1128,
                component_bar: 2,
                component_offset: 0x4_0000,
            }
        );
        // Regions of the right types say nothing about where their registers are.
        assert!(CxlInfo::of(&device_v6(), |index| Ok(region_of(index - 8, None))).is_err());
        assert!(CxlInfo::of(&device_v6(), |_| Ok(region_of(7, None))).is_err());
    }

    #[test]
    fn another_interface_than_the_expected_is_an_error() {
        let info = of(&device(CXL, 6, &body_v2(2, 0x4_1000))).unwrap().unwrap();
        assert!(info.insist(None).is_ok() && info.insist(Some(Interface::V2)).is_ok());
        let error = info.insist(Some(Interface::V3)).unwrap_err().to_string();
        assert!(
            error.starts_with("the device speaks v2, not v3: "),
            "{error}"
        );
        assert_eq!(Interface::named("v6"), Some(Interface::V6));
        assert_eq!(Interface::named("v4"), None);
    }

    #[test]
    fn other_devices_are_not_cxl() {
        let body = body(2, 0, 0x1_0000);
        assert!(of(&device(VFIO_DEVICE_FLAGS_CAPS, 6, &body))
            .unwrap()
            .is_none());
    }

    #[test]
    fn a_flag_without_its_capability_is_an_error() {
        let body = body(2, 0, 0x1_0000);
        assert!(of(&device(CXL, 7, &body)).is_err());
        // Without the flag the offset of the chain means nothing.
        assert!(of(&device(VFIO_DEVICE_FLAGS_CXL, 6, &body)).is_err());
    }

    #[test]
    fn what_is_short_or_nowhere_is_an_error() {
        for whole in [body(2, 0, 0x1_0000), body_v2(2, 0x1000)] {
            for len in 0..whole.len() {
                assert!(of(&device(CXL, 6, &whole[..len])).is_err(), "{len}");
            }
        }
        for (bar, offset, size) in [
            (6, 0, 0x1_0000),
            (2, 0, 0),
            (2, 0, 0x1000),
            (2, 0x8000, 0x1_0000),
            (2, !0xffff, 0x1_0000),
        ] {
            assert!(of(&device(CXL, 6, &body(bar, offset, size))).is_err());
        }
        assert!(of(&device(CXL, 6, &body_v2(6, 0x1000))).is_err());
        let whole = body(2, 0, 0x1_0000);
        let mut other = answer(DEVICE_INFO, &[(DEVICE_INFO, 6, 0, &whole)]);
        other[FLAGS..FLAGS + 4].copy_from_slice(&CXL.to_ne_bytes());
        other[CAP_OFFSET] = DEVICE_INFO as u8;
        other[DEVICE_INFO + 2] = 2;
        assert!(of(&get(&other, DEVICE_INFO)).is_err());
    }
}
