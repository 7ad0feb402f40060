// SPDX-License-Identifier: GPL-2.0

//! HDM Decoder Capability, CXL r4.0 8.2.4.20.

use crate::{
    lane::{
        byte,
        Lane, //
    },
    switched,
    Choices,
    Effect,
    Reset, //
};

const GRANULE: u128 = 256 << 20;

/// One decoder, one field per register field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decoder {
    /// Base address.
    pub base: u64,
    /// Size in bytes.
    pub size: u64,
    /// DPA Skip.
    pub skip: u64,
    /// Interleave Granularity, encoded.
    pub ig: u64,
    /// Interleave Ways, encoded.
    pub iw: u64,
    /// Lock On Commit.
    pub lock_on_commit: bool,
    /// Commit.
    pub commit: bool,
    /// Committed.
    pub committed: bool,
    /// Error Not Committed.
    pub error: bool,
    /// Target Range Type: true for host-only coherent.
    pub host_only: bool,
    /// Back-invalidate.
    pub bi: bool,
    /// Unordered I/O.
    pub uio: bool,
    /// Upstream Interleave Granularity.
    pub uig: u64,
    /// Upstream Interleave Ways.
    pub uiw: u64,
    /// Interleave Set Position.
    pub isp: u64,
}

impl Decoder {
    fn locked(&self) -> bool {
        self.committed && self.lock_on_commit
    }

    fn ways(&self) -> Option<u128> {
        match self.iw {
            0 => Some(1),
            1 => Some(2),
            2 => Some(4),
            3 => Some(8),
            4 => Some(16),
            8 => Some(3),
            9 => Some(6),
            10 => Some(12),
            _ => None,
        }
    }

    /// First address behind the range.
    fn end(&self) -> u128 {
        u128::from(self.base) + u128::from(self.size)
    }
}

/// The whole capability structure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hdm {
    /// HDM Decoder Capability register, served as it is.
    pub capability: u32,
    /// Back-invalidate capable: Target Range Type and BI can be written.
    pub bi_capable: bool,
    /// What to do where the specification is silent.
    pub choices: Choices,
    /// Poison On Decode Error Enable.
    pub poison_enable: bool,
    /// HDM Decoder Enable.
    pub decoder_enable: bool,
    /// The decoders.
    pub decoders: Vec<Decoder>,
}

impl Hdm {
    /// What a guest finds on a device whose capability reads `words`, or [`None`] if it must be
    /// refused.
    pub fn from_words(words: &[u32], bi_capable: bool, choices: Choices) -> Option<Hdm> {
        let capability = *words.first()?;
        let count = match capability & 0xf {
            0 => 1,
            1 => 2,
            2 => 4,
            3 => 6,
            4 => 8,
            5 => 10,
            6 => 12,
            7 => 14,
            8 => 16,
            9 => 20,
            10 => 24,
            11 => 28,
            12 => 32,
            _ => return None,
        };
        if words.len() < 4 + 8 * count {
            return None;
        }
        // A register with reserved bits reads all-ones only if nobody answers.
        let gone = |at: usize| words[at] == u32::MAX;
        if gone(0) || gone(1) || gone(2) || gone(3) {
            return None;
        }
        let mut hdm = Hdm {
            capability: capability & 0x007f_3fff,
            bi_capable,
            choices,
            poison_enable: words[1] & 1 != 0,
            decoder_enable: words[1] & 2 != 0,
            decoders: Vec::new(),
        };
        for n in 0..count {
            let at = 4 + 8 * n;
            if [0, 2, 4, 5, 7].into_iter().any(|i| gone(at + i)) {
                return None;
            }
            let wide = |low: usize, high: usize| {
                (u64::from(words[high]) << 32) | u64::from(words[low] & 0xf000_0000)
            };
            let control = words[at + 4];
            let bit = |n: u32| control & (1 << n) != 0;
            let nibble = |n: u32| u64::from((control >> n) & 0xf);
            let uio = hdm.uio_capable();
            hdm.decoders.push(Decoder {
                base: wide(at, at + 1),
                size: wide(at + 2, at + 3),
                skip: wide(at + 5, at + 6),
                ig: nibble(0),
                iw: nibble(4),
                lock_on_commit: bit(8),
                commit: bit(9),
                committed: bit(10),
                error: bit(11),
                host_only: bit(12),
                bi: bi_capable && bit(13),
                uio: uio && bit(14),
                uig: if uio { nibble(16) } else { 0 },
                uiw: if uio { nibble(20) } else { 0 },
                isp: if uio { nibble(24) } else { 0 },
            });
        }
        for n in 0..count {
            let d = &hdm.decoders[n];
            match (d.commit, d.committed, d.error) {
                (false, false, false) | (true, false, true) => {}
                (true, true, false) if hdm.fault(n).is_none() => {}
                _ => return None,
            }
        }
        Some(hdm)
    }

