// SPDX-License-Identifier: GPL-2.0

//! What binding means: which functions are taken, as what, and how they are given back.

#![forbid(unsafe_code)]

use crate::{
    cxl, debug,
    ffi::{
        params,
        pci::{
            self,
            PciDev, //
        },
        vfio, //
    },
    passthrough::Passthrough,
};
use kernel::{
    dev_warn,
    prelude::*, //
};

/// The PCI driver.
pub(crate) struct Driver;

impl pci::Driver for Driver {
    const NAME: &'static CStr = c"cxl_vfio_pci";

    type Device = Passthrough;

    fn probe(pdev: &PciDev) -> Result<vfio::Registration<Passthrough>> {
        refuse_denylisted(pdev)?;
        let cxl = if params::enable_cxl() {
            cxl::acquire(pdev)?
        } else {
            None
        };
        if let Some(cxl) = &cxl {
            pdev.drop_on_unbind(debug::Files::new(pdev.as_ref(), cxl)?)?;
        }
        vfio::Registration::new(pdev, Passthrough::new(cxl))
    }

    fn sriov_configure(
        device: &vfio::Device<Passthrough>,
        virtual_functions: c_int,
    ) -> Result<c_int> {
        if !params::enable_sriov() {
            return Err(ENOENT);
        }
        device.sriov_configure(virtual_functions)
    }
}

/// Says at load time what an administrator should not overlook.
pub(crate) fn announce_parameters() {
    if params::disable_denylist() {
        pr_warn!("device denylist disabled.\n");
    }
}

/// Intel functions with errata that let a user harm the host; the list is vfio-pci's.
fn is_denylisted(pdev: &PciDev) -> bool {
    const INTEL: u16 = 0x8086;
    const QAT_C3XXX: u16 = 0x19e2;
    const QAT_C3XXX_VF: u16 = 0x19e3;
    const QAT_C62X: u16 = 0x37c8;
    const QAT_C62X_VF: u16 = 0x37c9;
    const QAT_DH895XCC: u16 = 0x0435;
    const QAT_DH895XCC_VF: u16 = 0x0443;
    const DSA_SPR0: u16 = 0x0b25;
    const IAX_SPR0: u16 = 0x0cfe;

    pdev.vendor() == INTEL
        && matches!(
            pdev.device(),
            QAT_C3XXX
                | QAT_C3XXX_VF
                | QAT_C62X
                | QAT_C62X_VF
                | QAT_DH895XCC
                | QAT_DH895XCC_VF
                | DSA_SPR0
                | IAX_SPR0
        )
}

fn refuse_denylisted(pdev: &PciDev) -> Result {
    if !is_denylisted(pdev) {
        return Ok(());
    }
    if params::disable_denylist() {
        dev_warn!(
            pdev,
            "{:04x}:{:04x} is on the device denylist, bound all the same: disable_denylist=1\n",
            pdev.vendor(),
            pdev.device()
        );
        return Ok(());
    }
    dev_warn!(
        pdev,
        "{:04x}:{:04x} is on the device denylist, not bound\n",
        pdev.vendor(),
        pdev.device()
    );
    Err(EINVAL)
}
