// SPDX-License-Identifier: GPL-2.0

//! Acquiring a CXL device: everything that could make it unsafe to pass through is looked at before
//! a user can open it, and all that binding changes is undone when the function is unbound.

#![forbid(unsafe_code)]

use crate::{
    ffi::{
        cxl::{
            attach,
            Claim,
            HostRange, //
        },
        io::Mmio,
        pci::PciDev,
    },
    hardware::{
        Commit,
        Fault,
        Hardware,
        Layout, //
    },
    passthrough::Cxl,
};
use core::fmt;
use cxl_regs::{
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
    locator::RegisterLocator,
    policy::Policy, //
};
use kernel::{
    dev_err,
    dev_info,
    prelude::*,
    sync::Arc, //
};

/// DVSEC ids.
mod id {
    pub(super) const DEVICE: u16 = 0;
    pub(super) const REGISTER_LOCATOR: u16 = 8;
}

/// Says what stands against a device, and turns it into the error that binding fails with.
fn refuse(pdev: &PciDev, errno: Error, fact: fmt::Arguments<'_>) -> Error {
    dev_err!(pdev, "not bound: {}\n", fact);
    errno
}

/// Acquires the memory of a CXL device; nothing if the function is none, or has no memory.
pub(crate) fn acquire(pdev: &PciDev) -> Result<Option<Arc<Cxl>>> {
    if !pdev.is_cxl() {
        return Ok(None);
    }
    let Some(dvsec) = pdev.find_cxl_dvsec(id::DEVICE) else {
        return Ok(None);
    };
    let header = pdev.read_config32(dvsec.saturating_add(4));
    let capability = pdev.read_config32(dvsec.saturating_add(8));
    if !dvsec::capability::MEM_CAPABLE.is_set(capability) {
        return Ok(None);
    }

    let memory = pdev.enable_memory()?;
    let (bar, block) = find_component_block(pdev)?;
    let mmio = Mmio::map_bar(pdev, bar)?;
    let layout = Layout {
        dvsec,
        // CAST: A 12-bit field.
        dvsec_len: dvsec::header1::LENGTH.get(header) as u16,
        bar,
        block,
        hdm: 0,
    };
    let mut hardware = Hardware::new(pdev, mmio, layout);
    let decoders = find_decoders(pdev, &mut hardware)?;
    check_decoders(pdev, &decoders)?;
    wait_ready(pdev, &hardware)?;
    let dvsec = check_dvsec(pdev, &hardware)?;

    let hardware = Arc::new(hardware, GFP_KERNEL)?;
    let commit = hardware.commit();
    // Dropped in the opposite order when the function is unbound: the claim, what cxl-core made,
    // the decoder as cxl-core leaves it, and last the BARs.
    pdev.drop_on_unbind(memory)?;
    pdev.drop_on_unbind(RestoreDecoder {
        hardware: hardware.clone(),
        commit,
    })?;
    let range = adopt(pdev, &hardware, &commit)?;
    pdev.drop_on_unbind(claim(pdev, range)?)?;

    dev_info!(
        pdev,
        "CXL memory {:#x}-{:#x} passed through, decoder 0 of {}{}\n",
        commit.base,
        commit.base.saturating_add(commit.size).saturating_sub(1),
        decoders.count(),
        if commit.is_locked() { " locked" } else { "" }
    );
    Ok(Some(Arc::pin_init(
        Cxl::new(hardware, commit, &dvsec)?,
        GFP_KERNEL,
    )?))
}

/// Finds the component register block: its BAR, and its offset there.
fn find_component_block(pdev: &PciDev) -> Result<(u8, usize)> {
    /// More entries than there are kinds of blocks.
    const MAX_DWORDS: u16 = 3 + 2 * 16;

    let locator = pdev.find_cxl_dvsec(id::REGISTER_LOCATOR).ok_or_else(|| {
        refuse(
            pdev,
            ENXIO,
            format_args!("it has no register locator DVSEC"),
        )
    })?;
    let length = pdev.read_config32(locator.saturating_add(4)) >> 20;
    let mut words = KVec::new();
    for dword in 0..u16::try_from(length / 4).unwrap_or(0).min(MAX_DWORDS) {
        let at = locator.saturating_add(dword.saturating_mul(4));
        words.push(pdev.read_config32(at), GFP_KERNEL)?;
    }
    let entry = RegisterLocator::from_snapshot(&words)
        .and_then(|locator| locator.component())
        .map_err(|e| refuse(pdev, ENODEV, format_args!("{e}")))?;
    if !pdev.bar_is_memory(entry.bir) {
        return Err(refuse(
            pdev,
            ENODEV,
            format_args!(
                "the register locator names BAR {}, which is no memory",
                entry.bir
            ),
        ));
    }
    entry
        .check(pdev.bar_len(entry.bir))
        .map_err(|e| refuse(pdev, ERANGE, format_args!("{e}")))?;
    let offset = usize::try_from(entry.offset).map_err(|_| ERANGE)?;
    Ok((entry.bir, offset))
}