    fn poison_capable(&self) -> bool {
        self.capability & (1 << 10) != 0
    }

    fn uio_capable(&self) -> bool {
        self.capability & (1 << 13) != 0
    }

    /// The byte that a guest reads at an offset of the structure.
    pub fn read_byte(&self, offset: usize) -> u8 {
        if offset < 0x04 {
            return self.capability.to_le_bytes()[offset];
        }
        if offset == 0x04 {
            return byte([self.poison_enable, self.decoder_enable]);
        }
        if offset < 0x10 || offset >= 0x10 + 0x20 * self.decoders.len() {
            return 0;
        }
        let d = &self.decoders[(offset - 0x10) / 0x20];
        match (offset - 0x10) % 0x20 {
            0x00..=0x02 => 0,
            0x03 => (d.base >> 24) as u8 & 0xf0,
            0x04 => (d.base >> 32) as u8,
            0x05 => (d.base >> 40) as u8,
            0x06 => (d.base >> 48) as u8,
            0x07 => (d.base >> 56) as u8,
            0x08..=0x0a => 0,
            0x0b => (d.size >> 24) as u8 & 0xf0,
            0x0c => (d.size >> 32) as u8,
            0x0d => (d.size >> 40) as u8,
            0x0e => (d.size >> 48) as u8,
            0x0f => (d.size >> 56) as u8,
            0x10 => d.ig as u8 | ((d.iw as u8) << 4),
            0x11 => byte([
                d.lock_on_commit,
                d.commit,
                d.committed,
                d.error,
                d.host_only,
                d.bi,
                d.uio,
            ]),
            0x12 => d.uig as u8 | ((d.uiw as u8) << 4),
            0x13 => d.isp as u8,
            0x14..=0x16 => 0,
            0x17 => (d.skip >> 24) as u8 & 0xf0,
            0x18 => (d.skip >> 32) as u8,
            0x19 => (d.skip >> 40) as u8,
            0x1a => (d.skip >> 48) as u8,
            0x1b => (d.skip >> 56) as u8,
            _ => 0,
        }
    }

