// SPDX-License-Identifier: GPL-2.0

//! What every device of the machine depends on.

use super::Findings;
use crate::{
    ffi,
    host::{
        cpu::{
            Cpu,
            Vendor, //
        },
        iommu,
        kernel::{
            self,
            Kernel, //
        },
        Host, //
    },
};

pub fn look(host: &Host) -> Findings {
    let mut found = Findings::new("This machine");
    let kernel = Kernel::new(host);
    look_at_kernel(&mut found, host, &kernel);
    look_at_module(&mut found, host, &kernel);
    look_at_iommu(&mut found, host);
    look_at_cpu(&mut found, host, &kernel);
    look_at_limits(&mut found, host);
    if !ffi::is_root() {
        found.unknown("not all can be looked at", "Run this as root.");
    }
    found
}

fn look_at_kernel(found: &mut Findings, host: &Host, kernel: &Kernel) {
    let release = &kernel.release;
    let (major, minor) = kernel::FIRST;
    match kernel.version() {
        Some(version) if version < kernel::FIRST => {
            found.bad(
                format!("kernel {release} is older than {major}.{minor}"),
                "Boot a newer one: what the driver uses of cxl-core is not in it.",
            );
            return;
        }
        Some(_) => {}
        None => found.unknown("the kernel's version cannot be told", "Look at `uname -r`."),
    }
    if !kernel.config_is_known() {
        if !kernel::module_is_loaded(host) {
            found.unknown(
                format!("the configuration of kernel {release} cannot be read"),
                "Install its headers, or look for CONFIG_RUST in its configuration.",
            );
        }
        return;
    }
    let missing: Vec<&str> = (kernel::NEEDED.into_iter())
        .filter(|option| !kernel.has(option))
        .collect();
    if missing.is_empty() {
        found.ok(format!("kernel {release} has what the driver needs"));
    } else {
        found.bad(
            format!("kernel {release} was built without {}", missing.join(", ")),
            "Boot a kernel that has it: those of Debian from 7.3 on do.",
        );
    }
}

fn look_at_module(found: &mut Findings, host: &Host, kernel: &Kernel) {
    let version = host.text("/sys/module/cxl_vfio_pci/version");
    let release = &kernel.release;
    if kernel::module_is_loaded(host) {
        found.ok(format!(
            "module cxl-vfio-pci {} is loaded",
            version.as_deref().unwrap_or("")
        )
        .trim_end());
    } else if let Some(file) = kernel.module(host) {
        found.ok(format!("module {file} is installed"));
        if let Some(because) = kernel::signed_only(host) {
            if kernel.module_is_signed(host) == Some(false) {
                found.bad(
                    format!("the kernel loads signed modules only ({because}), and this one has no signature"),
                    "Have this machine's owner enrol a key (mokutil --import), and sign the module with it \
                     (/lib/modules/.../build/scripts/sign-file; dkms signs by itself with /var/lib/dkms/mok.key); or \
                     switch that off in firmware setup, or on the kernel command line.",
                );
            }
        }
    } else {
        found.bad(
            format!("there is no module cxl-vfio-pci for kernel {release}"),
            if kernel.has_metadata(host) {
                "Install it: the package cxl-vfio-pci-dkms, or `make` and `make install` in the source."
            } else {
                "Install the package cxl-vfio-pci-modules of this kernel; or cxl-vfio-pci-rust-metadata of it (`make \
                 metadata` in the source), without which its headers cannot build modules in Rust, and then \
                 cxl-vfio-pci-dkms."
            },
        );
    }
    if kernel::parameter(host, "enable_cxl").as_deref() == Some("N") {
        found.bad(
            "enable_cxl=0: every device is bound as plain PCI",
            "echo 1 > /sys/module/cxl_vfio_pci/parameters/enable_cxl, and look for the option in /etc/modprobe.d.",
        );
    }
}

fn look_at_iommu(found: &mut Findings, host: &Host) {
    let units = host.names("/sys/class/iommu");
    if units.is_empty() {
        found.bad(
            "no IOMMU is on",
            "Switch it on in firmware setup (VT-d, AMD-Vi, SMMU), and on Intel machines add intel_iommu=on to the kernel \
             command line.",
        );
        return;
    }
    found.ok(format!("{} of IOMMU on", plural(units.len(), "unit")));
    match iommu::remaps_interrupts(host) {
        Some(true) => found.ok("interrupts are remapped"),
        Some(false) => found.bad(
            "interrupts are not remapped: a device could raise any interrupt of the host, so VFIO refuses it",
            "Switch interrupt remapping (x2APIC) on in firmware setup; or accept the risk with the option \
             allow_unsafe_interrupts=1 of vfio_iommu_type1.",
        ),
        None => {}
    }
}

fn look_at_cpu(found: &mut Findings, host: &Host, kernel: &Kernel) {
    let cpu = Cpu::new(host);
    if cpu.flushes_all_caches() {
        found.ok("the processors' caches are flushed around resets, all at once");
    } else if kernel.has("CONFIG_ARCH_HAS_PMEM_API") {
        found.ok("the processors' caches are flushed around resets, line by line");
    } else if kernel.config_is_known() {
        found.bad(
            "the kernel cannot flush the processors' caches: what they have of device memory may be lost in resets, and \
             processors cannot clear it",
            "Boot a kernel that has ARCH_HAS_PMEM_API: on arm64, one with CONFIG_ARM64_PMEM.",
        );
    }
    found.note(format!(
        "device memory in a guest is {}",
        cpu.guest_memory()
    ));
}

/// What the kernel cannot do, and a module cannot mend: Documentation/limits.md. That another device may keep DMA to the
/// window, and how KVM maps it, is said where these are looked at.
fn look_at_limits(found: &mut Findings, host: &Host) {
    let warns = matches!(Cpu::new(host).vendor, Vendor::Intel | Vendor::Amd);
    if warns && host.text("/proc/sys/kernel/panic_on_warn").as_deref() == Some("1") {
        found.advise(
            "panic_on_warn=1: the kernel warns when a page of device memory fails, and that would end the host",
            "Boot without panic_on_warn, or accept that.",
        );
    }
    let sleeps = |file: &str, word: &str| host.text(file).is_some_and(|text| text.contains(word));
    if sleeps("/sys/power/mem_sleep", "deep") || sleeps("/sys/power/state", "disk") {
        found.note("while a device is bound, the kernel refuses suspend to RAM and hibernation; suspend to idle works");
    }
}

/// "1 unit", "2 units"
pub fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
