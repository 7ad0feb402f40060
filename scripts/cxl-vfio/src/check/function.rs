// SPDX-License-Identifier: GPL-2.0

//! What is to be known of one function.

use super::Findings;
use crate::{
    advice,
    device::{
        cxl::Cxl,
        preflight::{
            self,
            Outcome,
            Window, //
        },
        Device,
        DRIVER, //
    },
    ffi,
    host::{
        iommu, kernel, libvirt,
        memory::{
            self,
            Owner, //
        },
    },
    output::Amount, //
};

pub fn look(device: &Device<'_>) -> Findings {
    let about = format!(
        "{} ({}, class {:06x})",
        device.address,
        device.kind(),
        device.class()
    );
    let mut found = Findings::new(about);
    let window = if device.is_ours() {
        look_at_bound(&mut found, device)
    } else {
        look_at_free(&mut found, device)
    };
    if let Some(window) = window {
        look_at_window(&mut found, device, window);
    }
    if let Some(cxl) = device.config().and_then(|config| Cxl::new(&config)) {
        look_at_clearing(&mut found, device, &cxl);
    }
    // Documentation/limits.md; where Intel has it on every machine.
    if device.address == "0000:00:02.0"
        && device.id("vendor") == Some(0x8086)
        && device.class() >> 16 == 0x03
    {
        found.advise(
            "it is an integrated GPU, whose OpRegion this driver does not pass through",
            "Bind it to vfio-pci.",
        );
    }
    look_at_group(&mut found, device);
    look_at_users(&mut found, device);
    look_at_choice(&mut found, device);
    found
}

/// The window of a device that the driver has, as the driver says it.
pub fn bound_window(device: &Device<'_>) -> Option<Window> {
    let gate = device.debug("gate")?;
    let mut words = gate
        .lines()
        .find(|line| line.starts_with("window: "))?
        .split(' ')
        .skip(1);
    let number = |word: Option<&str>| u64::from_str_radix(word?.strip_prefix("0x")?, 16).ok();
    let base = number(words.next())?;
    let size = number(words.nth(1))?;
    Some(Window { base, size })
}

fn look_at_bound(found: &mut Findings, device: &Device<'_>) -> Option<Window> {
    let Some(gate) = device.debug("gate") else {
        if device.host.exists("/sys/kernel/debug/pci")
            || device.host.exists("/sys/kernel/debug/tracing")
        {
            found.advise(
                format!("bound to {DRIVER}, as plain PCI: it has no CXL memory for the driver"),
                "See the first lines of Documentation/binding.md; with enable_cxl=0 every device is bound so.",
            );
        } else {
            found.unknown(
                format!("bound to {DRIVER}"),
                "The driver's view is in debugfs, which only root sees: mount -t debugfs none /sys/kernel/debug",
            );
        }
        return None;
    };
    found.ok(format!("bound to {DRIVER}, its memory is passed through"));
    let state = gate.lines().last().unwrap_or_default();
    match state.strip_prefix("closed: ") {
        None => found.ok("it is open, and its memory is within reach"),
        Some("the device is not open") => found.ok("nobody has it open"),
        Some(reason) => found.advise(
            format!("its memory is out of reach: {reason}"),
            "Documentation/reset.md says how that ends.",
        ),
    }
    bound_window(device)
}

fn look_at_free(found: &mut Findings, device: &Device<'_>) -> Option<Window> {
    if let Some(driver) = device.driver() {
        found.note(format!(
            "it has the driver {driver}, which `cxl-vfio bind` takes from it"
        ));
    }
    if let Some(name) = device.driver_override().filter(|name| name != DRIVER) {
        found.note(format!("driver_override is {name}"));
    }
    match preflight::look(device) {
        Outcome::Passed(window, decoders) => {
            let last = window.base + (window.size - 1);
            let (base, size) = (window.base, Amount(window.size));
            found.ok(format!("firmware committed its memory at {base:#x}-{last:#x} ({size}), decoder 0 of {decoders}"));
            return Some(window);
        }
        Outcome::Plain(reason) => found.advise(
            format!("it would be bound as plain PCI: {reason}"),
            "If it should be CXL: look at CXL in firmware setup, and at the slot and the link in `lspci -vvv`.",
        ),
        Outcome::Refused(name, sentence) => {
            let advice = advice::about(name).unwrap_or("Documentation/binding.md has a line for it.");
            found.bad(format!("it would not be bound: {sentence}"), advice);
        }
        Outcome::Unknown(reason) => found.unknown(
            format!("whether its decoder is committed cannot be told: {reason}"),
            if ffi::is_root() {
                "Binding it tells, and leaves everything as it was if the device is refused."
            } else {
                "Run this as root."
            },
        ),
    }
    None
}

/// What keeps the host from using memory that firmware reserved for a purpose.
const NO_HMEM: &str =
    "keep the module dax_hmem from being loaded: blacklist dax_hmem in /etc/modprobe.d, and update-initramfs -u.";

