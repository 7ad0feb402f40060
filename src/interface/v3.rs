// SPDX-License-Identifier: GPL-2.0

//! The kernel patch series "vfio/pci: Add CXL Type-2 device passthrough", version 3, as far as
//! Documentation/user-interface.md does not say otherwise.

#![forbid(unsafe_code)]

use super::Interface;
use cxl_regs::{
    cm::{
        BLOCK_LEN,
        IMPLEMENTATION, //
    },
    RasShadow, //
};

/// Version 3.
pub(crate) const V3: Interface = Interface {
    // What is before and behind the registers of the implementation.
    hole: &[0..IMPLEMENTATION.start, IMPLEMENTATION.end..BLOCK_LEN],
    at_open: |shadows| shadows,
    after_reset: |shadows, read| *shadows = read,
    read_ras: RasShadow::read,
};
