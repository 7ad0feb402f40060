// SPDX-License-Identifier: GPL-2.0

//! The CXL RAS Capability (8.2.4.17): which errors of CXL.cache and CXL.mem there were.

#![forbid(unsafe_code)]

use super::{
    bit,
    Hardware,
    COMMAND, //
};
use crate::ffi::{
    aer::UnmaskedErrors,
    pci::PciDev, //
};
use kernel::sync::Arc;

/// Offsets in the capability.
mod offset {
    pub(super) const UNCORRECTABLE_STATUS: usize = 0x00;
    pub(super) const UNCORRECTABLE_MASK: usize = 0x04;
    pub(super) const CORRECTABLE_STATUS: usize = 0x0c;
    pub(super) const CORRECTABLE_MASK: usize = 0x10;
    pub(super) const CAPABILITIES_AND_CONTROL: usize = 0x14;
    pub(super) const HEADER_LOG: usize = 0x18;
}

/// First_Error_Pointer, in Error Capabilities and Control.
const FIRST_ERROR_POINTER: u32 = 0x3f;

/// Errors that were not corrected.
#[derive(Copy, Clone)]
pub(crate) struct Uncorrectable {
    /// The status register.
    pub(crate) status: u32,
    /// The bit of the error that came first.
    pub(crate) first: u32,
    /// The beginning of what the device recorded of that error.
    pub(crate) header: u32,
}

impl Hardware {
    /// The offset of a register in the component register block, while registers answer.
    fn ras(&self, offset: usize) -> Option<usize> {
        let decodes = self.pdev.read_config16(COMMAND) & bit::MEMORY_SPACE != 0;
        let ras = self.layout.ras.filter(|_| {
            // A function that is gone has every bit set, Memory Space as well.
            self.pdev.answers() && self.pdev.is_in_d0() && decodes
        })?;
        ras.checked_add(offset)
    }

    fn set_ras(&self, offset: usize, value: u32) {
        if let Some(at) = self.ras(offset) {
            self.set_component(at, value);
        }
    }

    /// Reads a status register, and clears what it read.
    fn take_status(&self, offset: usize) -> Option<u32> {
        let at = self.ras(offset)?;
        match self.component(at) {
            0 | u32::MAX => None,
            status => {
                self.set_component(at, status);
                Some(status)
            }
        }
    }

    /// Takes the errors that were not corrected: the registers are free for the next ones.
    pub(crate) fn take_uncorrectable(&self) -> Option<Uncorrectable> {
        let read = |offset| self.ras(offset).map(|at| self.component(at));
        // Clearing the status moves the log on.
        let control = read(offset::CAPABILITIES_AND_CONTROL)?;
        let header = read(offset::HEADER_LOG)?;
        let status = self.take_status(offset::UNCORRECTABLE_STATUS)?;
        Some(Uncorrectable {
            status,
            first: control & FIRST_ERROR_POINTER,
            header,
        })
    }

    /// Takes the errors that were corrected.
    pub(crate) fn take_correctable(&self) -> Option<u32> {
        self.take_status(offset::CORRECTABLE_STATUS)
    }
}

/// A function that reports the errors of CXL.cache and CXL.mem, which it does not do by itself: they
/// are masked here, and once more as internal errors of PCIe. cxl-core 7.3 unmasks those of ports
/// only. Dropping this masks them again.
pub(crate) struct Reporting {
    hardware: Arc<Hardware>,
    /// The masks as they were.
    masks: [(usize, u32); 2],
    _internal_errors: UnmaskedErrors,
}

impl Reporting {
    /// Has the function report them; nothing if it cannot, or if firmware handles its errors.
    pub(crate) fn new(pdev: &PciDev, hardware: &Arc<Hardware>) -> Option<Self> {
        hardware.layout.ras?;
        let internal_errors = UnmaskedErrors::new(pdev)?;
        let masks = [offset::UNCORRECTABLE_MASK, offset::CORRECTABLE_MASK].map(|offset| {
            let mask = (hardware.ras(offset)).map_or(u32::MAX, |at| hardware.component(at));
            hardware.set_ras(offset, 0);
            (offset, mask)
        });
        Some(Self {
            hardware: hardware.clone(),
            masks,
            _internal_errors: internal_errors,
        })
    }
}

impl Drop for Reporting {
    fn drop(&mut self) {
        for (offset, mask) in self.masks {
            self.hardware.set_ras(offset, mask);
        }
    }
}
