// SPDX-License-Identifier: GPL-2.0

//! What the running kernel is and has.

use super::Host;
use std::process::Command;

/// What the module cannot do without, and where a kernel that lacks it would have it.
pub const NEEDED: [&str; 6] = [
    "CONFIG_RUST",
    "CONFIG_CXL_BUS",
    "CONFIG_CXL_REGION",
    "CONFIG_VFIO_PCI_CORE",
    "CONFIG_PCI_MSI",
    "CONFIG_IOMMU_API",
];

/// The first kernel with all that the module uses.
pub const FIRST: (u32, u32) = (7, 3);

pub struct Kernel {
    pub release: String,
    config: Option<String>,
}

impl Kernel {
    pub fn new(host: &Host) -> Self {
        let release = host.text("/proc/sys/kernel/osrelease").unwrap_or_default();
        let places = [
            format!("/lib/modules/{release}/build/.config"),
            format!("/boot/config-{release}"),
            format!("/lib/modules/{release}/config"),
        ];
        let config = places.iter().find_map(|place| host.text(place));
        // Compressed, as some distributions have it.
        let config = config.or_else(|| {
            let output = Command::new("zcat")
                .arg(host.path("/proc/config.gz"))
                .output()
                .ok()?;
            output
                .status
                .success()
                .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
        });
        Self { release, config }
    }

    /// "7.3.4+deb13-amd64" is (7, 3).
    pub fn version(&self) -> Option<(u32, u32)> {
        let mut numbers = self
            .release
            .split(|c: char| !c.is_ascii_digit())
            .map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    pub fn config_is_known(&self) -> bool {
        self.config.is_some()
    }

    /// Whether an option is built in or a module.
    pub fn has(&self, option: &str) -> bool {
        let (yes, module) = (format!("{option}=y"), format!("{option}=m"));
        let mut lines = self.config.as_deref().unwrap_or_default().lines();
        lines.any(|line| line == yes || line == module)
    }

    /// The file of our module for this kernel.
    pub fn module(&self, host: &Host) -> Option<String> {
        let folder = format!("/lib/modules/{}", self.release);
        let index = host.text(&format!("{folder}/modules.dep"))?;
        let mut files = index.lines().filter_map(|line| line.split(':').next());
        let file = files.find(|file| {
            let name = file.rsplit('/').next().unwrap_or_default();
            name.replace('_', "-").starts_with("cxl-vfio-pci.ko")
        })?;
        Some(format!("{folder}/{file}"))
    }

    /// Whether the module's file has a signature; nothing if that cannot be told.
    pub fn module_is_signed(&self, host: &Host) -> Option<bool> {
        let file = self.module(host)?;
        if file.ends_with(".ko") {
            let bytes = host.bytes(&file).ok()?;
            return Some(bytes.ends_with(b"~Module signature appended~\n"));
        }
        // It reads compressed files.
        let output = (Command::new("modinfo").args(["-F", "sig_id"]))
            .arg(host.path(&file))
            .output()
            .ok()?;
        output.status.success().then_some(!output.stdout.is_empty())
    }

    /// Whether modules can be built for it in Rust.
    pub fn has_metadata(&self, host: &Host) -> bool {
        host.exists(&format!(
            "/lib/modules/{}/build/rust/libkernel.rmeta",
            self.release
        ))
    }
}

pub fn module_is_loaded(host: &Host) -> bool {
    host.exists("/sys/module/cxl_vfio_pci")
}

/// The value of a parameter of the loaded module.
pub fn parameter(host: &Host, name: &str) -> Option<String> {
    host.text(&format!("/sys/module/cxl_vfio_pci/parameters/{name}"))
}

/// Whether firmware demands signatures: the last byte of the variable, after four of attributes.
pub fn secure_boot(host: &Host) -> bool {
    let variable = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    host.bytes(variable)
        .is_ok_and(|bytes| bytes.get(4) == Some(&1))
}

/// Why modules without a signature are not loaded; nothing if they are.
pub fn signed_only(host: &Host) -> Option<&'static str> {
    let enforced = host.text("/sys/module/module/parameters/sig_enforce");
    if secure_boot(host) {
        Some("Secure Boot is on")
    } else if lockdown(host).is_some_and(|state| state != "none") {
        Some("lockdown is on")
    } else if enforced.as_deref() == Some("Y") {
        Some("module.sig_enforce=1")
    } else {
        None
    }
}

/// "none", "integrity" or "confidentiality".
pub fn lockdown(host: &Host) -> Option<String> {
    let text = host.text("/sys/kernel/security/lockdown")?;
    let word = text.split_whitespace().find(|word| word.starts_with('['))?;
    Some(word.trim_matches(['[', ']']).to_owned())
}

/// Has modprobe load a module.
pub fn load(module: &str) -> Result<(), String> {
    let output = Command::new("modprobe").arg(module).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(said
                .trim()
                .lines()
                .last()
                .unwrap_or("modprobe failed")
                .to_owned())
        }
        Err(error) => Err(format!("modprobe cannot be run: {error}")),
    }
}
