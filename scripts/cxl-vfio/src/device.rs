// SPDX-License-Identifier: GPL-2.0

//! A PCI function as sysfs shows it.

pub mod component;
pub mod config;
pub mod cxl;
pub mod preflight;

use crate::{
    error::{
        Refusal,
        Result, //
    },
    host::Host, //
};
use config::Config;
use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::FileExt, //
};

const DEVICES: &str = "/sys/bus/pci/devices";
pub const DRIVER: &str = "cxl_vfio_pci";

pub struct Device<'a> {
    pub host: &'a Host,
    pub address: String,
}

/// Vendor and device, if a person named a kind: VENDOR:DEVICE.
pub fn kind(what: &str) -> Option<(u16, u16)> {
    let (vendor, device) = what.split_once(':')?;
    let number = |text: &str| {
        let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u16::from_str_radix(text, 16).ok().filter(|_| digits)
    };
    Some((number(vendor)?, number(device)?))
}

/// The one name that the kernel and this program have for what a person may write in several ways.
pub fn full_name(what: &str) -> String {
    let name = what.to_ascii_lowercase();
    match name.matches(':').count() {
        1 if kind(&name).is_none() => format!("0000:{name}"),
        _ => name,
    }
}

impl<'a> Device<'a> {
    /// Every function of the machine.
    pub fn all(host: &'a Host) -> Vec<Self> {
        let new = |address| Self { host, address };
        host.names(DEVICES).into_iter().map(new).collect()
    }

    /// The function with this address; the domain may be left out.
    pub fn find(host: &'a Host, address: &str) -> Result<Self> {
        let full = full_name(address);
        if full.contains('/') || !host.exists(&format!("{DEVICES}/{full}")) {
            return Err(Refusal::new(
                format!("there is no PCI function {address}"),
                "`cxl-vfio list` shows the addresses of CXL functions, `lspci -D` all.",
            ));
        }
        let address = full;
        Ok(Self { host, address })
    }

    /// The functions that a person means: an address, or VENDOR:DEVICE for all CXL functions of that kind.
    pub fn select(host: &'a Host, what: &str) -> Result<Vec<Self>> {
        let Some((vendor, device)) = kind(what) else {
            return Ok(vec![Self::find(host, what)?]);
        };
        let mut found = Self::all(host);
        found.retain(|function| {
            function.id("vendor") == Some(vendor)
                && function.id("device") == Some(device)
                && function
                    .config()
                    .is_some_and(|config| config.is_cxl_device())
        });
        if found.is_empty() {
            return Err(Refusal::new(
                format!("no CXL function of this machine is a {what}"),
                "`cxl-vfio list` shows vendor and device of each CXL function; reading them takes root.",
            ));
        }
        Ok(found)
    }

    pub fn path(&self, attribute: &str) -> String {
        format!("{DEVICES}/{}/{attribute}", self.address)
    }

    pub fn text(&self, attribute: &str) -> Option<String> {
        self.host.text(&self.path(attribute))
    }

    pub fn id(&self, attribute: &str) -> Option<u16> {
        let number = self.host.number(&self.path(attribute))?;
        u16::try_from(number).ok()
    }

    pub fn class(&self) -> u32 {
        let number = self.host.number(&self.path("class")).unwrap_or(0);
        u32::try_from(number).unwrap_or(0)
    }

    /// "1234:00c2"
    pub fn kind(&self) -> String {
        let part = |name| {
            self.id(name)
                .map_or("????".into(), |id| format!("{id:04x}"))
        };
        format!("{}:{}", part("vendor"), part("device"))
    }

    pub fn driver(&self) -> Option<String> {
        self.host.link(&self.path("driver"))
    }

    pub fn is_ours(&self) -> bool {
        self.driver().as_deref() == Some(DRIVER)
    }

    /// The driver that alone may take the function, if one is set.
    pub fn driver_override(&self) -> Option<String> {
        self.text("driver_override")
            .filter(|name| name != "(null)" && !name.is_empty())
    }

    pub fn group(&self) -> Option<String> {
        self.host.link(&self.path("iommu_group"))
    }

    pub fn is_bridge(&self) -> bool {
        self.class() >> 16 == 6
    }

    /// Start and length of a BAR that is memory.
    pub fn memory_bar(&self, number: u8) -> Option<(u64, u64)> {
        const IORESOURCE_MEM: u64 = 0x200;
        let text = self.text("resource")?;
        let line = text.lines().nth(number.into()).filter(|_| number < 6)?;
        let mut words = line
            .split_whitespace()
            .map(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16));
        let (start, end, flags) = (
            words.next()?.ok()?,
            words.next()?.ok()?,
            words.next()?.ok()?,
        );
        (flags & IORESOURCE_MEM != 0 && end > start).then(|| (start, end - start + 1))
    }

    /// Configuration space, if it can be read. Beyond the first 64 bytes that takes root.
    pub fn config(&self) -> Option<Config> {
        Config::new(self.host.bytes(&self.path("config")).ok()?)
    }

    pub fn write_config(&self, at: usize, bytes: &[u8]) -> io::Result<()> {
        let path = self.host.path(&self.path("config"));
        let file = OpenOptions::new().write(true).open(path)?;
        file.write_all_at(bytes, at as u64)
    }

    /// A file of the driver in debugfs.
    pub fn debug(&self, name: &str) -> Option<String> {
        let folder = format!("/sys/kernel/debug/{DRIVER}-{}", self.address);
        self.host.text(&format!("{folder}/{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (written, name) in [
            ("0000:0d:00.0", "0000:0d:00.0"),
            ("0D:00.0", "0000:0d:00.0"),
            ("1234:00C2", "1234:00c2"),
        ] {
            assert_eq!(full_name(written), name);
        }
        assert_eq!(kind("1234:00c2"), Some((0x1234, 0xc2)));
        assert_eq!(kind("0d:00.0"), None);
        assert_eq!(kind("+123:00c2"), None);
    }
}
