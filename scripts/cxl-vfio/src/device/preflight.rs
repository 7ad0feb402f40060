// SPDX-License-Identifier: GPL-2.0

//! What binding will find: the facts of Documentation/binding.md, in the driver's order, with its error numbers and its
//! words. What the registers mean is said by the driver's own source.

use super::{
    component::Component,
    config::Config,
    cxl::{
        id,
        Cxl, //
    },
    Device,
};
use crate::host::kernel;
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
        self,
        HdmShadow,
        Lock,
        Options, //
    },
    locator::Entry, //
};
use serde::Serialize;

/// A part of the host's address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    pub base: u64,
    pub size: u64,
}

/// What the driver would make of the function, as far as it can be told without binding it.
#[derive(Debug)]
pub enum Outcome {
    /// Bound, and this memory passed through; the other number is the decoders.
    Passed(Window, u8),
    /// Bound as plain PCI, for this reason.
    Plain(&'static str),
    /// Not bound: the name of an error number, and the sentence of the kernel log.
    Refused(&'static str, String),
    /// It cannot be told, for this reason.
    Unknown(&'static str),
}

use Outcome::{
    Plain,
    Refused,
    Unknown, //
};

/// Looks at a function that the driver does not have.
pub fn look(device: &Device<'_>) -> Outcome {
    match take(device) {
        Ok((window, decoders)) => Outcome::Passed(window, decoders),
        Err(outcome) => outcome,
    }
}

fn take(device: &Device<'_>) -> Result<(Window, u8), Outcome> {
    /// What an offset in the device's file has for a region.
    const REGION_LEN: u64 = 1 << 40;

    let config = device
        .config()
        .ok_or(Unknown("its configuration space cannot be read"))?;
    if !config.answers() {
        return Err(Refused("ENODEV", "the device does not answer".into()));
    }
    if config.is_conventional() {
        return Err(Plain("it has no extended configuration space"));
    }
    if !config.is_whole() {
        return Err(Unknown("only root can read its configuration space"));
    }
    let cxl = Cxl::new(&config).ok_or(Plain("it has no CXL Device DVSEC"))?;
    if !cxl.trained {
        return Err(Plain("its link was not trained as CXL"));
    }
    if !cxl.mem_capable {
        return Err(Plain("it has no CXL memory"));
    }
    let (bar, offset) = find_block(device, &config)?;
    let component = Component::map(device, bar, offset).ok_or_else(|| why_unreadable(device))?;
    let decoders = find_decoders(&component)?;
    let window = check_decoders(&decoders)?;
    if window.size > REGION_LEN {
        let size = window.size;
        let sentence = format!("decoder 0 has {size:#x} bytes: the device's file cannot address more than {REGION_LEN:#x} of a region");
        return Err(Refused("EFBIG", sentence));
    }
    check_dvsec(&config, &cxl)?;
    if !cxl.info_valid {
        let range = config.read32(cxl.dvsec + 0x1c);
        let sentence = format!("the memory is not active (range 1 size low {range:#010x})");
        return Err(Refused("ETIMEDOUT", sentence));
    }
    Ok((window, decoders.count()))
}

fn why_unreadable(device: &Device<'_>) -> Outcome {
    Unknown(match kernel::lockdown(device.host).as_deref() {
        None | Some("none") => {
            "its component registers cannot be read (it sleeps, or Memory Space is off)"
        }
        Some(_) => "the kernel is locked down, and lets nobody read its component registers",
    })
}

fn find_block(device: &Device<'_>, config: &Config) -> Result<(u8, u64), Outcome> {
    /// More entries than there are kinds of blocks.
    const MAX_DWORDS: usize = 3 + 2 * 16;

    let Some(locator) = config.cxl_dvsec(id::REGISTER_LOCATOR) else {
        return Err(Refused(
            "ENOENT",
            "there is no register locator DVSEC".into(),
        ));
    };
    let length = (config.read32(locator + 4) >> 20) as usize;
    let words = config.dwords(locator, (length / 4).min(MAX_DWORDS));
    let entry =
        Entry::from_snapshot(&words).map_err(|error| Refused("EBADMSG", error.to_string()))?;
    let bar = entry.bir;
    let Some((_, len)) = device.memory_bar(bar) else {
        let sentence = format!("register locator names BAR {bar}, which is no memory");
        return Err(Refused("EADDRNOTAVAIL", sentence));
    };
    entry
        .check(len)
        .map_err(|error| Refused("ERANGE", error.to_string()))?;
    Ok((bar, entry.offset))
}

fn find_decoders(component: &Component) -> Result<HdmShadow, Outcome> {
    let words = component.dwords(0, cm::ARRAY_DWORDS);
    let array = CapabilityArray::from_snapshot(&words)
        .map_err(|error| Refused("EBADR", error.to_string()))?;
    let Some(hdm) = array.hdm() else {
        return Err(Refused(
            "ENODATA",
            "there is no HDM decoder capability".into(),
        ));
    };
    let options = Options {
        back_invalidate: array.has_back_invalidate(),
        lock: Lock::Hardware,
    };
    let header = component.dwords(hdm.into(), 1);
    let count = header.first().and_then(|header| hdm::dwords(*header));
    let words = component.dwords(hdm.into(), count.unwrap_or(1));
    let decoders = HdmShadow::from_snapshot(&words, options)
        .map_err(|error| Refused("EINVAL", error.to_string()))?;
    ComponentMap::new(&array, &decoders)
        .map_err(|error| Refused("EOVERFLOW", error.to_string()))?;
    Ok(decoders)
}

fn check_decoders(decoders: &HdmShadow) -> Result<Window, Outcome> {
    let first = decoders.decoders().next();
    let control = first.map_or(0, |decoder| decoder.control());
    let Some(decoder) = first.filter(|decoder| decoder.is_committed()) else {
        let sentence = format!("decoder 0 is not committed (ctrl {control:#x}): firmware gave the device no memory window");
        return Err(Refused("ENXIO", sentence));
    };
    let second = decoders
        .decoders()
        .skip(1)
        .position(|decoder| decoder.is_committed());
    if let Some(position) = second {
        let number = position + 1;
        let sentence =
            format!("decoder {number} is committed, too: only one window can be passed through");
        return Err(Refused("EOPNOTSUPP", sentence));
    }
    if decoder.is_host_only() {
        let sentence =
            format!("decoder 0 is host-only (ctrl {control:#x}): not a device-coherent window");
        return Err(Refused("EPROTOTYPE", sentence));
    }
    if decoder.ways() != Some(1) {
        let sentence = format!(
            "decoder 0 is interleaved (ctrl {control:#x}): the window is not this device's alone"
        );
        return Err(Refused("EDOM", sentence));
    }
    let global = decoders.global_control();
    if !hdm::global_control::DECODER_ENABLE.is_set(global) {
        let sentence = format!(
            "decoder 0 is committed, but HDM decoding is disabled (global ctrl {global:#x})"
        );
        return Err(Refused("ENOTCONN", sentence));
    }
    Ok(Window {
        base: decoder.base(),
        size: decoder.size(),
    })
}

fn check_dvsec(config: &Config, cxl: &Cxl) -> Result<(), Outcome> {
    let words = config.dwords(cxl.dvsec, dvsec::DWORDS);
    DvsecShadow::from_snapshot(&words).map_err(|error| Refused("EPROTO", error.to_string()))?;
    if !cxl.mem_enabled {
        let control = config.read16(cxl.dvsec + 0x0c);
        let sentence = format!(
            "decoder 0 is committed, but Mem_Enable is clear (DVSEC control {control:#06x})"
        );
        return Err(Refused("EACCES", sentence));
    }
    Ok(())
}
