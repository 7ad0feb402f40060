// SPDX-License-Identifier: GPL-2.0

//! What an open device shows to its user.

#![forbid(unsafe_code)]

use super::Cxl;
use crate::{
    ffi::{
        pfns::PfnRange,
        vfio::Device, //
    },
    shadows::Shadows, //
};
use cxl_regs::hdm::Lock;
use kernel::{
    dev_err,
    prelude::*, //
};

/// The indices of the regions that an open device has beside the PCI ones.
#[derive(Copy, Clone)]
pub(crate) struct Indices {
    /// The memory.
    pub(crate) memory: u32,
    /// The component registers.
    pub(crate) component: u32,
}

/// What the user of an open device sees: shadows that start from hardware at every open.
pub(crate) struct Session {
    /// The shadows.
    pub(crate) shadows: Shadows,
    /// Who may move or release decoder 0.
    lock: Lock,
    /// What makes a broken page kill its users and not the host.
    _frames: Option<Pin<KBox<PfnRange<Cxl>>>>,
}

/// A kernel that does not handle memory failures cannot be told of the memory, and need not be.
fn unless_unsupported<T>(registered: Result<T>) -> Result<Option<T>> {
    match registered {
        Ok(registered) => Ok(Some(registered)),
        Err(error) if error == EOPNOTSUPP => Ok(None),
        Err(error) => Err(error),
    }
}

impl Session {
    /// Reads everything from hardware, and makes the memory known to the memory-failure code.
    pub(crate) fn new(device: &Device<Cxl>) -> Result<KBox<Self>> {
        let lock = (device.interface.lock)();
        let shadows = Shadows::read(&device.hardware, lock).map_err(|refusal| {
            dev_err!(device.pdev(), "not opened: {}\n", format_args!("{refusal}"));
            EIO
        })?;
        device.hardware.clear_errors();
        let frames = PfnRange::new(device, device.window.base(), device.window.size());
        Ok(KBox::new(
            Self {
                _frames: unless_unsupported(KBox::pin_init(frames, GFP_KERNEL))?,
                shadows: (device.interface.at_open)(shadows),
                lock,
            },
            GFP_KERNEL,
        )?)
    }

    /// Reads the shadows again after a reset that was not the guest's. Whether it can: nothing is
    /// taken over from hardware that is not as it was when the function was bound.
    pub(super) fn renew(&mut self, cxl: &Cxl) -> bool {
        // One that is asleep or gone does not answer.
        let Ok(_awake) = cxl.hardware.stay_awake() else {
            return false;
        };
        let commit = cxl.gate.commit();
        (cxl.hardware).disable_caching(&mut cxl.control2.lock(), commit.disables_caching);
        let is_put_back = || cxl.hardware.is_put_back(commit);
        if !is_put_back() {
            return false;
        }
        let Ok(read) = Shadows::read(&cxl.hardware, self.lock) else {
            return false;
        };
        if !is_put_back() {
            return false;
        }
        (cxl.interface.after_reset)(&mut self.shadows, (cxl.interface.at_open)(read));
        true
    }
}
