// SPDX-License-Identifier: GPL-2.0

//! HDM Decoder Capability, CXL r4.0 8.2.4.20.

use crate::{
    lane::{
        byte,
        Lane, //
    },
    switched,
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
    /// The v3 series' rule: clearing COMMIT releases a locked decoder as well.
    pub release_locked: bool,
    /// Poison On Decode Error Enable.
    pub poison_enable: bool,
    /// HDM Decoder Enable.
    pub decoder_enable: bool,
    /// The decoders.
    pub decoders: Vec<Decoder>,
}

impl Hdm {
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

    /// Whether decoder `n`, as it now is, may be committed.
    fn valid(&self, n: usize) -> bool {
        let d = &self.decoders[n];
        let Some(ways) = d.ways() else {
            return false;
        };
        if d.ig > 6 {
            return false;
        }
        let unit = GRANULE * ways;
        if d.size == 0 || u128::from(d.size) % unit != 0 || u128::from(d.base) % unit != 0 {
            return false;
        }
        if d.end() > 1 << 64 {
            return false;
        }
        for (m, other) in self.decoders.iter().enumerate() {
            if m < n && !(other.committed && other.end() <= u128::from(d.base)) {
                return false;
            }
            let apart = other.end() <= u128::from(d.base) || d.end() <= u128::from(other.base);
            if m > n && other.committed && !apart {
                return false;
            }
        }
        true
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
                let valid = self.valid(n);
                let d = &mut self.decoders[n];
                d.commit = true;
                d.committed = valid;
                d.error = !valid;
                effects.push(if valid {
                    Effect::Committed(n, self.decoders[n].base, self.decoders[n].size)
                } else {
                    Effect::Refused(n)
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
                if next_committed || locked && !self.release_locked {
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
            Reset::Cxl => self.decoders.iter().rposition(Decoder::locked),
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
        let (poison, enable) = (self.poison_enable, self.decoder_enable);
        if self.poison_capable() {
            self.poison_enable = false;
        }
        self.decoder_enable = false;
        self.changes(poison, enable, &mut effects);
        effects
    }
}
