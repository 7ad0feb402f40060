// SPDX-License-Identifier: GPL-2.0

//! The files of this machine. All that is looked at is below one directory, so that a test can make one up.

pub mod cpu;
pub mod iommu;
pub mod kernel;
pub mod libvirt;
pub mod log;
pub mod memory;

use std::{
    fs, io,
    path::{
        Path,
        PathBuf, //
    },
};

pub struct Host {
    root: PathBuf,
}

impl Host {
    pub fn new(root: &Path) -> Self {
        Self { root: root.into() }
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    pub fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(path))
    }

    /// The text of a file, without blanks around it; nothing if it cannot be read.
    pub fn text(&self, path: &str) -> Option<String> {
        let bytes = self.bytes(path).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// A number as sysfs writes it, decimal or with 0x.
    pub fn number(&self, path: &str) -> Option<u64> {
        let text = self.text(path)?;
        match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        }
    }

    /// The last part of what a symbolic link points to.
    pub fn link(&self, path: &str) -> Option<String> {
        let target = fs::read_link(self.path(path)).ok()?;
        Some(target.file_name()?.to_string_lossy().into_owned())
    }

    /// What is in a directory, sorted; nothing if it cannot be read.
    pub fn names(&self, path: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(path))
            .map(|entries| {
                (entries.flatten())
                    .map(|entry| entry.file_name().to_string_lossy().into_owned())
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }

    /// One write(2), as sysfs wants it.
    pub fn write(&self, path: &str, value: &str) -> io::Result<()> {
        use io::Write as _;
        let mut file = fs::OpenOptions::new().write(true).open(self.path(path))?;
        file.write_all(value.as_bytes())
    }
}
