// SPDX-License-Identifier: GPL-2.0

//! Version 2 of the same series, which VMMs speak that were written before the interface was
//! settled. They place decoder 0 when they build the machine, before they reset the device for the
//! first time, and do not look at it again.

#![forbid(unsafe_code)]

use super::{
    Facts,
    Hidden,
    Interface,
    Registers,
    Widths,
    NOTHING, //
};
use crate::{
    ffi::info::{
        cxl_vfio_pci_info_v2,
        Capability,
        VFIO_CXL_CAP_CACHE_CAPABLE,
        VFIO_CXL_CAP_FIRMWARE_COMMITTED,
        VFIO_DEVICE_INFO_CAP_CXL, //
    },
    shadows::Shadows, //
};
use cxl_regs::{
    cm::{
        BLOCK_LEN,
        CACHEMEM_OFFSET, //
    },
    hdm::Lock,
    ComponentMap, //
};

/// Version 2.
pub(super) const V2: Interface = Interface {
    name: "v2",
    warning: None,
    device_capability: |facts| Some(capability(facts)),
    region_capability: |_| None,
    region: ComponentMap::array_and_decoders,
    widths: Widths::Dword,
    registers: Registers::Shadows,
    lock: || Lock::Placeable,
    at_open,
    after_reset: |shadows, mut read| {
        core::mem::swap(&mut shadows.hdm, &mut read.hdm);
        *shadows = read;
    },
    hole: |_| [(0..BLOCK_LEN, Hidden::Entirely), NOTHING, NOTHING],
    follows_memory_space: || false,
};

/// No VMM replaces the bases of the ranges, and the region ends with the decoders.
fn at_open(mut read: Shadows) -> Shadows {
    let end = read.map.array_and_decoders().end;
    read.array
        .hide_ras_behind(end.saturating_sub(CACHEMEM_OFFSET));
    read.dvsec.forget_bases();
    read
}

fn capability(facts: &Facts) -> Capability {
    let caches = if facts.caches {
        VFIO_CXL_CAP_CACHE_CAPABLE
    } else {
        0
    };
    let info = cxl_vfio_pci_info_v2 {
        hdm_regs_bar_index: facts.bar,
        flags: VFIO_CXL_CAP_FIRMWARE_COMMITTED | caches,
        hdm_regs_offset: facts.block.saturating_add(facts.registers.start.into()),
        dpa_region_index: facts.memory_index,
        comp_regs_region_index: facts.component_index,
        ..pin_init::zeroed()
    };
    Capability::new(VFIO_DEVICE_INFO_CAP_CXL, info)
}
