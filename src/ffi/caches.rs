// SPDX-License-Identifier: GPL-2.0

//! What the kernel can do about the CPUs' caches of device memory.

use super::{
    bindings,
    io::Memory, //
};
use kernel::prelude::*;

/// How lines get out of the CPUs' caches.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Method {
    /// By their physical range, in all mappings: on x86 all lines of every CPU, whatever they are.
    Range,
    /// One by one, by their addresses in a mapping.
    Lines,
    /// Not at all.
    None,
}

impl Method {
    /// What this kernel has on this machine.
    pub(crate) fn of_this_machine() -> Self {
        // SAFETY: Asks the kernel.
        if unsafe { bindings::cxl_vfio_has_range_flush() } {
            return Self::Range;
        }
        // SAFETY: As above.
        if unsafe { bindings::cxl_vfio_has_line_flush() } {
            return Self::Lines;
        }
        Self::None
    }
}

/// Writes back and drops what the CPUs' caches hold of a physical range.
pub(crate) fn flush_range(start: u64, len: u64) {
    // SAFETY: The range is device memory, of which the kernel keeps nothing in a cache.
    unsafe { bindings::cxl_vfio_flush_range(start, len) };
}

impl Memory {
    /// Writes back what the CPUs' caches hold of a part. May reschedule.
    pub(crate) fn flush(&self, offset: usize, len: usize) -> Result {
        let start = self.at(offset, len)?;
        // SAFETY: Within the mapping.
        unsafe { bindings::cxl_vfio_flush_lines(start, len) };
        Ok(())
    }

    /// Drops what the CPUs' caches hold of a part. May reschedule.
    pub(crate) fn drop_lines(&self, offset: usize, len: usize) -> Result {
        let start = self.at(offset, len)?;
        // SAFETY: Within the mapping.
        unsafe { bindings::cxl_vfio_drop_lines(start, len) };
        Ok(())
    }
}
