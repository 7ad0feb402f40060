// SPDX-License-Identifier: GPL-2.0

//! `cxl-vfio report`: what a bug report needs, in one file. Nothing in it says whose machine it is: no host name, no
//! command line but the options about our subject, no name of who built the kernel, no MAC address, no serial number.

use crate::{
    check,
    device::{
        config::Config,
        Device, //
    },
    error::{
        Refusal,
        Result, //
    },
    host::{
        kernel,
        log::Log,
        memory::{
            self,
            Owner,
            Range, //
        },
        Host, //
    },
    list,
    output, //
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt,
    path::{
        Path,
        PathBuf, //
    },
};

#[derive(Serialize)]
struct Function {
    address: String,
    /// Configuration space in hexadecimal, 16 bytes a line, with the serial number left out.
    config: Vec<String>,
    resource: Vec<String>,
    gate: Option<String>,
    counters: Option<String>,
    shadow: Option<String>,
    clearing: Option<String>,
    uapi: Option<String>,
}

#[derive(Serialize)]
struct Contents {
    tool: &'static str,
    kernel: String,
    options: Vec<String>,
    parameters: BTreeMap<String, String>,
    modules: Vec<String>,
    list: list::List,
    check: check::Check,
    functions: Vec<Function>,
    memory: Vec<Range>,
    cxl_bus: Vec<String>,
    log: Vec<String>,
}

#[derive(Serialize)]
pub struct Written {
    file: PathBuf,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Written to {}. Look at it before you give it away.",
            self.file.display()
        )
    }
}

pub fn run(host: &Host, file: &Path) -> Result<Written> {
    let contents = collect(host)?;
    std::fs::write(file, output::to_json(&contents)).map_err(|error| {
        Refusal::new(
            format!("{} cannot be written: {error}", file.display()),
            "Name another file: cxl-vfio report FILE",
        )
    })?;
    Ok(Written { file: file.into() })
}

fn is_ours(word: &str) -> bool {
    [
        "cxl", "vfio", "iommu", "hmem", "dax", "kvm", "pci", "memhp", "efi=",
    ]
    .iter()
    .any(|part| word.contains(part))
}

fn collect(host: &Host) -> Result<Contents> {
    let words = |path: &str| host.text(path).unwrap_or_default();
    let parameters = host
        .names("/sys/module/cxl_vfio_pci/parameters")
        .into_iter();
    let modules = words("/proc/modules");
    let modules = modules.lines().filter_map(|line| line.split(' ').next());
    Ok(Contents {
        tool: env!("CXL_VFIO_PCI_VERSION"),
        // Where /proc/version has them, it says who built it on which machine.
        kernel: format!(
            "{} {}",
            words("/proc/sys/kernel/osrelease"),
            words("/proc/sys/kernel/version")
        ),
        options: words("/proc/cmdline")
            .split(' ')
            .filter(|word| is_ours(word))
            .map(str::to_owned)
            .collect(),
        parameters: parameters
            .filter_map(|name| kernel::parameter(host, &name).map(|value| (name, value)))
            .collect(),
        modules: modules
            .filter(|name| is_ours(name))
            .map(str::to_owned)
            .collect(),
        list: list::run(host)?,
        check: check::run(host, None)?,
        functions: Device::all(host).iter().filter_map(function).collect(),
        memory: (memory::ranges(host).unwrap_or_default().into_iter())
            .filter(|range| range.owner() != Owner::Other || is_ours(&range.name))
            .collect(),
        cxl_bus: cxl_bus(host),
        log: (Log::whole(host)
            .map(|mut log| log.take())
            .unwrap_or_default()
            .into_iter())
        .filter(|line| is_ours(&line.to_lowercase()) || crate::host::log::is_complaint(line))
        .filter_map(|line| impersonal(&line))
        .collect(),
    })
}

