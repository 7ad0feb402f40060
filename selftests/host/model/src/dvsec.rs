// SPDX-License-Identifier: GPL-2.0

//! CXL Device DVSEC, CXL r4.0 8.1.3.

use crate::{
    lane::{
        byte,
        Lane, //
    },
    Asks, //
};

/// The DVSEC, one field per register field that can change; the rest is what hardware said.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dvsec {
    /// Every byte that a guest never changes, reserved bits cleared; bytes of other fields are zero.
    pub fixed: Vec<u8>,
    /// How many bytes are known.
    pub length: usize,
    /// Capability bit 6: Initiate Cache Write Back and Invalidate does something.
    pub write_back_capable: bool,
    /// Capability bit 7: Initiate CXL Reset does something.
    pub reset_capable: bool,
    /// Capability2 bit 6: Modified Completion can be chosen.
    pub modified_completion_capable: bool,
    /// Capability3 bit 3: the state of volatile memory over a hot reset can be chosen.
    pub volatile_capable: bool,
    /// Capability3 bit 4, from revision 3 on: direct peer to peer memory access.
    pub p2p_capable: bool,

    /// Control bit 0.
    pub cache_enable: bool,
    /// Control bit 2.
    pub mem_enable: bool,
    /// Control bits 7:3.
    pub snoop_coverage: u64,
    /// Control bits 10:8.
    pub snoop_granularity: u64,
    /// Control bit 11.
    pub clean_eviction: bool,
    /// Control bit 12.
    pub p2p_enable: bool,
    /// Control bit 14.
    pub viral_enable: bool,

    /// Status bit 14.
    pub viral_status: bool,

    /// Control2 bit 0.
    pub disable_caching: bool,
    /// Control2 bit 3.
    pub clear_memory: bool,
    /// Control2 bit 4.
    pub desired_volatile: bool,
    /// Control2 bit 5.
    pub modified_completion: bool,

    /// Status2 bit 0.
    pub cache_invalid: bool,
    /// Status2 bit 1.
    pub reset_complete: bool,
    /// Status2 bit 2.
    pub reset_error: bool,
    /// Status2 bit 3.
    pub volatile_error: bool,
    /// Status2 bit 15.
    pub pm_init_complete: bool,

    /// Lock bit 0.
    pub config_lock: bool,
}

impl Dvsec {
    /// What a guest finds on a device whose DVSEC reads `words`, or [`None`] if it must be refused.
    pub fn from_words(words: &[u32]) -> Option<Dvsec> {
        let header1 = *words.get(1)?;
        let header2 = *words.get(2)?;
        if header1 & 0xffff != 0x1e98 || header2 & 0xffff != 0 {
            return None;
        }
        let revision = (header1 >> 16) & 0xf;
        // Whole dwords, as far as they are known; the base of range 1 at least.
        let length = ((header1 >> 20) & !3).min(0x3c) as usize;
        if length < 0x28 || words.len() * 4 < length {
            return None;
        }
        // Dwords in which the specification reserves a bit: all-ones means that nobody answered.
        for at in [0x00, 0x0c, 0x10, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x38] {
            if at < length && words[at / 4] == u32::MAX {
                return None;
            }
        }
        let mut bytes = [0; 0x3c];
        for at in 4..length {
            bytes[at] = words[at / 4].to_le_bytes()[at % 4];
        }
        let bit = |at: usize, bit: u32| bytes[at + bit as usize / 8] & (1 << (bit % 8)) != 0;

        let ranges = (bytes[0x0a] >> 4) & 0x3;
        if ranges == 3 || ranges == 0 {
            return None;
        }
        if bit(0x0a, 7) && bytes[0x0b] & 0x7 > 4 {
            return None;
        }

        let mut fixed = bytes;
        // Control to Lock are the fields below; the others are masked to what is not reserved.
        fixed[0x0c..0x16].fill(0);
        for at in [0x18, 0x28] {
            fixed[at + 6] &= 0x01;
            fixed[at + 7] &= 0xf0;
            fixed[at + 12..at + 15].fill(0);
            fixed[at + 15] &= 0xf0;
        }
        fixed[0x38] &= 0x1f;
        fixed[0x39..].fill(0);

        let volatile_capable = bit(0x38, 3);
        let p2p_capable = revision >= 3 && bit(0x38, 4);
        Some(Dvsec {
            fixed: fixed.to_vec(),
            length,
            write_back_capable: bit(0x0a, 6),
            reset_capable: bit(0x0a, 7),
            modified_completion_capable: bit(0x16, 6),
            volatile_capable,
            p2p_capable,
            cache_enable: bit(0x0c, 0),
            mem_enable: bit(0x0c, 2),
            snoop_coverage: u64::from(bytes[0x0c] >> 3),
            snoop_granularity: u64::from(bytes[0x0d] & 0x7),
            clean_eviction: bit(0x0c, 11),
            p2p_enable: p2p_capable && bit(0x0c, 12),
            viral_enable: bit(0x0c, 14),
            viral_status: bit(0x0e, 14),
            disable_caching: bit(0x10, 0),
            clear_memory: bit(0x10, 3),
            desired_volatile: bit(0x10, 4),
            modified_completion: bit(0x10, 5),
            cache_invalid: bit(0x12, 0) && bit(0x10, 0),
            // Of a reset that the guest did not ask for.
            reset_complete: false,
            reset_error: false,
            volatile_error: volatile_capable && bit(0x12, 3),
            pm_init_complete: bit(0x12, 15),
            config_lock: bit(0x14, 0),
        })
    }

