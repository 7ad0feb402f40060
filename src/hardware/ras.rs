// SPDX-License-Identifier: GPL-2.0

//! The CXL RAS Capability (8.2.4.17): which errors of CXL.cache and CXL.mem there were.

#![forbid(unsafe_code)]

use super::{
    bit,
    Hardware,
    COMMAND, //
};
use crate::ffi::{
    aer::{
        self,
        UnmaskedErrors, //
    },
    pci::PciDev, //
};
use cxl_regs::ras::{
    self,
    Uncorrectable, //
};
use kernel::sync::Arc;

/// Offsets in the capability.
mod offset {
    use cxl_regs::ras::{
        self,
        control,
        correctable_mask,
        correctable_status,
        uncorrectable_mask,
        uncorrectable_status, //
    };

    // CAST: Each widens.
    pub(super) const UNCORRECTABLE_STATUS: usize =
        uncorrectable_status::UNCORRECTABLE_STATUS.offset() as usize;
    pub(super) const UNCORRECTABLE_MASK: usize =
        uncorrectable_mask::UNCORRECTABLE_MASK.offset() as usize;
    pub(super) const CORRECTABLE_STATUS: usize =
        correctable_status::CORRECTABLE_STATUS.offset() as usize;
    pub(super) const CORRECTABLE_MASK: usize = correctable_mask::CORRECTABLE_MASK.offset() as usize;
    pub(super) const CONTROL: usize = control::FIRST_ERROR_POINTER.offset() as usize;
    pub(super) const HEADER_LOG: usize = ras::HEADER_LOG as usize;
}

/// The registers do not answer: the function is gone or asleep, or has Memory Space off.
pub(crate) struct Unread;

impl Hardware {
    /// The offset of a register in the component register block, while registers answer; nothing if
    /// the function has no such capability.
    fn ras(&self, offset: usize) -> Result<Option<usize>, Unread> {
        let Some(ras) = self.layout.ras else {
            return Ok(None);
        };
        let decodes = self.pdev.read_config16(COMMAND) & bit::MEMORY_SPACE != 0;
        // A function that is gone has every bit set, Memory Space as well.
        if !decodes || !self.pdev.answers() || !self.is_in_d0() || self.check_bar().is_err() {
            return Err(Unread);
        }
        Ok(ras.checked_add(offset))
    }

    fn set_ras(&self, offset: usize, value: u32) {
        if let Ok(Some(at)) = self.ras(offset) {
            self.set_component(at, value);
        }
    }

    /// Reads a status register, and clears what it read.
    fn take_status(&self, offset: usize) -> Result<Option<u32>, Unread> {
        let Some(at) = self.ras(offset)? else {
            return Ok(None);
        };
        match self.component(at) {
            0 => Ok(None),
            u32::MAX => Err(Unread),
            status => {
                self.set_component(at, status);
                Ok(Some(status))
            }
        }
    }

    /// Takes the errors that were not corrected: the registers are free for the next ones.
    pub(crate) fn take_uncorrectable(&self) -> Result<Option<Uncorrectable>, Unread> {
        let _awake = self.stay_awake().map_err(|_| Unread)?;
        let _alone = self.registers.lock();
        let read = |offset| -> Result<u32, Unread> {
            Ok(self.ras(offset)?.map_or(0, |at| self.component(at)))
        };
        // Clearing the status moves the log on.
        let control = read(offset::CONTROL)?;
        let mut header_log = [0; ras::HEADER_LOG_DWORDS];
        for (word, at) in header_log.iter_mut().zip((offset::HEADER_LOG..).step_by(4)) {
            *word = read(at)?;
        }
        let status = self.take_status(offset::UNCORRECTABLE_STATUS)?;
        Ok(status.map(|status| Uncorrectable {
            status,
            control,
            header_log,
        }))
    }

    /// Takes the errors that were corrected.
    pub(crate) fn take_correctable(&self) -> Result<Option<u32>, Unread> {
        let _awake = self.stay_awake().map_err(|_| Unread)?;
        let _alone = self.registers.lock();
        self.take_status(offset::CORRECTABLE_STATUS)
    }

    /// Forgets errors that nobody took: those of the time before are no user's.
    pub(crate) fn clear_errors(&self) {
        let _alone = self.registers.lock();
        let _ = self.take_status(offset::UNCORRECTABLE_STATUS);
        let _ = self.take_status(offset::CORRECTABLE_STATUS);
    }

    /// Reads the capability for a shadow, all of it zero if there is none.
    pub(crate) fn ras_words(&self) -> [u32; ras::DWORDS] {
        let mut words = [0; ras::DWORDS];
        for (word, offset) in words.iter_mut().zip((0..).step_by(4)) {
            if let Ok(Some(at)) = self.ras(offset) {
                *word = self.component(at);
            }
        }
        words
    }

    /// Has the function report errors of CXL.cache and CXL.mem again: a guest masks what it finds in
    /// configuration space, and a reset may have.
    pub(crate) fn report_errors(&self) {
        if self.layout.ras.is_some() && aer::unmask(&self.pdev) {
            let _alone = self.registers.lock();
            self.set_ras(offset::UNCORRECTABLE_MASK, 0);
            self.set_ras(offset::CORRECTABLE_MASK, 0);
        }
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
            let mask = match hardware.ras(offset) {
                Ok(Some(at)) => hardware.component(at),
                Ok(None) | Err(Unread) => u32::MAX,
            };
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
        // When it is unbound nobody keeps it awake any more.
        let _awake = self.hardware.pdev.wake_up();
        self.hardware.alone(|| {
            for (offset, mask) in self.masks {
                self.hardware.set_ras(offset, mask);
            }
        });
    }
}
