// SPDX-License-Identifier: GPL-2.0

//! What the processor has to do with device memory: its caches, and how KVM maps memory that has no struct page.

use super::Host;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    Intel,
    /// AMD, or Hygon, which has its virtualisation.
    Amd,
    Arm,
    Other,
}

pub struct Cpu {
    pub vendor: Vendor,
    /// Whether this is a virtual machine.
    pub guest: bool,
}

impl Cpu {
    pub fn new(host: &Host) -> Self {
        let text = host.text("/proc/cpuinfo").unwrap_or_default();
        let value = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            let found = lines.find(|(key, _)| key.trim() == name);
            found.map_or("", |(_, value)| value.trim())
        };
        let vendor = match (value("vendor_id"), value("CPU implementer")) {
            ("GenuineIntel", _) => Vendor::Intel,
            ("AuthenticAMD" | "HygonGenuine", _) => Vendor::Amd,
            ("", implementer) if !implementer.is_empty() => Vendor::Arm,
            _ => Vendor::Other,
        };
        let guest = value("flags").split(' ').any(|flag| flag == "hypervisor");
        Self { vendor, guest }
    }

    /// Whether the kernel flushes all caches at once, which it does with WBINVD on x86, and not in a guest.
    pub fn flushes_all_caches(&self) -> bool {
        matches!(self.vendor, Vendor::Intel | Vendor::Amd) && !self.guest
    }

    /// How a guest's accesses to the memory are cached.
    pub fn guest_memory(&self) -> &'static str {
        match self.vendor {
            Vendor::Intel => "uncached: KVM on Intel processors maps memory without struct page so",
            Vendor::Amd => "cached: KVM on AMD processors leaves that to the guest",
            Vendor::Arm => "cached where the processor has FEAT_S2FWB and CTR_EL0.DIC; elsewhere KVM refuses it",
            Vendor::Other => "unknown on this processor",
        }
    }
}
