// SPDX-License-Identifier: GPL-2.0

//! What in a function's configuration space is not vfio-pci-core's alone to serve.
//!
//! Writes to most registers end with their user, because opening resets the function. Some do not:
//! they are the exceptions from what vfio-pci does.

#![forbid(unsafe_code)]

use crate::{
    ffi::pci::PciDev,
    ranges::overlap, //
};
use core::ops::Range;
use cxl_regs::dvsec;
use kernel::prelude::*;

/// How a part of it is served.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Service {
    /// The body of the CXL Device DVSEC, as far as its shadow knows it.
    Shadow,
    /// Registers that a user may read: those of the CXL DVSECs. The test DVSEC has a lock, others
    /// decide what the host does.
    ReadOnly,
    /// The low byte of the command register, in which hardware keeps Memory Space on whatever a user
    /// makes of it. It is the core's to write.
    Command,
    /// A capability that vfio-pci-core hides from the list but lets everybody reach who knows where
    /// it is: it reads 0 and cannot be written.
    Absent,
}

/// Extended capabilities that vfio-pci-core hides, and their length.
const HIDDEN: [(u16, u16); 2] = [(id::PASID, 0x08), (id::DOE, 0x18)];

/// Ids of extended capabilities.
mod id {
    pub(super) const AER: u16 = 0x01;
    pub(super) const PASID: u16 = 0x1b;
    pub(super) const DVSEC: u16 = 0x23;
    pub(super) const DOE: u16 = 0x2e;
}

/// The header of an extended capability, which vfio-pci-core lays out.
const HEADER: u16 = 4;

/// The byte of the command register that has Memory Space.
const COMMAND: Range<u16> = 0x04..0x05;

/// The first extended capability, which stays in the list even if vfio-pci-core hides it.
const FIRST: u16 = 0x100;

/// The parts of a function's configuration space.
pub(crate) struct Config {
    parts: KVec<(Range<u16>, Service)>,
    /// The registers by which errors are masked.
    error_masks: [Range<u16>; 3],
}

fn wide(range: &Range<u16>) -> Range<u64> {
    range.start.into()..range.end.into()
}

impl Config {
    /// Looks for them. `device` is where the CXL Device DVSEC is, and `keeps_memory_space` whether
    /// hardware has Memory Space on when a user has it off.
    pub(crate) fn find(pdev: &PciDev, device: u16, keeps_memory_space: bool) -> Result<Self> {
        let mut parts = KVec::new();
        if keeps_memory_space {
            parts.push((COMMAND, Service::Command), GFP_KERNEL)?;
        }
        for at in pdev.extended_capabilities(id::DVSEC) {
            let header = pdev.read_config32(at.saturating_add(HEADER));
            if dvsec::header1::VENDOR_ID.get(header) != dvsec::VENDOR {
                continue;
            }
            // CAST: A 12-bit field.
            let end = at.saturating_add(dvsec::header1::LENGTH.get(header) as u16);
            let body = at.saturating_add(HEADER).min(end);
            let known = if at == device {
                // CAST: 60.
                at.saturating_add(dvsec::DWORDS as u16 * 4).min(end)
            } else {
                body
            };
            for (range, part) in [
                (body..known, Service::Shadow),
                (known..end, Service::ReadOnly),
            ] {
                if !range.is_empty() {
                    parts.push((range, part), GFP_KERNEL)?;
                }
            }
        }
        for (id, len) in HIDDEN {
            for at in pdev.extended_capabilities(id) {
                let start = if at == FIRST {
                    at.saturating_add(HEADER)
                } else {
                    at
                };
                let range = start..at.saturating_add(len);
                parts.push((range, Service::Absent), GFP_KERNEL)?;
            }
        }
        Ok(Self {
            parts,
            error_masks: error_masks(pdev),
        })
    }

    /// The parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Range<u64>, Service)> + Clone + '_ {
        self.parts.iter().map(|(range, part)| (wide(range), *part))
    }

    /// Whether a write may mask errors that the host has to know of.
    pub(crate) fn masks_errors(&self, written: &Range<u64>) -> bool {
        (self.error_masks.iter()).any(|masks| overlap(written, &wide(masks)))
    }
}

/// Device Control, whose low bits have errors reported at all, and the masks of AER.
fn error_masks(pdev: &PciDev) -> [Range<u16>; 3] {
    /// Device Control, in the PCI Express capability.
    const DEVICE_CONTROL: u16 = 0x08;
    /// The masks, in the AER capability.
    const UNCORRECTABLE: u16 = 0x08;
    const CORRECTABLE: u16 = 0x14;

    let register = |capability: Option<u16>, offset: u16, len: u16| {
        capability.map_or(0..0, |at| {
            let start = at.saturating_add(offset);
            start..start.saturating_add(len)
        })
    };
    let express = Some(pdev.pcie_cap()).filter(|&at| at != 0).map(u16::from);
    let aer = pdev.extended_capabilities(id::AER).next();
    [
        register(express, DEVICE_CONTROL, 2),
        register(aer, UNCORRECTABLE, 4),
        register(aer, CORRECTABLE, 4),
    ]
}