    /// Why decoder `n`, as it now is, must not be committed.
    fn fault(&self, n: usize) -> Option<&'static str> {
        let d = &self.decoders[n];
        if d.ig > 6 {
            return Some("Granularity");
        }
        let Some(ways) = d.ways() else {
            return Some("Ways");
        };
        let offered = match ways {
            3 | 6 | 12 => self.capability & (1 << 11) != 0,
            16 => self.capability & (1 << 12) != 0,
            _ => true,
        };
        if !offered {
            return Some("Ways");
        }
        if d.size == 0 {
            return Some("SizeZero");
        }
        let unit = GRANULE * ways;
        if u128::from(d.size) % unit != 0 {
            return Some("SizeAlignment");
        }
        let alignment = if self.choices.base_aligned_to_ways {
            unit
        } else {
            GRANULE
        };
        if u128::from(d.base) % alignment != 0 {
            return Some("BaseAlignment");
        }
        if d.end() >= 1 << 64 {
            return Some("Wraps");
        }
        for m in 0..n {
            if !self.decoders[m].committed {
                return Some("OutOfOrder");
            }
        }
        for m in 0..n {
            if self.decoders[m].end() > u128::from(d.base) {
                return Some("Overlap");
            }
        }
        for m in n + 1..self.decoders.len() {
            if self.decoders[m].committed && d.end() > u128::from(self.decoders[m].base) {
                return Some("OverlapAbove");
            }
        }
        None
    }

    fn write_control(&mut self, n: usize, lane: &Lane, effects: &mut Vec<Effect>) {
        let uio_capable = self.uio_capable();
        let bi_capable = self.bi_capable;
        let d = &mut self.decoders[n];
        if !d.committed {
            lane.field(0, 4, 0, &mut d.ig);
            lane.field(4, 4, 0, &mut d.iw);
            lane.flag(8, &mut d.lock_on_commit);
            if bi_capable {
                lane.flag(12, &mut d.host_only);
                lane.flag(13, &mut d.bi);
            }
            if uio_capable {
                lane.flag(14, &mut d.uio);
                lane.field(16, 4, 0, &mut d.uig);
                lane.field(20, 4, 0, &mut d.uiw);
                lane.field(24, 4, 0, &mut d.isp);
            }
        }

        let before = self.decoders[n].commit;
        match lane.bit(9) {
            Some(true) if !before => {
                let fault = self.fault(n);
                let d = &mut self.decoders[n];
                d.commit = true;
                d.committed = fault.is_none();
                d.error = fault.is_some();
                effects.push(match fault {
                    None => Effect::Committed(n, d.base, d.size),
                    Some(fault) => Effect::Refused(n, fault),
                });
            }
            Some(false) if before => {
                if !self.decoders[n].committed {
                    self.decoders[n].commit = false;
                    self.decoders[n].error = false;
                    return;
                }
                let next_committed = self.decoders.get(n + 1).is_some_and(|next| next.committed);
                let locked = self.decoders[n].locked();
                if next_committed && self.choices.release_in_order {
                    return;
                }
                if locked && !self.choices.release_locked {
                    return;
                }
                let d = &mut self.decoders[n];
                if locked {
                    d.lock_on_commit = false;
                }
                d.commit = false;
                d.committed = false;
                effects.push(Effect::Released(n));
            }
            _ => {}
        }
    }

    /// A guest's write; registers are served in the order of their addresses.
    pub fn write(&mut self, offset: usize, data: &[u8]) -> Vec<Effect> {
        let mut effects = Vec::new();
        let (poison, enable) = (self.poison_enable, self.decoder_enable);
        if let Some(lane) = Lane::cut(offset, data, 0x04, 4) {
            if self.poison_capable() {
                lane.flag(0, &mut self.poison_enable);
            }
            lane.flag(1, &mut self.decoder_enable);
            self.changes(poison, enable, &mut effects);
        }
        for n in 0..self.decoders.len() {
            let at = 0x10 + 0x20 * n;
            let d = &mut self.decoders[n];
            if !d.committed {
                if let Some(lane) = Lane::cut(offset, data, at, 4) {
                    lane.field(28, 4, 28, &mut d.base);
                }
                if let Some(lane) = Lane::cut(offset, data, at + 0x04, 4) {
                    lane.field(0, 32, 32, &mut d.base);
                }
                if let Some(lane) = Lane::cut(offset, data, at + 0x08, 4) {
                    lane.field(28, 4, 28, &mut d.size);
                }
                if let Some(lane) = Lane::cut(offset, data, at + 0x0c, 4) {
                    lane.field(0, 32, 32, &mut d.size);
                }
            }
            if let Some(lane) = Lane::cut(offset, data, at + 0x10, 4) {
                self.write_control(n, &lane, &mut effects);
            }
            let d = &mut self.decoders[n];
            if !d.committed {
                if let Some(lane) = Lane::cut(offset, data, at + 0x14, 4) {
                    lane.field(28, 4, 28, &mut d.skip);
                }
                if let Some(lane) = Lane::cut(offset, data, at + 0x18, 4) {
                    lane.field(0, 32, 32, &mut d.skip);
                }
            }
        }
        effects
    }

    fn changes(&self, poison: bool, enable: bool, effects: &mut Vec<Effect>) {
        switched(effects, "HDM_Decoder_Enable", enable, self.decoder_enable);
        switched(
            effects,
            "Poison_On_Decode_Error_Enable",
            poison,
            self.poison_enable,
        );
    }

    /// What a reset leaves, and what it changes for others.
    pub fn reset(&mut self, kind: Reset) -> Vec<Effect> {
        if kind == Reset::FunctionLevel {
            return Vec::new();
        }
        // A locked decoder keeps those below it: without them it could not have been committed.
        let kept = match kind {
            Reset::Cxl if self.choices.locks_survive_cxl_reset => {
                self.decoders.iter().rposition(Decoder::locked)
            }
            _ => None,
        };
        let mut effects = Vec::new();
        for n in (0..self.decoders.len()).rev() {
            if kept.is_some_and(|kept| n <= kept) {
                break;
            }
            if self.decoders[n].committed {
                effects.push(Effect::Released(n));
            }
            let fixed = Decoder {
                host_only: self.decoders[n].host_only && !self.bi_capable,
                ..Decoder::default()
            };
            self.decoders[n] = fixed;
        }
        // Where a decoder still decodes, so does the switch in front of it.
        if kept.is_some() {
            return effects;
        }
        let (poison, enable) = (self.poison_enable, self.decoder_enable);
        if self.poison_capable() {
            self.poison_enable = false;
        }
        self.decoder_enable = false;
        self.changes(poison, enable, &mut effects);
        effects
    }
}
