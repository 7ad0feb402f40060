// SPDX-License-Identifier: GPL-2.0

//! A CXL device that is bound as plain PCI: as under vfio-pci, except that a user cannot write the
//! registers of the CXL Device DVSEC that stay as they are when the function is reset, and decide
//! for the next one: CONFIG_LOCK and where memory is decoded.

#![forbid(unsafe_code)]

use crate::{
    ffi::{
        info::VFIO_PCI_CONFIG_REGION_INDEX,
        vfio::{
            region_of,
            PlainDevice, //
        },
    },
    region::split, //
};
use core::ops::Range;
use cxl_regs::dvsec::{
    self,
    lock,
    range1_base_high,
    range1_base_low,
    range2_base_high,
    range2_base_low, //
};
use kernel::{
    num::casts::usize_as_u64,
    prelude::*,
    uaccess::UserPtr, //
};

/// These registers in the DVSEC at `at`, as far as it reaches, `end`.
fn kept(at: u64, end: u64) -> impl Iterator<Item = Range<u64>> + Clone {
    let registers = [
        (&lock::CONFIG_LOCK, 2),
        (&range1_base_high::BASE_HIGH, 4),
        (&range1_base_low::BASE_LOW, 4),
        (&range2_base_high::BASE_HIGH, 4),
        (&range2_base_low::BASE_LOW, 4),
    ];
    registers.into_iter().map(move |(field, len)| {
        let start = at.saturating_add(field.offset().into());
        start.min(end)..start.saturating_add(len).min(end)
    })
}

/// Writes to a region.
pub(crate) fn write(device: &PlainDevice, from: UserPtr, count: usize, pos: u64) -> Result<usize> {
    let (index, offset) = region_of(pos);
    let end = offset.saturating_add(usize_as_u64(count));
    let pdev = device.pdev();
    let dvsec = match index {
        VFIO_PCI_CONFIG_REGION_INDEX if end <= pdev.config_len() => {
            pdev.find_cxl_dvsec(dvsec::DEVICE)
        }
        _ => None,
    };
    let Some(at) = dvsec else {
        return device.core_write(from, count, pos);
    };
    let header = pdev.read_config32(at.saturating_add(dvsec::header1::LENGTH.offset()));
    let length = dvsec::header1::LENGTH.get(header);
    let kept = kept(at.into(), u64::from(at).saturating_add(length.into()));
    let special = kept.map(|range| (range, ()));
    split(from, offset..end, special, |kept, from, piece| {
        // CAST: The size of an access.
        let count = piece.end.saturating_sub(piece.start) as usize;
        match kept {
            Some(()) => Ok(count),
            None => {
                let moved = piece.start.saturating_sub(offset);
                device.core_write(from, count, pos.saturating_add(moved))
            }
        }
    })
}
