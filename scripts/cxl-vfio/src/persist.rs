// SPDX-License-Identifier: GPL-2.0

//! Binding again at every boot: a rule for udev, which keeps other drivers away from the device as soon as it appears and
//! has it bound when that is later, and a unit of systemd that is part of every boot, so that libvirt waits for it.

use crate::{
    device::{
        full_name,
        kind,
        Device,
        DRIVER, //
    },
    error::{
        Refusal,
        Result, //
    },
    host::Host,
    owner::Owner, //
};
use std::{
    fs,
    path::PathBuf,
    process::Command, //
};

/// Before the rules that load drivers.
const RULES: &str = "/etc/udev/rules.d";

fn rule_file(host: &Host, what: &str) -> PathBuf {
    host.path(&format!("{RULES}/70-cxl-vfio-{what}.rules"))
}

/// `what` is an address, or VENDOR:DEVICE.
pub fn remember(host: &Host, what: &str, owner: Option<&Owner>) -> Result<()> {
    if !host.exists("/run/systemd/system") {
        return Err(Refusal::new(
            "bound, but not at the next boot: this machine does not run systemd, which would do it",
            "Run `cxl-vfio bind` from a boot script, or use driverctl.",
        ));
    }
    let what = &full_name(what);
    let mut group = String::new();
    let matching = match kind(what) {
        Some(_) if owner.is_some() => {
            return Err(Refusal::new(
                "bound, but not at the next boot: a rule knows the group's owner by the device's address only",
                "Name each device by its address, with --persist and --owner.",
            ));
        }
        Some((vendor, device)) => {
            format!("ATTR{{vendor}}==\"{vendor:#06x}\", ATTR{{device}}==\"{device:#06x}\"")
        }
        None => {
            let address = Device::find(host, what)?.address;
            if let Some(Owner { name, .. }) = owner {
                group = format!(
                    "ACTION==\"add\", SUBSYSTEM==\"vfio\", \
                     TEST==\"/sys/kernel/iommu_groups/$kernel/devices/{address}\", OWNER=\"{name}\"\n"
                );
            }
            format!("KERNEL==\"{address}\"")
        }
    };
    // Colons are kept in names of units, blanks and slashes are not in addresses.
    let rule = format!(
        "# Written by cxl-vfio bind --persist; cxl-vfio unbind --persist {what} removes it.\n\
         ACTION==\"add\", SUBSYSTEM==\"pci\", {matching}, ATTR{{driver_override}}=\"{DRIVER}\", \
         TAG+=\"systemd\", ENV{{SYSTEMD_WANTS}}+=\"cxl-vfio@$kernel.service\"\n{group}"
    );
    let file = rule_file(host, what);
    fs::create_dir_all(host.path(RULES))
        .and_then(|()| fs::write(&file, rule))
        .map_err(|error| {
            Refusal::new(
                format!(
                    "bound, but not at the next boot: {} cannot be written: {error}",
                    file.display()
                ),
                "Make it writable, and run the same command again.",
            )
        })?;
    systemctl("enable", what).map_err(|said| {
        Refusal::new(
            format!("bound, and at the next boot maybe after libvirt starts: {said}"),
            "The package cxl-vfio-pci has the unit; install it, and run the same command again.",
        )
    })
}

fn systemctl(verb: &str, what: &str) -> std::result::Result<(), String> {
    let unit = format!("cxl-vfio@{what}.service");
    let output = Command::new("systemctl")
        .args(["--quiet", verb, &unit])
        .output()
        .map_err(|error| format!("systemctl cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "systemctl {verb} {unit}: {}",
        said.trim().lines().last().unwrap_or("failed")
    ))
}

/// Whether it is bound at every boot.
pub fn is_remembered(host: &Host, what: &str) -> bool {
    rule_file(host, &full_name(what)).exists()
}

pub fn forget(host: &Host, what: &str) -> Result<()> {
    let what = &full_name(what);
    let file = rule_file(host, what);
    match fs::remove_file(&file) {
        Ok(()) => systemctl("disable", what).map_err(|said| {
            Refusal::new(said, "Remove the link from /etc/systemd/system/multi-user.target.wants by hand.")
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Refusal::new(
            format!("{what} is not bound at boot by cxl-vfio: there is no {}", file.display()),
            "Name it as it was named to `cxl-vfio bind --persist`; driverctl keeps its own list: `driverctl list-persisted`.",
        )),
        Err(error) => Err(Refusal::new(
            format!("{} cannot be removed: {error}", file.display()),
            "Remove it by hand.",
        )),
    }
}
