// SPDX-License-Identifier: GPL-2.0

//! Version 6 of the series, which has not been merged: the host's decoder is shown as it is, and the
//! VMM replaces what a guest may not see.

#![forbid(unsafe_code)]

use super::{
    Facts,
    Hidden,
    Interface,
    Registers,
    Widths, //
};
use crate::ffi::info::{
    cxl_vfio_pci_region_v6,
    Capability,
    CXL_VFIO_PCI_REGION_INFO_CAP_V6, //
};
use cxl_regs::{
    cm::{
        CACHEMEM_LEN,
        CACHEMEM_OFFSET, //
    },
    hdm::Lock,
    ComponentMap, //
};

/// Version 6.
pub(super) const V6: Interface = Interface {
    name: "v6",
    warning: Some("no kernel has it yet, and its numbers and layouts may change"),
    device_capability: |_| None,
    region_capability: |facts| Some(capability(facts)),
    region: ComponentMap::decoders,
    widths: Widths::Dword,
    registers: Registers::Device,
    lock: || Lock::Hardware,
    at_open: |read| read,
    after_reset: |shadows, read| *shadows = read,
    // The capability array is read through the BAR. What the host set up beside it stays so.
    hole: |map| {
        const END: u32 = CACHEMEM_OFFSET + CACHEMEM_LEN;

        let decoders = map.decoders();
        [
            (CACHEMEM_OFFSET..decoders.start, Hidden::FromWrites),
            (decoders.clone(), Hidden::Entirely),
            (decoders.end..END, Hidden::FromWrites),
        ]
    },
    follows_memory_space: || false,
};

fn capability(facts: &Facts) -> Capability {
    let region = cxl_vfio_pci_region_v6 {
        bar: facts.bar.into(),
        offset: facts.block.saturating_add(facts.registers.start.into()),
        ..pin_init::zeroed()
    };
    Capability::new(CXL_VFIO_PCI_REGION_INFO_CAP_V6, region)
}
