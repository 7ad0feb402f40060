// SPDX-License-Identifier: GPL-2.0

//! What configuration space says about a function's CXL side.

use super::config::Config;
use cxl_regs::dvsec::{
    capability,
    control,
    range1_size_low, //
};
use serde::Serialize;

/// DVSEC ids.
pub mod id {
    pub const DEVICE: u16 = 0;
    pub const FLEX_BUS_PORT: u16 = 7;
    pub const REGISTER_LOCATOR: u16 = 8;
}

/// The registers of a CXL Device DVSEC that somebody who looks for a device wants to know.
#[derive(Clone, Debug, Serialize)]
pub struct Cxl {
    /// 1 has caches only, 2 has caches and memory, 3 memory only. A Type-2 device may have its caches switched off.
    #[serde(rename = "type")]
    pub kind: Option<u8>,
    /// Whether the link was trained with CXL.cache or CXL.mem. Without it the kernel takes the function for plain PCI.
    pub trained: bool,
    pub mem_capable: bool,
    pub mem_enabled: bool,
    /// What the first memory range has.
    pub size: u64,
    pub info_valid: bool,
    pub cxl_reset: bool,
    /// Whether a CXL Reset clears the memory, if it is asked to.
    pub cxl_reset_clears: bool,
    /// Whether the device writes its own caches back when it is asked to.
    pub write_back: bool,
    #[serde(skip)]
    pub dvsec: usize,
}

impl Cxl {
    /// Nothing if the function has no CXL Device DVSEC.
    pub fn new(config: &Config) -> Option<Self> {
        let dvsec = config.cxl_dvsec(id::DEVICE)?;
        let word = |offset: u16| config.read32(dvsec + usize::from(offset));
        let capabilities = word(0x08);
        let [size_high, size_low] = [word(0x18), word(0x1c)];
        let low = size_low & range1_size_low::SIZE_LOW.mask();
        let caches = capability::CACHE_CAPABLE.is_set(capabilities);
        let memory = capability::MEM_CAPABLE.is_set(capabilities);
        Some(Self {
            kind: match (caches, memory) {
                (true, false) => Some(1),
                (true, true) => Some(2),
                (false, true) => Some(3),
                (false, false) => None,
            },
            trained: config.cxl_dvsec(id::FLEX_BUS_PORT).is_some_and(|port| {
                const STATUS: usize = 0x0e;
                const CACHE_OR_MEM: u16 = 1 << 0 | 1 << 2;
                config.answers() && config.read16(port + STATUS) & CACHE_OR_MEM != 0
            }),
            mem_capable: memory,
            mem_enabled: control::MEM_ENABLE.is_set(word(0x0c)),
            size: u64::from(size_high) << 32 | u64::from(low),
            info_valid: range1_size_low::INFO_VALID.is_set(size_low),
            cxl_reset: capability::CXL_RESET_CAPABLE.is_set(capabilities),
            cxl_reset_clears: capability::CXL_RESET_MEM_CLR_CAPABLE.is_set(capabilities),
            write_back: capability::CACHE_WBI_CAPABLE.is_set(capabilities),
            dvsec,
        })
    }
}
