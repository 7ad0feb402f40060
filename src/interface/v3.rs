// SPDX-License-Identifier: GPL-2.0

//! The kernel patch series "vfio/pci: Add CXL Type-2 device passthrough", version 3, as far as
//! Documentation/user-interface.md does not say otherwise.

#![forbid(unsafe_code)]

use super::{
    Facts,
    Hidden,
    Interface,
    Registers,
    Widths,
    NOTHING, //
};
use crate::ffi::{
    info::{
        cxl_vfio_pci_info_v3,
        Capability,
        VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED,
        VFIO_DEVICE_INFO_CAP_CXL, //
    },
    params,
};
use cxl_regs::{
    cm::{
        BLOCK_LEN,
        IMPLEMENTATION, //
    },
    hdm::Lock, //
};

/// Version 3.
pub(super) const V3: Interface = Interface {
    name: "v3",
    warning: None,
    device_capability: |facts| Some(capability(facts)),
    region_capability: |_| None,
    region: |_| 0..BLOCK_LEN,
    widths: Widths::Dwords,
    registers: Registers::Shadows,
    lock: || {
        if params::release_locked() {
            Lock::Releasable
        } else {
            Lock::Hardware
        }
    },
    at_open: |read| read,
    after_reset: |shadows, read| *shadows = read,
    // What is before and behind the registers of the implementation.
    hole: |_| {
        [
            (0..IMPLEMENTATION.start, Hidden::Entirely),
            (IMPLEMENTATION.end..BLOCK_LEN, Hidden::Entirely),
            NOTHING,
        ]
    },
    follows_memory_space: params::require_memory_space,
};

fn capability(facts: &Facts) -> Capability {
    let info = cxl_vfio_pci_info_v3 {
        flags: VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED,
        hdm_region_idx: facts.memory_index,
        comp_reg_region_idx: facts.component_index,
        comp_reg_bar: facts.bar.into(),
        comp_reg_offset: facts.block,
        comp_reg_size: BLOCK_LEN.into(),
        ..pin_init::zeroed()
    };
    Capability::new(VFIO_DEVICE_INFO_CAP_CXL, info)
}
