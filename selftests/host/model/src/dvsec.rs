// SPDX-License-Identifier: GPL-2.0

//! CXL Device DVSEC, CXL r4.0 8.1.3.

use crate::{
    lane::{
        byte,
        Lane, //
    },
    switched,
    Effect,
    Reset, //
};

/// The DVSEC, one field per register field that can change; the rest is what hardware said.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dvsec {
    /// Every byte that never changes, reserved bits cleared; bytes of other fields are zero.
    pub fixed: Vec<u8>,
    /// DVSEC revision.
    pub revision: u8,
    /// Capability2 bit 6: Modified Completion can be chosen.
    pub modified_completion_capable: bool,
    /// Capability3 bit 3: the state of volatile memory over a hot reset can be chosen.
    pub volatile_capable: bool,
    /// Capability3 bit 4: direct peer to peer memory access.
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
    pub fn write(&mut self, offset: usize, data: &[u8]) -> Vec<Effect> {
        let before = self.clone();
        let mut doorbells = Vec::new();
        if let Some(lane) = Lane::cut(offset, data, 0x0c, 2) {
            if !self.config_lock {
                lane.flag(0, &mut self.cache_enable);
                lane.flag(2, &mut self.mem_enable);
                lane.field(3, 5, 0, &mut self.snoop_coverage);
                lane.field(8, 3, 0, &mut self.snoop_granularity);
                lane.flag(11, &mut self.clean_eviction);
                if self.revision >= 3 && self.p2p_capable {
                    lane.flag(12, &mut self.p2p_enable);
                }
                lane.flag(14, &mut self.viral_enable);
            }
        }
        if let Some(lane) = Lane::cut(offset, data, 0x0e, 2) {
            if lane.sets(14) {
                self.viral_status = false;
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
            if lane.sets(1) {
                doorbells.push(Effect::WriteBack);
            }
            if lane.sets(2) {
                doorbells.push(Effect::CxlReset(self.clear_memory));
            }
        }
        if let Some(lane) = Lane::cut(offset, data, 0x12, 2) {
            if self.volatile_capable && lane.sets(3) {
                self.volatile_error = false;
            }
        }
        if let Some(lane) = Lane::cut(offset, data, 0x14, 2) {
            if lane.sets(0) {
                self.config_lock = true;
            }
        }
        let mut effects = self.changes(&before);
        effects.extend(doorbells);
        effects
    }

    fn changes(&self, before: &Dvsec) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (name, before, after) in [
            ("Cache_Enable", before.cache_enable, self.cache_enable),
            ("Mem_Enable", before.mem_enable, self.mem_enable),
            (
                "Disable_Caching",
                before.disable_caching,
                self.disable_caching,
            ),
            (
                "Reset_Mem_Clr_Enable",
                before.clear_memory,
                self.clear_memory,
            ),
            ("CONFIG_LOCK", before.config_lock, self.config_lock),
        ] {
            switched(&mut effects, name, before, after);
        }
        effects
    }

    /// What a reset leaves, and what it changes for others.
    pub fn reset(&mut self, kind: Reset) -> Vec<Effect> {
        let before = self.clone();
        if kind == Reset::FunctionLevel {
            return Vec::new();
        }
        let keeps_locked = kind == Reset::Cxl;
        if !(self.config_lock && keeps_locked) {
            self.cache_enable = false;
            self.mem_enable = false;
            self.snoop_coverage = 0;
            self.snoop_granularity = 0;
            self.clean_eviction = false;
            self.p2p_enable = false;
            self.viral_enable = false;
            self.config_lock = false;
        }
        self.disable_caching = false;
        self.clear_memory = false;
        if self.volatile_capable {
            self.desired_volatile = false;
        }
        if self.modified_completion_capable {
            self.modified_completion = false;
        }
        if kind == Reset::PowerGood {
            self.viral_status = false;
            self.volatile_error = false;
        }
        self.changes(&before)
    }
}