    /// The byte that a guest reads at an offset of the DVSEC.
    pub fn read_byte(&self, offset: usize) -> u8 {
        match offset {
            0x0c => {
                byte([self.cache_enable, true, self.mem_enable]) | (self.snoop_coverage << 3) as u8
            }
            0x0d => {
                let enables = [
                    self.clean_eviction,
                    self.p2p_enable,
                    false,
                    self.viral_enable,
                ];
                self.snoop_granularity as u8 | (byte(enables) << 3)
            }
            0x0e => 0,
            0x0f => byte([self.viral_status]) << 6,
            0x10 => byte([
                self.disable_caching,
                false,
                false,
                self.clear_memory,
                self.desired_volatile,
                self.modified_completion,
            ]),
            0x11 => 0,
            0x12 => byte([
                self.cache_invalid,
                self.reset_complete,
                self.reset_error,
                self.volatile_error,
            ]),
            0x13 => byte([self.pm_init_complete]) << 7,
            0x14 => byte([self.config_lock]),
            0x15 => 0,
            _ => self.fixed.get(offset).copied().unwrap_or(0),
        }
    }

    /// A guest's write; registers are served in the order of their addresses.
    pub fn write(&mut self, offset: usize, data: &[u8]) -> Asks {
        let cached = !self.disable_caching;
        let mut asks = Asks::default();
        if let Some(lane) = Lane::cut(offset, data, 0x0c, 2) {
            if !self.config_lock {
                lane.flag(0, &mut self.cache_enable);
                lane.flag(2, &mut self.mem_enable);
                lane.field(3, 5, 0, &mut self.snoop_coverage);
                lane.field(8, 3, 0, &mut self.snoop_granularity);
                lane.flag(11, &mut self.clean_eviction);
                if self.p2p_capable {
                    lane.flag(12, &mut self.p2p_enable);
                }
                lane.flag(14, &mut self.viral_enable);
            }
        }
        if let Some(lane) = Lane::cut(offset, data, 0x0e, 2) {
            if lane.sets(14) {
                self.viral_status = false;
                asks.clear_viral = true;
            }
        }
        if let Some(lane) = Lane::cut(offset, data, 0x10, 2) {
            lane.flag(0, &mut self.disable_caching);
            lane.flag(3, &mut self.clear_memory);
            if self.volatile_capable {
                lane.flag(4, &mut self.desired_volatile);
            }
            if self.modified_completion_capable {
                lane.flag(5, &mut self.modified_completion);
            }
            asks.write_back = self.write_back_capable && lane.sets(1);
            if self.reset_capable && lane.sets(2) {
                self.reset_complete = false;
                self.reset_error = false;
                asks.cxl_reset = Some(self.clear_memory);
            }
        }
        if let Some(lane) = Lane::cut(offset, data, 0x12, 2) {
            if self.volatile_capable && lane.sets(3) {
                self.volatile_error = false;
                asks.clear_volatile = true;
            }
        }
        if let Some(lane) = Lane::cut(offset, data, 0x14, 2) {
            if lane.sets(0) {
                self.config_lock = true;
            }
        }
        self.cache_invalid &= self.disable_caching;
        if cached == self.disable_caching {
            asks.disable_caching = Some(self.disable_caching);
        }
        asks
    }

    /// What a CXL Reset leaves.
    pub fn reset(&mut self) {
        if !self.config_lock {
            self.cache_enable = false;
            self.mem_enable = false;
            self.snoop_coverage = 0;
            self.snoop_granularity = 0;
            self.clean_eviction = false;
            self.p2p_enable = false;
            self.viral_enable = false;
        }
        self.cache_invalid = false;
        self.reset_complete = false;
        self.reset_error = false;
        self.disable_caching = false;
        self.clear_memory = false;
        if self.volatile_capable {
            self.desired_volatile = false;
        }
        if self.modified_completion_capable {
            self.modified_completion = false;
        }
    }

    /// A guest is about to read the dword at `offset`, which the device has as `word` now.
    pub fn look(&mut self, offset: usize, word: u32) {
        if word == u32::MAX || offset >= self.length {
            return;
        }
        let bit = |bit: u32| word & (1 << bit) != 0;
        match offset {
            0x0c => self.viral_status = bit(30),
            0x10 => {
                self.cache_invalid = bit(16) && self.disable_caching;
                self.volatile_error = self.volatile_capable && bit(19);
                self.pm_init_complete = bit(31);
            }
            0x18 | 0x28 => self.fixed[offset..offset + 4].copy_from_slice(&word.to_le_bytes()),
            0x1c | 0x2c => {
                let word = word & 0xf001_ffff;
                self.fixed[offset..offset + 4].copy_from_slice(&word.to_le_bytes());
            }
            _ => {}
        }
    }

    /// The device finished a CXL Reset, well or not.
    pub fn complete_reset(&mut self, success: bool) {
        self.reset_complete = success;
        self.reset_error = !success;
    }
}
