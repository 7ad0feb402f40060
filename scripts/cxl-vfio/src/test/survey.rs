// SPDX-License-Identifier: GPL-2.0

//! What the hardware does: which registers of the CXL side each reset and D3 change. The device has no driver meanwhile,
//! so that nobody puts back what is lost before it is seen; afterwards this does.

use crate::{
    bind, cli,
    device::{
        component::Component,
        cxl::{
            id,
            Cxl, //
        },
        Device, //
    },
    error::{
        Refusal,
        Result, //
    },
};
use cxl_regs::{
    cm::{
        self,
        CapabilityArray, //
    },
    dvsec,
    hdm,
    locator::Entry, //
};
use serde::Serialize;
use std::{
    thread::sleep,
    time::Duration, //
};

/// A register that a reset changed.
#[derive(Serialize)]
struct Change {
    block: &'static str,
    offset: usize,
    before: u32,
    after: u32,
}

#[derive(Serialize)]
struct Step {
    /// A reset method of the kernel, or d3hot.
    what: String,
    /// What the kernel said if it did not do it.
    error: Option<String>,
    /// Whether decoder 0 is committed afterwards.
    committed: bool,
    changes: Vec<Change>,
}

#[derive(Serialize)]
pub struct Survey {
    /// VENDOR:DEVICE
    device: String,
    cxl: Cxl,
    steps: Vec<Step>,
}

/// Registers of one moment.
struct Snapshot {
    dvsec: Vec<u32>,
    hdm: Vec<u32>,
}

/// Where they are.
struct Place {
    cxl: Cxl,
    bar: u8,
    block: u64,
    hdm: usize,
    dwords: usize,
}

const COMMITTED: u32 = 1 << 10;
const COMMIT: u32 = 1 << 9;
/// The first decoder's registers.
const BASE_LOW: usize = hdm::HEADER_DWORDS;
const CONTROL: usize = BASE_LOW + 4;
/// Registers in the order in which a decoder is set up: what it decodes, and CONTROL last.
const SET_UP: [usize; 6] = [0, 1, 2, 3, 5, 6];

pub fn take(device: &Device<'_>) -> Result<Survey> {
    let what = vec![device.address.clone()];
    bind::unbind(
        device.host,
        &cli::Unbind {
            devices: what.clone(),
            persist: false,
        },
    )?;
    // No other driver may see the device in between.
    let _ = device
        .host
        .write(&device.path("driver_override"), "cxl_vfio_pci\n");
    if device.driver().is_some() {
        let _ = device
            .host
            .write(&device.path("driver/unbind"), &device.address);
    }
    let result = steps(device);
    let back = bind::bind(
        device.host,
        &cli::Bind {
            devices: what,
            persist: false,
            owner: None,
            force: false,
        },
    );
    result.and_then(|survey| back.map(|_| survey))
}

fn steps(device: &Device<'_>) -> Result<Survey> {
    let place = Place::find(device).ok_or_else(|| {
        Refusal::new(
            "its registers cannot be read",
            "`cxl-vfio check` says why, as long as it has no driver.",
        )
    })?;
    let methods = device.text("reset_method").unwrap_or_default();
    let mut words: Vec<&str> = methods.split_whitespace().collect();
    words.push("d3hot");
    let mut steps = Vec::new();
    for what in words {
        let before = place.snapshot(device)?;
        let result = match what {
            "d3hot" => sleep_and_wake(device),
            method => reset(device, method),
        };
        let after = place.snapshot(device)?;
        steps.push(Step {
            what: what.to_owned(),
            error: result.err().map(|error| error.to_string()),
            committed: after
                .hdm
                .get(CONTROL)
                .is_some_and(|control| control & COMMITTED != 0),
            changes: changes(&before, &after),
        });
        place.put_back(device, &before)?;
    }
    let _ = device.host.write(&device.path("reset_method"), "default");
    Ok(Survey {
        device: device.kind(),
        cxl: place.cxl,
        steps,
    })
}

fn reset(device: &Device<'_>, method: &str) -> std::io::Result<()> {
    device.host.write(&device.path("reset_method"), method)?;
    device.host.write(&device.path("reset"), "1")
}

