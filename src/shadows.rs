// SPDX-License-Identifier: GPL-2.0

//! The shadows of a function's registers, and the one way in which they are read from hardware: when
//! the function is bound, when it is opened, and after a reset.

#![forbid(unsafe_code)]

use crate::{
    boxed::boxed,
    hardware::Hardware,
    refusal::Refusal, //
};
use cxl_regs::{
    hdm::{
        Lock,
        Options, //
    },
    CapabilityArray,
    ComponentMap,
    DvsecShadow,
    HdmShadow,
    RasShadow, //
};
use kernel::prelude::*;

/// The shadows.
pub(crate) struct Shadows {
    /// The CXL Device DVSEC.
    pub(crate) dvsec: KBox<DvsecShadow>,
    /// The capability array of the component registers.
    pub(crate) array: KBox<CapabilityArray>,
    /// The HDM Decoder Capability.
    pub(crate) hdm: KBox<HdmShadow>,
    /// The RAS Capability; nothing leads to it if the function has none.
    pub(crate) ras: KBox<RasShadow>,
    /// What lies where in the component register block.
    pub(crate) map: ComponentMap,
}

impl Shadows {
    /// Reads them, register by register, or says what is wrong with one.
    pub(crate) fn read(hardware: &Hardware, lock: Lock) -> Result<Self, Refusal> {
        hardware.with_registers(|| {
            let array = Self::read_array(hardware)?;
            let options = Options {
                back_invalidate: array.has_back_invalidate(),
                lock,
            };
            let words = hardware.hdm_words()?;
            let hdm =
                boxed(|| HdmShadow::from_snapshot(&words, options).map_err(Refusal::Decoders))?;
            let map = ComponentMap::new(&array, &hdm).map_err(Refusal::Placement)?;
            let words = hardware.ras_words();
            let ras = boxed(|| Ok::<_, Refusal>(RasShadow::from_snapshot(&words)))?;
            let words = hardware.dvsec_words();
            let dvsec = boxed(|| DvsecShadow::from_snapshot(&words).map_err(Refusal::Dvsec))?;
            Ok(Self {
                dvsec,
                array,
                hdm,
                ras,
                map,
            })
        })
    }

    /// Reads the capability array alone, which says where the rest is.
    pub(crate) fn read_array(hardware: &Hardware) -> Result<KBox<CapabilityArray>, Refusal> {
        let words = hardware.array_words()?;
        boxed(|| CapabilityArray::from_snapshot(&words).map_err(Refusal::Capabilities))
    }

    /// What a CXL Reset that the guest asked for leaves of them.
    pub(crate) fn reset(&mut self) {
        self.dvsec.reset();
        self.hdm.reset();
    }
}
