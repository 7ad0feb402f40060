// SPDX-License-Identifier: GPL-2.0

//! A copy of a function's configuration space.

use cxl_regs::dvsec;

/// Extended capabilities begin here.
const EXTENDED: usize = 0x100;
/// Designated Vendor-Specific Extended Capability.
const DVSEC: u16 = 0x23;
const COMMAND: usize = 0x04;
const COMMAND_MEMORY: u16 = 1 << 1;

pub struct Config(Vec<u8>);

impl Config {
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() >= 64).then_some(Self(bytes))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether more can be read than everybody may.
    pub fn is_whole(&self) -> bool {
        self.0.len() > EXTENDED
    }

    /// Whether it ends where that of conventional PCI does. Of any function everybody may read less.
    pub fn is_conventional(&self) -> bool {
        self.0.len() == EXTENDED
    }

    /// All-ones beyond what was read, as from a function that does not answer.
    pub fn read16(&self, at: usize) -> u16 {
        match self.0.get(at..at + 2) {
            Some(&[low, high]) => u16::from_le_bytes([low, high]),
            _ => u16::MAX,
        }
    }

    pub fn read32(&self, at: usize) -> u32 {
        u32::from(self.read16(at + 2)) << 16 | u32::from(self.read16(at))
    }

    /// As many dwords from `at` on.
    pub fn dwords(&self, at: usize, count: usize) -> Vec<u32> {
        (0..count)
            .map(|dword| self.read32(at + 4 * dword))
            .collect()
    }

    pub fn answers(&self) -> bool {
        self.read16(0) != u16::MAX
    }

    pub fn memory_space(&self) -> bool {
        self.answers() && self.read16(COMMAND) & COMMAND_MEMORY != 0
    }

    /// The command register with Memory Space on.
    pub fn command_with_memory(&self) -> u16 {
        self.read16(COMMAND) | COMMAND_MEMORY
    }

    pub fn command(&self) -> u16 {
        self.read16(COMMAND)
    }

    /// Offset of a capability below 256.
    pub fn capability(&self, id: u8) -> Option<usize> {
        const FIRST: usize = 0x34;
        let mut at = usize::from(self.0[FIRST] & !3);
        // There is no room for more.
        for _ in 0..48 {
            let &[this, next] = self.0.get(at..at + 2)? else {
                return None;
            };
            match (at >= 0x40, this == id) {
                (true, true) => return Some(at),
                (true, false) => at = usize::from(next & !3),
                (false, _) => return None,
            }
        }
        None
    }

    /// Offsets of all extended capabilities, with their ids.
    pub fn extended(&self) -> Vec<(u16, usize)> {
        let mut found = Vec::new();
        let mut at = EXTENDED;
        // Each is at least a dword long, so that a ring of them ends here, too.
        while at >= EXTENDED && at + 4 <= self.0.len() && found.len() < (4096 - EXTENDED) / 4 {
            let header = self.read32(at);
            let [low, high, ..] = header.to_le_bytes();
            let id = u16::from_le_bytes([low, high]);
            if header == 0 || id == u16::MAX {
                break;
            }
            found.push((id, at));
            at = (header >> 20) as usize & !3;
        }
        found
    }

    /// A DVSEC of the CXL consortium.
    pub fn cxl_dvsec(&self, id: u16) -> Option<usize> {
        let extended = self.extended().into_iter();
        let mut dvsecs = extended
            .filter(|(kind, _)| *kind == DVSEC)
            .map(|(_, at)| at);
        dvsecs.find(|&at| {
            dvsec::header1::VENDOR_ID.get(self.read32(at + 4)) == dvsec::VENDOR
                && self.read16(at + 8) == id
        })
    }

    /// Whether this is a function that can have CXL memory or caches, and no port.
    pub fn is_cxl_device(&self) -> bool {
        self.cxl_dvsec(0).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_of_capabilities_ends() {
        let mut bytes = vec![0; 4096];
        bytes[0x100..0x104].copy_from_slice(&0x2001_0001u32.to_le_bytes());
        bytes[0x200..0x204].copy_from_slice(&0x1001_0002u32.to_le_bytes());
        let config = Config::new(bytes).expect("long enough");
        assert!(config.extended().len() < 1024);
        assert!(config.cxl_dvsec(0).is_none());
    }

    #[test]
    fn what_only_everybody_may_read() {
        let config = Config::new(vec![0xff; 64]).expect("long enough");
        assert!(!config.is_whole() && !config.answers() && !config.memory_space());
        assert_eq!(config.read32(0x100), u32::MAX);
        assert!(config.extended().is_empty());
    }
}
