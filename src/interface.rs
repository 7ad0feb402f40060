// SPDX-License-Identifier: GPL-2.0

//! What a VMM is shown. The generations of the kernel's interface differ in what is here, and in
//! nothing else: an interface is one value, in a file of its own.

#![forbid(unsafe_code)]

mod v2;
mod v3;
mod v6;

use self::{
    v2::V2,
    v3::V3,
    v6::V6, //
};
use crate::{
    ffi::{
        info::Capability,
        params::{
            self,
            Uapi, //
        },
    },
    shadows::Shadows, //
};
use core::ops::Range;
use cxl_regs::{
    hdm::Lock,
    ComponentMap, //
};

/// One generation of the interface. Ranges are of the component register block.
pub(crate) struct Interface {
    /// Its name, as the parameter has it.
    pub(crate) name: &'static str,
    /// What to say when a device is bound that speaks it.
    pub(crate) warning: Option<&'static str>,
    /// What VFIO_DEVICE_GET_INFO has in its chain.
    pub(crate) device_capability: fn(&Facts) -> Option<Capability>,
    /// What VFIO_DEVICE_GET_REGION_INFO has in the chain of the component register region.
    pub(crate) region_capability: fn(&Facts) -> Option<Capability>,
    /// What the component register region is of the block.
    pub(crate) region: fn(&ComponentMap) -> Range<u32>,
    /// Which accesses that region takes; others get `EINVAL`.
    pub(crate) widths: Widths,
    /// Who answers there.
    pub(crate) registers: Registers,
    /// Who may move or release decoder 0.
    pub(crate) lock: fn() -> Lock,
    /// Makes of what was read from hardware what a VMM finds when it opens the device.
    pub(crate) at_open: fn(Shadows) -> Shadows,
    /// Makes of the shadows, and of what a VMM that opens the device would find, what it finds after
    /// a reset by itself or by the host.
    pub(crate) after_reset: fn(&mut Shadows, Shadows),
    /// What of the block its BAR does not give.
    pub(crate) hole: fn(&ComponentMap) -> Hole,
    /// Whether the memory is out of reach while the guest has Memory Space off.
    pub(crate) follows_memory_space: fn() -> bool,
}

/// What a capability may say of a device.
pub(crate) struct Facts {
    /// The BAR that has the component register block.
    pub(crate) bar: u8,
    /// Where it starts in that BAR.
    pub(crate) block: u64,
    /// What of it the component register region is.
    pub(crate) registers: Range<u32>,
    /// The index of the region of the memory.
    pub(crate) memory_index: u32,
    /// The index of the component register region.
    pub(crate) component_index: u32,
    /// Whether the device may cache host memory.
    pub(crate) caches: bool,
}

/// Which accesses there are.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Widths {
    /// One aligned dword at a time.
    Dword,
    /// Aligned dwords, as many as there are, and whole 64-bit registers; any width among the registers
    /// of the implementation.
    Dwords,
}

/// Who answers.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Registers {
    /// The shadows, and the device for the registers of the implementation.
    Shadows,
    /// The device, while Memory Space is on; it is not written.
    Device,
}

/// Parts of the block, in ascending order and perhaps empty, whose pages in the BAR cannot be mapped,
/// and how their bytes answer there.
pub(crate) type Hole = [(Range<u32>, Hidden); 3];

/// How a part of the BAR answers.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Hidden {
    /// Reads give all-ones, writes are dropped.
    Entirely,
    /// Reads give what the device has, writes are dropped.
    FromWrites,
}

/// A part of which there is nothing.
const NOTHING: (Range<u32>, Hidden) = (0..0, Hidden::Entirely);

/// The interface that a device gets that is bound now.
pub(crate) fn chosen() -> &'static Interface {
    match params::uapi() {
        Uapi::V2 => &V2,
        Uapi::V3 => &V3,
        Uapi::V6 => &V6,
    }
}
