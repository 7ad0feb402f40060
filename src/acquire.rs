// SPDX-License-Identifier: GPL-2.0

//! Acquiring a CXL device: everything that could make it unsafe to pass through is looked at before
//! a user can open it, and all that binding changes is undone when the function is unbound.

#![forbid(unsafe_code)]

use crate::{
    cxl::Cxl,
    ffi::{
        caches::Method,
        cxl::{
            attach,
            Claim,
            HostRange, //
        },
        io::Mmio,
        pci::PciDev,
        vfio::REGION_LEN, //
    },
    hardware::{
        Commit,
        Hardware,
        Layout,
        Obstacle,
        Reporting, //
    },
    interface,
    refusal::Refusal,
    shadows::Shadows, //
};
use cxl_regs::{
    dvsec,
    hdm,
    locator::Entry,
    DvsecShadow,
    HdmShadow, //
};
use kernel::{
    dev_err,
    dev_info,
    dev_warn,
    prelude::*,
    sync::Arc, //
};

/// Acquires the memory of a CXL device; nothing if the function is none, or has no memory.
pub(crate) fn acquire(pdev: &PciDev) -> Result<Option<Arc<Cxl>>> {
    match take(pdev) {
        Ok(cxl) => Ok(cxl),
        Err(refusal) => {
            dev_err!(pdev, "not bound: {}\n", format_args!("{refusal}"));
            Err(refusal.errno())
        }
    }
}

fn take(pdev: &PciDev) -> Result<Option<Arc<Cxl>>, Refusal> {
    if !pdev.is_cxl() {
        return Ok(None);
    }
    // A function that is gone has no capabilities: it would be taken for plain PCI.
    if !pdev.answers() {
        return Err(Refusal::Hardware(Obstacle::Gone));
    }
    let Some(dvsec) = pdev.find_cxl_dvsec(dvsec::DEVICE) else {
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
        advanced_features: pdev.find_advanced_features(),
        bar,
        block,
        hdm: 0,
        ras: None,
    };
    let mut hardware = Hardware::new(pdev, mmio, layout)?;
    find_capabilities(pdev, &mut hardware)?;
    let Shadows {
        dvsec, hdm, map, ..
    } = Shadows::read(&hardware, hdm::Lock::Hardware)?;
    check_decoders(&hdm)?;
    let size = hardware.commit().size;
    if size > REGION_LEN {
        return Err(Refusal::TooLarge { size });
    }
    check_dvsec(&hardware, &dvsec)?;
    // cxl-core wants to know how large it is. Opening and the first access wait until it is ready.
    hardware.wait_info_valid().map_err(Refusal::Hardware)?;

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
    pdev.drop_on_unbind(claim(range)?)?;
    if let Some(reporting) = Reporting::new(pdev, &hardware) {
        pdev.drop_on_unbind(reporting)?;
    }

    if hardware.loses_lines() {
        dev_warn!(
            pdev,
            "its cache cannot be written back: what it has of host memory is lost in resets\n"
        );
    }
    if Method::of_this_machine() == Method::None {
        dev_warn!(
            pdev,
            "CPU caches cannot be flushed: what they have of its memory may be lost in resets\n"
        );
    }
    dev_info!(
        pdev,
        "CXL memory {:#x}-{:#x} passed through, decoder 0 of {}{}\n",
        commit.base,
        commit.base.saturating_add(commit.size).saturating_sub(1),
        hdm.count(),
        if commit.is_locked() { " locked" } else { "" }
    );
    let interface = interface::chosen();
    if let Some(warning) = interface.warning {
        let name = interface.name;
        dev_warn!(pdev, "interface {name} is experimental: {warning}\n");
    }
    let cxl = Cxl::new(hardware, commit, &dvsec, map, interface)?;
    let cxl = Arc::pin_init(cxl, GFP_KERNEL)?;
    Ok(Some(cxl))
}

