// SPDX-License-Identifier: GPL-2.0

//! What binding means: which functions are taken, as what, and how they are given back.

#![forbid(unsafe_code)]

use crate::{
    acquire,
    cxl::Cxl,
    debug,
    ffi::{
        params,
        pci::{
            self,
            PciDev, //
        },
        registered::RegisteredDevice, //
    },
};
use cxl_regs::dvsec;
use kernel::{
    dev_warn,
    prelude::*, //
};

/// The PCI driver.
pub(crate) struct Driver;

impl pci::Driver for Driver {
    type Device = Cxl;

    fn probe(pdev: &PciDev) -> Result<RegisteredDevice<Cxl>> {
        refuse_denylisted(pdev)?;
        let acquired = if params::enable_cxl() {
            acquire::acquire(pdev)?
        } else {
            None
        };
        match acquired {
            Some(cxl) => {
                pdev.drop_on_unbind(debug::Files::new(pdev.as_ref(), &cxl)?)?;
                RegisteredDevice::new(pdev, cxl)
            }
            None if pdev.find_cxl_dvsec(dvsec::DEVICE).is_some() => {
                RegisteredDevice::plain_but_for_writes(pdev)
            }
            None => RegisteredDevice::plain(pdev),
        }
    }

    fn allows_virtual_functions() -> bool {
        params::enable_sriov()
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
