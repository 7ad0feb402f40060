// SPDX-License-Identifier: GPL-2.0

//! What a VMM is shown. The generations of the kernel's interface differ in what is here, and in
//! nothing else: an interface is one value, in a file of its own.

#![forbid(unsafe_code)]

mod v3;

pub(crate) use self::v3::V3;

use crate::shadows::Shadows;
use core::ops::Range;
use cxl_regs::{
    Access,
    RasShadow, //
};

/// One generation of the interface.
pub(crate) struct Interface {
    /// The parts of the component register block that are a hole in its BAR: they read all-ones,
    /// drop writes, and their pages cannot be mapped. In ascending order.
    pub(crate) hole: &'static [Range<u32>],
    /// Makes of what was read from hardware what a VMM finds when it opens the device.
    pub(crate) at_open: fn(Shadows) -> Shadows,
    /// Makes of the shadows, and of what was read from hardware that was put back, what a VMM finds
    /// after a reset by itself or by the host.
    pub(crate) after_reset: fn(&mut Shadows, Shadows),
    /// What a VMM reads of the RAS Capability.
    pub(crate) read_ras: fn(&RasShadow, Access) -> u64,
}