/// Finds the component register block: its BAR, and its offset there.
fn find_component_block(pdev: &PciDev) -> Result<(u8, usize), Refusal> {
    /// More entries than there are kinds of blocks.
    const MAX_DWORDS: u16 = 3 + 2 * 16;

    let locator = (pdev.find_cxl_dvsec(dvsec::REGISTER_LOCATOR)).ok_or(Refusal::NoLocator)?;
    let length = pdev.read_config32(locator.saturating_add(4)) >> 20;
    let mut words = KVec::new();
    for dword in 0..u16::try_from(length / 4).unwrap_or(0).min(MAX_DWORDS) {
        let at = locator.saturating_add(dword.saturating_mul(4));
        words.push(pdev.read_config32(at), GFP_KERNEL)?;
    }
    let entry = Entry::from_snapshot(&words).map_err(Refusal::Locator)?;
    if !pdev.bar_is_memory(entry.bir) {
        return Err(Refusal::NoBar { bar: entry.bir });
    }
    entry
        .check(pdev.bar_len(entry.bir))
        .map_err(Refusal::OutsideBar)?;
    let offset = usize::try_from(entry.offset).map_err(Error::from)?;
    Ok((entry.bir, offset))
}

/// Finds the capabilities that matter here.
fn find_capabilities(pdev: &PciDev, hardware: &mut Hardware) -> Result<(), Refusal> {
    let array = Shadows::read_array(hardware)?;
    hardware.set_hdm_offset(array.hdm().ok_or(Refusal::NoDecoders)?);
    match array.ras() {
        Some(offset) => hardware.set_ras_offset(offset),
        None => dev_info!(pdev, "no RAS capability: memory errors are not reported\n"),
    }
    Ok(())
}

/// Decoder 0 alone decodes, memory of the device's own, without interleave.
fn check_decoders(hdm: &HdmShadow) -> Result<(), Refusal> {
    let mut decoders = hdm.decoders();
    let decoder = match decoders.next() {
        Some(decoder) if decoder.is_committed() => decoder,
        free => {
            let control = free.map_or(0, |decoder| decoder.control());
            return Err(Refusal::NotCommitted { control });
        }
    };
    let control = decoder.control();
    if let Some(after_first) = decoders.position(|decoder| decoder.is_committed()) {
        let decoder = after_first.saturating_add(1);
        return Err(Refusal::SecondWindow { decoder });
    }
    if decoder.is_host_only() {
        return Err(Refusal::HostOnly { control });
    }
    if decoder.ways() != Some(1) {
        return Err(Refusal::Interleaved { control });
    }
    let control = hdm.global_control();
    if !hdm::global_control::DECODER_ENABLE.is_set(control) {
        return Err(Refusal::DecodersDisabled { control });
    }
    Ok(())
}

/// CXL.mem is enabled.
fn check_dvsec(hardware: &Hardware, dvsec: &DvsecShadow) -> Result<(), Refusal> {
    if dvsec.get(&dvsec::control::MEM_ENABLE) != 0 {
        return Ok(());
    }
    // CAST: The lower half is Control.
    let control = hardware.dvsec_word(dvsec::control::MEM_ENABLE.offset()) as u16;
    Err(Refusal::MemDisabled { control })
}

/// Has cxl-core adopt the device, and compares what it found with the decoder.
fn adopt(pdev: &PciDev, hardware: &Hardware, commit: &Commit) -> Result<HostRange, Refusal> {
    let capacity = commit.size.saturating_add(commit.skip);
    let found = attach(pdev, hardware.layout().dvsec, capacity).map_err(Refusal::NoPath)?;
    if found.start != commit.base || found.len != commit.size {
        let commit = *commit;
        return Err(Refusal::Elsewhere { found, commit });
    }
    Ok(found)
}

fn claim(range: HostRange) -> Result<Claim, Refusal> {
    Claim::new(range, c"cxl_vfio_pci").map_err(|_| Refusal::InUse(range))
}

/// Puts the decoder back if it was lost while nobody had the device open, as by a reset, so that the
/// next driver finds a window. cxl-core leaves the decoders of a region alone that it made for a
/// driver; those of any other it zeroes when it releases it.
struct RestoreDecoder {
    hardware: Arc<Hardware>,
    commit: Commit,
}

impl Drop for RestoreDecoder {
    fn drop(&mut self) {
        // After a probe that failed nobody keeps it awake any more.
        let _awake = self.hardware.pdev().wake_up();
        // A device that was pulled out has nothing to be restored.
        match self.hardware.restore(&self.commit) {
            Ok(()) | Err(Obstacle::Gone) => (),
            Err(obstacle) => {
                pr_err!(
                    "the decoder is not as firmware left it: {}\n",
                    format_args!("{obstacle}")
                )
            }
        }
    }
}
