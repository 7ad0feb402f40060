// SPDX-License-Identifier: GPL-2.0

//! The physical component registers of a function, through the file of its BAR in sysfs.

use super::Device;
use crate::ffi::Mapping;
use cxl_regs::cm;
use std::{
    fs,
    num::NonZero, //
};

pub struct Component {
    mapping: Mapping,
    /// Put back when this is dropped.
    _command: Option<Restore>,
}

struct Restore {
    file: fs::File,
    value: u16,
}

const COMMAND: u64 = 4;
const CACHEMEM_OFFSET: usize = cm::CACHEMEM_OFFSET as usize;
/// From the CXL.cache/mem registers to the end of the block: the driver reads as many decoders as are counted, too.
const LEN: usize = cm::BLOCK_LEN as usize - CACHEMEM_OFFSET;

impl Component {
    /// Maps the block at `offset` of `bar`, whole: it starts with a page of any size, its CXL.cache/mem registers do not.
    /// They can be read only while the function decodes memory accesses, which is switched on for so long if the function
    /// has no driver.
    pub fn map(device: &Device<'_>, bar: u8, offset: u64) -> Option<Self> {
        use std::os::unix::fs::FileExt;
        let config = device.config()?;
        let path = device.host.path(&device.path(&format!("resource{bar}")));
        let len = NonZero::new(cm::BLOCK_LEN as usize)?;
        // What sleeps answers nothing of sense.
        if device
            .text("power_state")
            .is_some_and(|state| state.starts_with("D3"))
        {
            return None;
        }
        let mut command = None;
        if !config.memory_space() {
            if device.driver().is_some() {
                return None;
            }
            let path = device.host.path(&device.path("config"));
            let file = fs::OpenOptions::new().write(true).open(path).ok()?;
            let on = config.command_with_memory().to_le_bytes();
            file.write_all_at(&on, COMMAND).ok()?;
            let value = config.command();
            command = Some(Restore { file, value });
        }
        // From here on a failure puts the command register back, too.
        let file = fs::OpenOptions::new().read(true).write(true).open(path);
        let mapping = file.and_then(|file| Mapping::new(&file, offset, len, true, None));
        match mapping {
            Ok(mapping) => Some(Self {
                mapping,
                _command: command,
            }),
            Err(_) => {
                drop(command);
                None
            }
        }
    }

    /// As many dwords from `offset` of the CXL.cache/mem registers on, as far as these go.
    pub fn dwords(&self, offset: usize, count: usize) -> Vec<u32> {
        let end = LEN.saturating_sub(offset) / 4;
        let count = count.min(end);
        (0..count)
            .map(|dword| self.mapping.read32(CACHEMEM_OFFSET + offset + 4 * dword))
            .collect()
    }

    /// Writes to the device itself.
    pub fn write32(&self, offset: usize, value: u32) {
        self.mapping.write32(CACHEMEM_OFFSET + offset, value);
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        use std::os::unix::fs::FileExt;
        // Somebody who took the function away meanwhile has its configuration, too.
        let _ = self.file.write_all_at(&self.value.to_le_bytes(), COMMAND);
    }
}
