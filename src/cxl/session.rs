// SPDX-License-Identifier: GPL-2.0

//! What an open device shows to its user.

#![forbid(unsafe_code)]

use super::Cxl;
use crate::{
    boxed::boxed,
    ffi::{
        params,
        pfns::PfnRange,
        vfio::Device, //
    },
    hardware::Hardware, //
};
use cxl_regs::{
    attr::Reset,
    cm::{
        self,
        CapabilityArray,
        ComponentMap, //
    },
    dvsec::{
        self,
        DvsecShadow, //
    },
    hdm::{
        HdmShadow,
        Options, //
    },
    policy::Policy, //
};
use kernel::{
    dev_err,
    device,
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
    /// The CXL Device DVSEC.
    pub(crate) dvsec: KBox<DvsecShadow>,
    /// The HDM Decoder Capability.
    pub(crate) hdm: KBox<HdmShadow>,
    /// How the decoders are read again.
    options: Options,
    /// What lies where in the component register block.
    pub(crate) map: KBox<ComponentMap>,
    /// The CXL.cache and CXL.mem registers as they were at open.
    pub(crate) snapshot: KVec<u32>,
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
        let dev: &device::Device = device.pdev().as_ref();
        let hardware = &device.hardware;
        let policy = Policy {
            release_locked: params::release_locked(),
            ..Policy::DEFAULT
        };
        let words = hardware.dvsec_words();
        let dvsec = boxed(|| {
            DvsecShadow::from_snapshot(&words, policy).map_err(|e| {
                dev_err!(dev, "CXL DVSEC: {}\n", format_args!("{e}"));
                EIO
            })
        })?;
        let snapshot = hardware.cachemem_words()?;
        let array = boxed(|| {
            CapabilityArray::from_snapshot(&snapshot).map_err(|e| {
                dev_err!(dev, "component registers: {}\n", format_args!("{e}"));
                EIO
            })
        })?;
        let options = Options {
            back_invalidate: array.find(cm::BI_DECODER).is_some(),
            policy,
        };
        let words = hardware.hdm_words()?;
        let hdm = boxed(|| {
            HdmShadow::from_snapshot(&words, options).map_err(|e| {
                dev_err!(dev, "{}\n", format_args!("{e}"));
                EIO
            })
        })?;
        let map = boxed(|| {
            ComponentMap::new(CapabilityArray::clone(&array), &hdm).map_err(|e| {
                dev_err!(dev, "component registers: {}\n", format_args!("{e}"));
                EIO
            })
        })?;
        let frames = PfnRange::new(device, device.window.base(), device.window.size());
        Ok(KBox::new(
            Self {
                _frames: unless_unsupported(KBox::pin_init(frames, GFP_KERNEL))?,
                dvsec,
                hdm,
                options,
                map,
                snapshot,
            },
            GFP_KERNEL,
        )?)
    }

    /// What a reset of the physical function does to what its user sees, after what hardware lost
    /// was put back.
    pub(crate) fn reset(&mut self, kind: Reset, hardware: &Hardware) {
        // The effects are those of the reset itself, which has been performed.
        let _ = self.dvsec.reset(kind);
        let _ = self.hdm.reset(kind);
        match kind {
            Reset::Flr => (),
            Reset::Cxl => {
                self.refresh(hardware);
                self.read_decoders(hardware);
            }
            // As when the device was opened.
            Reset::Conventional | Reset::PowerGood => {
                let words = hardware.dvsec_words();
                let policy = self.options.policy;
                let dvsec = boxed(|| DvsecShadow::from_snapshot(&words, policy).map_err(|_| EIO));
                if let Ok(dvsec) = dvsec {
                    self.dvsec = dvsec;
                }
                self.read_decoders(hardware);
            }
        }
    }

    /// Takes over what hardware has set by itself. What cannot be read stays as it was.
    fn refresh(&mut self, hardware: &Hardware) {
        let _ = self.dvsec.refresh(&hardware.dvsec_words());
    }

    /// Takes over the decoders as they are committed now. What cannot be read stays as it was.
    fn read_decoders(&mut self, hardware: &Hardware) {
        if let Ok(words) = hardware.with_registers(|| hardware.hdm_words()) {
            let hdm = boxed(|| HdmShadow::from_snapshot(&words, self.options).map_err(|_| EIO));
            if let Ok(hdm) = hdm {
                self.hdm = hdm;
            }
        }
    }

    /// The DVSEC as the user reads it now: memory that was not active when it was reset becomes so
    /// by itself.
    pub(crate) fn current_dvsec(&mut self, hardware: &Hardware) -> &DvsecShadow {
        let active = &dvsec::range1_size_low::ACTIVE;
        if self.dvsec.get(active) == 0 {
            self.refresh(hardware);
        }
        &self.dvsec
    }
}
