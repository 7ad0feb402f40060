// SPDX-License-Identifier: GPL-2.0

//! `VFIO_DEVICE_GET_REGION_INFO`: what a region allows, and which of its pages can be mapped.

use crate::{
    answer::Answer,
    error::{Error, Result},
};
use std::{iter, ops::Range};
use vfio_bindings::bindings::vfio::{
    VFIO_REGION_INFO_CAP_SPARSE_MMAP, VFIO_REGION_INFO_FLAG_CAPS, VFIO_REGION_INFO_FLAG_MMAP,
};

const PAGE: u64 = 4096;

/// Length of `struct vfio_region_info`, and where in it the fields are.
pub const REGION_INFO: usize = 32;
pub const INDEX: usize = 8;
const FLAGS: usize = 4;
pub const CAP_OFFSET: usize = 12;
const SIZE: usize = 16;
const OFFSET: usize = 24;

/// One region of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub size: u64,
    /// Where it starts in the device's file.
    pub offset: u64,
    /// What can be mapped, in offsets of the region.
    pub mappable: Vec<Range<u64>>,
}

impl Region {
    pub fn of(info: &Answer) -> Result<Self> {
        let flags = info.u32(FLAGS);
        let size = info.u64(SIZE);
        let mappable = if flags & VFIO_REGION_INFO_FLAG_MMAP == 0 {
            Vec::new()
        } else {
            let first = if flags & VFIO_REGION_INFO_FLAG_CAPS != 0 {
                info.u32(CAP_OFFSET)
            } else {
                0
            };
            sparse(info, first, size)?.unwrap_or_else(|| iter::once(0..size).collect())
        };
        Ok(Region {
            size,
            offset: info.u64(OFFSET),
            mappable,
        })
    }

    /// Whether a mapping of some page would touch this range.
    pub fn maps(&self, range: Range<u64>) -> bool {
        self.mappable
            .iter()
            .any(|area| area.start < range.end && range.start < area.end)
    }
}

/// The areas of the sparse mmap capability; `None` if there is no such capability, and then all of
/// the region can be mapped.
fn sparse(info: &Answer, first: u32, size: u64) -> Result<Option<Vec<Range<u64>>>> {
    let Some(cap) = info.capability(first, VFIO_REGION_INFO_CAP_SPARSE_MMAP)? else {
        return Ok(None);
    };
    let mut areas = Vec::new();
    for i in 0..cap.u32(8)? as usize {
        let (start, length) = (cap.u64(16 + 16 * i)?, cap.u64(24 + 16 * i)?);
        let end = start
            .checked_add(length)
            .filter(|&end| end <= size && (start | length) % PAGE == 0)
            .ok_or_else(|| {
                Error::new(format!(
                    "a region of {size:#x} bytes cannot be mapped at {start:#x}, {length:#x} bytes"
                ))
            })?;
        if length != 0 {
            areas.push(start..end);
        }
    }
    Ok(Some(areas))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tests::{answer, get};

    const MMAP: u32 = VFIO_REGION_INFO_FLAG_MMAP;
    const CAPS: u32 = VFIO_REGION_INFO_FLAG_CAPS;

    fn body(count: u32, areas: &[(u64, u64)]) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend(count.to_ne_bytes());
        body.extend([0; 4]);
        for (start, length) in areas {
            body.extend(start.to_ne_bytes());
            body.extend(length.to_ne_bytes());
        }
        body
    }

    fn region(flags: u32, body: &[u8]) -> Result<Region> {
        let mut full = answer(REGION_INFO, &[(REGION_INFO, 1, 0, body)]);
        full[FLAGS..FLAGS + 4].copy_from_slice(&flags.to_ne_bytes());
        full[CAP_OFFSET] = REGION_INFO as u8;
        full[SIZE..SIZE + 8].copy_from_slice(&0x10_0000u64.to_ne_bytes());
        full[OFFSET..OFFSET + 8].copy_from_slice(&(2u64 << 40).to_ne_bytes());
        Region::of(&get(&full, REGION_INFO))
    }

    #[test]
    fn areas_leave_a_hole() {
        let body = body(2, &[(0, 0x4_0000), (0x5_0000, 0xb_0000)]);
        let region = region(MMAP | CAPS, &body).unwrap();
        assert_eq!(region.offset, 2 << 40);
        assert_eq!(region.mappable, [0..0x4_0000, 0x5_0000..0x10_0000]);
        assert!(!region.maps(0x4_0000..0x5_0000));
        assert!(region.maps(0x3_f000..0x5_0000));
        assert!(region.maps(0x4_0000..0x5_0001));
    }

    #[test]
    fn without_the_capability_all_or_nothing_is_mapped() {
        let body = body(1, &[(0, 0x1000)]);
        assert!(region(MMAP, &body)
            .unwrap()
            .mappable
            .iter()
            .eq([&(0..0x10_0000)]));
        assert_eq!(region(CAPS, &body).unwrap().mappable, []);
    }

    #[test]
    fn no_area_means_that_nothing_is_mapped() {
        assert_eq!(region(MMAP | CAPS, &body(0, &[])).unwrap().mappable, []);
        let empty = body(1, &[(0x1000, 0)]);
        assert_eq!(region(MMAP | CAPS, &empty).unwrap().mappable, []);
    }

    #[test]
    fn malformed_areas_are_errors() {
        for area in [
            (0, 0x10_1000),
            (0x800, 0x1000),
            (0, 0x1800),
            (!0xfff, 0x2000),
        ] {
            assert!(region(MMAP | CAPS, &body(1, &[area])).is_err(), "{area:x?}");
        }
        // More areas than there are bytes for.
        assert!(region(MMAP | CAPS, &body(2, &[(0, 0x1000)])).is_err());
        assert!(region(MMAP | CAPS, &body(u32::MAX, &[(0, 0x1000)])).is_err());
        assert!(region(MMAP | CAPS, &[0; 3]).is_err());
    }
}
