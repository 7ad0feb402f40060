// SPDX-License-Identifier: GPL-2.0

//! IOMMU groups, interrupt remapping, and the processes that use VFIO.

use super::Host;
use crate::device::Device;
use serde::Serialize;
use std::collections::BTreeMap;

/// The functions of a group.
pub fn members<'a>(host: &'a Host, group: &str) -> Vec<Device<'a>> {
    let new = |address| Device { host, address };
    let names = host.names(&format!("/sys/kernel/iommu_groups/{group}/devices"));
    names.into_iter().map(new).collect()
}

/// Whether a driver may keep a function that is in a group with one of a user's.
pub fn may_stay(device: &Device<'_>) -> bool {
    match device.driver().as_deref() {
        None => true,
        Some("vfio-pci" | "pci-stub" | super::super::device::DRIVER) => true,
        // Ports do no DMA of their own.
        Some("pcieport") => true,
        Some(driver) => driver.ends_with("-vfio-pci") || driver.ends_with("_vfio_pci"),
    }
}

/// Whether interrupts are remapped; nothing on an architecture where that is no question of the IOMMU.
pub fn remaps_interrupts(host: &Host) -> Option<bool> {
    let text = host.text("/proc/interrupts")?;
    let any = |begins: [&str; 2]| {
        let mut words = text.split_whitespace();
        words.any(|word| begins.iter().any(|begin| word.starts_with(begin)))
    };
    // Of x86's interrupts. Arm's ITS, which tells devices apart by itself, has ITS-PCI-MSI.
    let remapped = any(["IR-", "AMD-IR"]);
    (remapped || any(["IO-APIC", "PCI-MSI"])).then_some(remapped)
}

/// A process that has groups open.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    pub process: u32,
    pub name: String,
    pub groups: Vec<String>,
}

/// Who has VFIO groups open. A container of several groups lets each device reach what is mapped of the others.
pub fn users(host: &Host) -> Vec<User> {
    let mut users = BTreeMap::new();
    let processes = host.names("/proc").into_iter();
    for process in processes.filter_map(|name| name.parse::<u32>().ok()) {
        let folder = format!("/proc/{process}/fd");
        let mut groups: Vec<String> = (host.names(&folder).iter())
            .filter_map(|fd| std::fs::read_link(host.path(&format!("{folder}/{fd}"))).ok())
            .filter_map(|target| {
                let group = target.to_str()?.strip_prefix("/dev/vfio/")?;
                group.parse::<u32>().ok().map(|_| group.to_owned())
            })
            .collect();
        groups.sort();
        groups.dedup();
        if !groups.is_empty() {
            let name = host
                .text(&format!("/proc/{process}/comm"))
                .unwrap_or_default();
            users.insert(
                process,
                User {
                    process,
                    name,
                    groups,
                },
            );
        }
    }
    users.into_values().collect()
}