fn look_at_window(found: &mut Findings, device: &Device<'_>, window: Window) {
    let aligned = |size: u64| window.base % size == 0 && window.size >= size;
    let sizes: Vec<u64> = memory::levels().iter().map(|(_, size)| *size).collect();
    if let Some((smallest, large)) = sizes.split_last() {
        match large.iter().find(|size| aligned(**size)) {
            Some(size) => found.ok(format!("it can be mapped in pages of {}", Amount(*size))),
            None => found.note(format!(
                "it can be mapped in pages of {} only",
                Amount(*smallest)
            )),
        }
    }
    let Some(ranges) = memory::ranges(device.host) else {
        found.unknown("who uses its addresses cannot be told", "Run this as root.");
        return;
    };
    let mut bridge = false;
    let mut taken = None;
    for range in memory::inside(&ranges, window) {
        let name = &range.name;
        match range.owner() {
            Owner::Cxl => bridge |= name.starts_with("CXL Window"),
            Owner::Reserved => {}
            Owner::Dax => {
                taken = Some(name.as_str());
                let driver = device.host.link(&format!("/sys/bus/dax/devices/{name}/driver"));
                // That is the one by which the host uses it itself, which the next range says.
                if driver.as_deref() != Some("kmem") {
                    found.bad(
                        format!("{name} has its memory: the host offers it as a dax device"),
                        format!("echo {name} > /sys/bus/dax/drivers/device_dax/unbind; for good, {NO_HMEM}"),
                    );
                }
            }
            Owner::Ram => {
                let dax = taken.unwrap_or("DEVICE");
                found.bad(
                    format!("the host uses its memory itself ({name})"),
                    format!(
                        "daxctl reconfigure-device --mode=devdax --force {dax} takes it out of use, if nothing pinned it, \
                         and echo {dax} > /sys/bus/dax/drivers/device_dax/unbind gives it up; for good, {NO_HMEM}"
                    ),
                );
            }
            Owner::Other => found.advise(
                format!("{name} has its memory"),
                "If that is the device's own driver, `cxl-vfio bind` takes the device from it; else this must end first.",
            ),
        }
    }
    if taken.is_none() && memory::soft_reserved(device.host, window) {
        found.advise(
            "firmware marked its memory as Soft Reserved: the host takes it for itself if the module dax_hmem comes before the \
             driver",
            format!("Before that happens, {NO_HMEM}"),
        );
    }
    if !bridge && device.host.exists("/sys/bus/cxl") {
        found.advise(
            "no CXL window of a host bridge has these addresses",
            "modprobe cxl_acpi, which makes them known; binding loads it, too.",
        );
    }
}

/// The next user of the memory finds what the last one left, unless the driver clears it: by the device's CXL Reset, or by
/// the CPU, as the parameter of the driver says.
fn look_at_clearing(found: &mut Findings, device: &Device<'_>, cxl: &Cxl) {
    let state = device.debug("clearing").unwrap_or_default();
    if let Some(reason) = state
        .lines()
        .find_map(|line| line.strip_prefix("state: failed: "))
    {
        found.bad(
            format!("its memory is not cleared, and given to nobody: {reason}"),
            "Documentation/memory.md says what clears it; clear_memory=off gives it away as it is.",
        );
        return;
    }
    let how = kernel::parameter(device.host, "clear_memory");
    let advice =
        "Give it to users who may see each other's data, or have each clear it before it goes.";
    match how.as_deref() {
        Some("off") => found.advise(
            "its memory is not cleared between users: clear_memory=off",
            advice,
        ),
        Some(how @ ("auto" | "cpu")) => {
            found.ok(format!(
                "its memory is cleared between users: clear_memory={how}"
            ));
        }
        // What the driver does if it is not told otherwise.
        None => found.ok("its memory is cleared between users"),
        Some(_) if cxl.cxl_reset && cxl.cxl_reset_clears => {
            found.ok("its memory is cleared between users, by CXL Reset");
        }
        Some(_) => found.bad(
            "it cannot clear its memory by itself, and clear_memory=device: it cannot be opened",
            "echo auto > /sys/module/cxl_vfio_pci/parameters/clear_memory has the CPUs do it.",
        ),
    }
}

fn look_at_group(found: &mut Findings, device: &Device<'_>) {
    let Some(group) = device.group() else {
        found.bad(
            "it is in no IOMMU group",
            "See what is said about the IOMMU of this machine.",
        );
        return;
    };
    let others = iommu::members(device.host, &group).into_iter();
    let others = others.filter(|other| other.address != device.address && !other.is_bridge());
    let mut free = true;
    for other in others.filter(|other| !iommu::may_stay(other)) {
        free = false;
        let driver = other.driver().unwrap_or_default();
        let address = &other.address;
        found.bad(
            format!("{address} is in its IOMMU group {group}, and has the driver {driver}"),
            format!(
                "Bind it to vfio-pci, or to no driver: echo {address} > /sys/bus/pci/devices/{address}/driver/unbind. A slot \
                 behind another port may put them into different groups."
            ),
        );
    }
    if free {
        found.ok(format!("IOMMU group {group} has nothing else that must go"));
    }
}

fn look_at_users(found: &mut Findings, device: &Device<'_>) {
    let Some(group) = device.group() else {
        return;
    };
    for user in iommu::users(device.host) {
        if !user.groups.contains(&group) {
            continue;
        }
        let (name, process) = (&user.name, user.process);
        found.note(format!("process {process} ({name}) has it open"));
        let others: Vec<&str> = (user.groups.iter())
            .filter(|other| **other != group)
            .map(String::as_str)
            .collect();
        if !others.is_empty() {
            found.advise(
                format!(
                    "the same process has groups {}, too: their devices may do DMA to this one's memory, also while it is reset",
                    others.join(", ")
                ),
                "Documentation/limits.md says what that means; a VMM need not map device memory for DMA.",
            );
        }
    }
}

fn look_at_choice(found: &mut Findings, device: &Device<'_>) {
    match libvirt::choice(device.host, device) {
        Some(module) if module == DRIVER => {
            found.ok(format!("libvirt binds it to {DRIVER} by itself"));
        }
        Some(module) => found.advise(
            format!("libvirt binds it to {module} unless it is told otherwise"),
            "<driver model='cxl_vfio_pci'/> in the hostdev of the domain.",
        ),
        None => {}
    }
}