/// A line of the kernel log without what says whose machine it is. The command line is among the options, as far as it is
/// our subject.
fn impersonal(line: &str) -> Option<String> {
    const PERSONAL: [&str; 4] = ["command line: ", "linux version ", "serial", "hostname"];
    let lower = line.to_lowercase();
    if PERSONAL.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let is_mac = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_hexdigit());
        let mut parts = word.split([':', '-']);
        parts.clone().count() == 6 && parts.all(|part| part.len() == 2)
    };
    let words = line.split(' ');
    let words: Vec<&str> = words
        .map(|word| if is_mac(word) { "(address)" } else { word })
        .collect();
    Some(words.join(" "))
}

fn function(device: &Device<'_>) -> Option<Function> {
    let config = device.config().filter(Config::is_cxl_device)?;
    let lines = |text: Option<String>| -> Vec<String> {
        text.unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    };
    Some(Function {
        address: device.address.clone(),
        config: dump(&config),
        resource: lines(device.text("resource")),
        gate: device.debug("gate"),
        counters: device.debug("counters"),
        shadow: device.debug("shadow"),
        clearing: device.debug("clearing"),
        uapi: device.debug("uapi"),
    })
}

fn dump(config: &Config) -> Vec<String> {
    const SERIAL_NUMBER: u16 = 3;
    const VITAL_PRODUCT_DATA: u8 = 3;
    let mut bytes = config.bytes().to_vec();
    for (_, at) in config
        .extended()
        .into_iter()
        .filter(|(id, _)| *id == SERIAL_NUMBER)
    {
        bytes
            .iter_mut()
            .skip(at + 4)
            .take(8)
            .for_each(|byte| *byte = 0);
    }
    // Its address and data registers hold what was read last, which may be a serial number.
    if let Some(at) = config.capability(VITAL_PRODUCT_DATA) {
        bytes
            .iter_mut()
            .skip(at + 2)
            .take(6)
            .for_each(|byte| *byte = 0);
    }
    let line = |(number, bytes): (usize, &[u8])| {
        let words: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{:03x}: {}", 16 * number, words.join(" "))
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

/// What cxl-core has, a line for each attribute that says where memory is.
fn cxl_bus(host: &Host) -> Vec<String> {
    const FOLDER: &str = "/sys/bus/cxl/devices";
    const ATTRIBUTES: [&str; 10] = [
        "start",
        "size",
        "mode",
        "target_type",
        "locked",
        "interleave_ways",
        "interleave_granularity",
        "region",
        "resource",
        "commit",
    ];
    let mut lines = Vec::new();
    for name in host.names(FOLDER) {
        for attribute in ATTRIBUTES {
            if let Some(value) = host.text(&format!("{FOLDER}/{name}/{attribute}")) {
                lines.push(format!("{name} {attribute} {value}"));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_log() {
        for same in [
            "cxl_vfio_pci 0000:0d:00.0: CXL memory 0x110000000-0x11fffffff passed through",
            "pci 0000:0d:00.0: [1234:00c2] type 00 class 0x120000 PCIe Endpoint",
        ] {
            assert_eq!(impersonal(same).as_deref(), Some(same));
        }
        for dropped in [
            "Kernel command line: root=/dev/mapper/somebodys-root intel_iommu=on",
            "Command line: BOOT_IMAGE=/vmlinuz netconsole=@192.0.2.1/ pci=realloc",
            "Linux version 7.3.4 (somebody@pci-lab) (gcc)",
            "usb 1-1: New device on xhci_pci, SerialNumber: 4711",
        ] {
            assert_eq!(impersonal(dropped), None, "{dropped}");
        }
        assert_eq!(
            impersonal("e1000e 0000:00:19.0: (PCI Express:2.5GT/s:Width x1) 52:54:00:12:34:56")
                .as_deref(),
            Some("e1000e 0000:00:19.0: (PCI Express:2.5GT/s:Width x1) (address)")
        );
    }

    #[test]
    fn no_serial_number() {
        let mut bytes = vec![0; 4096];
        bytes[0x100..0x104].copy_from_slice(&0x0001_0003u32.to_le_bytes());
        bytes[0x104..0x10c].copy_from_slice(&[0x5e; 8]);
        let config = Config::new(bytes).expect("long enough");
        let lines = dump(&config);
        let mut bytes = lines.iter().flat_map(|line| line.split(' ').skip(1));
        assert!(bytes.all(|byte| byte != "5e"));
    }
}