/// To D3hot and back, with what the kernel would restore of it.
fn sleep_and_wake(device: &Device<'_>) -> std::io::Result<()> {
    const POWER_MANAGEMENT: u8 = 1;
    let config = device.config().ok_or(std::io::ErrorKind::NotFound)?;
    let at = config
        .capability(POWER_MANAGEMENT)
        .ok_or(std::io::ErrorKind::Unsupported)?;
    let control = config.read16(at + 4) & !3;
    let standard = config.bytes()[..64].to_vec();
    device.write_config(at + 4, &(control | 3).to_le_bytes())?;
    sleep(Duration::from_millis(100));
    device.write_config(at + 4, &control.to_le_bytes())?;
    sleep(Duration::from_millis(100));
    // BARs first, then the command register.
    device.write_config(0x10, &standard[0x10..0x28])?;
    device.write_config(0x04, &standard[0x04..0x06])
}

fn changes(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let blocks = [
        ("dvsec", &before.dvsec, &after.dvsec),
        ("hdm", &before.hdm, &after.hdm),
    ];
    let pairs = blocks.into_iter().flat_map(|(block, before, after)| {
        let pairs = before.iter().zip(after).enumerate();
        pairs.map(move |(dword, (before, after))| (block, dword, *before, *after))
    });
    // The addresses of the host are nobody's business: whether they changed is.
    pairs
        .filter(|(_, _, before, after)| before != after)
        .map(|(block, dword, before, after)| Change {
            block,
            offset: 4 * dword,
            before,
            after,
        })
        .collect()
}

impl Place {
    fn find(device: &Device<'_>) -> Option<Self> {
        let config = device.config()?;
        let cxl = Cxl::new(&config)?;
        let locator = config.cxl_dvsec(id::REGISTER_LOCATOR)?;
        let length = (config.read32(locator + 4) >> 20) as usize;
        let words = config.dwords(locator, length / 4);
        let entry = Entry::from_snapshot(&words).ok()?;
        let component = Component::map(device, entry.bir, entry.offset)?;
        let array = CapabilityArray::from_snapshot(&component.dwords(0, cm::ARRAY_DWORDS)).ok()?;
        let hdm = usize::from(array.hdm()?);
        let header = *component.dwords(hdm, 1).first()?;
        Some(Self {
            cxl,
            bar: entry.bir,
            block: entry.offset,
            hdm,
            dwords: hdm::dwords(header)?,
        })
    }

    fn component(&self, device: &Device<'_>) -> Result<Component> {
        Component::map(device, self.bar, self.block).ok_or_else(|| {
            Refusal::new(
                "its registers cannot be read any more",
                "Boot the machine again.",
            )
        })
    }

    fn snapshot(&self, device: &Device<'_>) -> Result<Snapshot> {
        let config = device.config().filter(|config| config.answers());
        let config = config.ok_or_else(|| {
            Refusal::new(
                "the device does not answer any more",
                "Boot the machine again.",
            )
        })?;
        Ok(Snapshot {
            dvsec: config.dwords(self.cxl.dvsec, dvsec::DWORDS),
            hdm: self.component(device)?.dwords(self.hdm, self.dwords),
        })
    }

    /// Commits decoder 0 as it was, and enables what was enabled.
    fn put_back(&self, device: &Device<'_>, before: &Snapshot) -> Result<()> {
        let lost = |step: &str| {
            Refusal::new(
                format!("{step} could not be put back after a reset"),
                "Boot the machine again: firmware sets it up.",
            )
        };
        const DVSEC_CONTROL: usize = 3;
        let control = before
            .dvsec
            .get(DVSEC_CONTROL)
            .map_or(0, |dword| *dword as u16);
        device
            .write_config(self.cxl.dvsec + 4 * DVSEC_CONTROL, &control.to_le_bytes())
            .map_err(|_| lost("the control register of the CXL DVSEC"))?;
        let component = self.component(device)?;
        let word = |dword: usize| before.hdm.get(dword).copied().unwrap_or(0);
        let read = |dword: usize| component.dwords(self.hdm + 4 * dword, 1)[0];
        const GLOBAL_CONTROL: usize = 1;
        if read(GLOBAL_CONTROL) != word(GLOBAL_CONTROL) {
            component.write32(self.hdm + 4 * GLOBAL_CONTROL, word(GLOBAL_CONTROL));
        }
        if read(CONTROL) & COMMITTED == 0 && word(CONTROL) & COMMITTED != 0 {
            for dword in SET_UP {
                component.write32(self.hdm + 4 * (BASE_LOW + dword), word(BASE_LOW + dword));
            }
            component.write32(self.hdm + 4 * CONTROL, word(CONTROL) & !COMMITTED | COMMIT);
            // 8.2.4.20.7 gives a decoder 10 ms, unless it says another time.
            sleep(Duration::from_millis(100));
        }
        match read(CONTROL) & COMMITTED == word(CONTROL) & COMMITTED {
            true => Ok(()),
            false => Err(lost("decoder 0")),
        }
    }
}