/// Finds the HDM decoders, and reads them.
fn find_decoders(pdev: &PciDev, hardware: &mut Hardware) -> Result<HdmShadow> {
    let array = CapabilityArray::from_snapshot(&hardware.cachemem_words()?)
        .map_err(|e| refuse(pdev, ENODEV, format_args!("{e}")))?;
    let hdm = array.find(cm::HDM_DECODER).ok_or_else(|| {
        refuse(
            pdev,
            ENODEV,
            format_args!("it has no HDM decoder capability"),
        )
    })?;
    hardware.set_hdm_offset(hdm.offset);
    if array.find(cm::RAS).is_none() {
        dev_info!(pdev, "no RAS capability: memory errors are not reported\n");
    }
    let options = Options {
        back_invalidate: array.find(cm::BI_DECODER).is_some(),
        policy: Policy::DEFAULT,
    };
    let decoders = hardware
        .hdm_words()
        .map_err(|_| {
            refuse(
                pdev,
                ENXIO,
                format_args!("its HDM decoder count is reserved"),
            )
        })
        .and_then(|words| {
            HdmShadow::from_snapshot(&words, options)
                .map_err(|e| refuse(pdev, ENXIO, format_args!("{e}")))
        })?;
    ComponentMap::new(array, &decoders).map_err(|e| refuse(pdev, ENODEV, format_args!("{e}")))?;
    Ok(decoders)
}

/// Decoder 0 alone is committed, to memory of the device's own, without interleave.
fn check_decoders(pdev: &PciDev, decoders: &HdmShadow) -> Result {
    let mut committed = decoders.decoders().map(|d| d.is_committed());
    if committed.next() != Some(true) {
        return Err(refuse(
            pdev,
            ENXIO,
            format_args!("decoder 0 is not committed: firmware gave the device no memory window"),
        ));
    }
    if let Some(other) = committed.position(|committed| committed) {
        let number = other.saturating_add(1);
        return Err(refuse(
            pdev,
            EOPNOTSUPP,
            format_args!("decoder {number} is committed, too: one window can be passed through"),
        ));
    }
    let decoder = decoders.decoder(0).ok_or(ENXIO)?;
    let control = decoder.control();
    if decoder.is_host_only() {
        return Err(refuse(
            pdev,
            EPROTOTYPE,
            format_args!(
                "decoder 0 is host-only (ctrl {control:#x}): not a device-coherent window"
            ),
        ));
    }
    if decoder.ways() != Some(1) {
        return Err(refuse(
            pdev,
            EDOM,
            format_args!(
                "decoder 0 is interleaved (ctrl {control:#x}): one window of one device only"
            ),
        ));
    }
    Ok(())
}

/// Waits for the memory, which may be initialising since the last reset.
fn wait_ready(pdev: &PciDev, hardware: &Hardware) -> Result {
    hardware.wait_active().map_err(|fault| match fault {
        Fault::Interrupted => EINTR,
        fault => refuse(pdev, fault.errno(), format_args!("{fault}")),
    })
}

/// The DVSEC is one that the shadow understands, and CXL.mem is enabled.
fn check_dvsec(pdev: &PciDev, hardware: &Hardware) -> Result<DvsecShadow> {
    let words = hardware.dvsec_words();
    let dvsec = DvsecShadow::from_snapshot(&words, Policy::DEFAULT)
        .map_err(|e| refuse(pdev, EPROTO, format_args!("{e}")))?;
    if dvsec.get(&dvsec::control::MEM_ENABLE) == 0 {
        return Err(refuse(
            pdev,
            EACCES,
            format_args!("Mem_Enable is clear: a decoder is committed without CXL.mem enabled"),
        ));
    }
    Ok(dvsec)
}

/// Has cxl-core adopt the device, and compares what it found with the decoder.
fn adopt(pdev: &PciDev, hardware: &Hardware, commit: &Commit) -> Result<HostRange> {
    let capacity = commit.size.saturating_add(commit.skip);
    let range = attach(pdev, hardware.layout().dvsec, capacity).map_err(|e| {
        refuse(
            pdev,
            e,
            format_args!("cxl-core does not accept the path to its memory"),
        )
    })?;
    if range.start != commit.base || range.len != commit.size {
        return Err(refuse(
            pdev,
            ERANGE,
            format_args!(
                "cxl-core has its memory at {:#x}, size {:#x}, and decoder 0 at {:#x}, size {:#x}",
                range.start, range.len, commit.base, commit.size
            ),
        ));
    }
    Ok(range)
}

fn claim(pdev: &PciDev, range: HostRange) -> Result<Claim> {
    Claim::new(range, c"cxl_vfio_pci").map_err(|e| {
        let HostRange { start, len } = range;
        refuse(
            pdev,
            e,
            format_args!("memory {start:#x}, size {len:#x}, is in use"),
        )
    })
}

/// Puts the decoder back after cxl-core has released it: of an unlocked one, cxl-core leaves
/// zeroes, and the next driver would find no window.
struct RestoreDecoder {
    hardware: Arc<Hardware>,
    commit: Commit,
}

impl Drop for RestoreDecoder {
    fn drop(&mut self) {
        // A device that was pulled out has nothing to be restored.
        match self.hardware.restore_locked(&self.commit) {
            Ok(()) | Err(Fault::Gone) => (),
            Err(fault) => {
                pr_err!(
                    "the decoder is not as firmware left it: {}\n",
                    format_args!("{fault}")
                )
            }
        }
    }
}
