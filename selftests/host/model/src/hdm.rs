// SPDX-License-Identifier: GPL-2.0

//! HDM Decoder Capability, CXL r4.0 8.2.4.20.

use crate::{
    lane::{
        byte,
        Lane, //
    },
    Event, //
};

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
    /// Interleave Set Position.
    pub isp: u64,
}

impl Decoder {
    fn locked(&self) -> bool {
        self.committed && self.lock_on_commit
    }

    /// First address behind the range.
    fn end(&self) -> u128 {
        u128::from(self.base) + u128::from(self.size)
    }
}

/// Who may move or release a committed decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// As the specification has it.
    Hardware,
    /// The v3 series' rule: clearing COMMIT releases a locked decoder as well.
    V3,
    /// The v2 series' rule: the base starts at 0 and without a lock, and is free until it is locked;
    /// a write to a locked decoder can take the lock away and does nothing else.
    V2,
}

/// The whole capability structure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hdm {
    /// HDM Decoder Capability register, served as it is.
    pub capability: u32,
    /// Back-invalidate capable: Target Range Type and BI can be written.
    pub bi_capable: bool,
    /// Who may move or release what is committed.
    pub rule: Rule,
    /// Decoder 0 as the device had it, if it was committed.
    pub window: Option<Decoder>,
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
    pub fn from_words(words: &[u32], bi_capable: bool, rule: Rule) -> Option<Hdm> {
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
            rule,
            window: None,
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
                isp: if uio { nibble(24) } else { 0 },
            });
        }
        for d in &hdm.decoders {
            match (d.commit, d.committed, d.error) {
                (false, false, false) | (true, false, true) => {}
                (true, true, false)
                    if d.size > 0
                        && d.end() < 1 << 64
                        && d.ig <= 6
                        && [0, 1, 2, 3, 4, 8, 9, 10].contains(&d.iw) => {}
                _ => return None,
            }
        }
        let first = &hdm.decoders[0];
        hdm.window = first.committed.then(|| first.clone());
        let first = &mut hdm.decoders[0];
        if rule == Rule::V2 && first.committed {
            first.base = 0;
            first.lock_on_commit = false;
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

    /// Whether decoder `n`, as it now is, may be committed: it is the window, anywhere.
    fn is_there(&self, n: usize) -> bool {
        let (Some(window), 0) = (&self.window, n) else {
            return false;
        };
        let d = &self.decoders[0];
        let elsewhere = Decoder {
            base: d.base,
            ig: d.ig,
            lock_on_commit: d.lock_on_commit,
            commit: d.commit,
            committed: d.committed,
            error: d.error,
            ..window.clone()
        };
        *d == elsewhere && d.ig <= 6 && d.end() < 1 << 64
    }

    /// Writes Control of a committed decoder by the v2 series' rule.
    fn write_placed(&mut self, n: usize, lane: &Lane, events: &mut Vec<Event>) {
        let d = &mut self.decoders[n];
        let was_locked = d.lock_on_commit;
        lane.flag(8, &mut d.lock_on_commit);
        if !was_locked && lane.bit(9) == Some(false) {
            (d.lock_on_commit, d.commit, d.committed) = (false, false, false);
            events.push(Event::Released(n));
        }
    }

    /// Writes half of a base by the v2 series' rule: the range of a committed decoder never wraps.
    fn write_base(&mut self, n: usize, write: impl FnOnce(&mut u64)) {
        let d = &mut self.decoders[n];
        if d.committed && (self.rule != Rule::V2 || d.lock_on_commit) {
            return;
        }
        let before = d.base;
        write(&mut d.base);
        if d.committed && d.end() >= 1 << 64 {
            d.base = before;
        }
    }

    fn write_control(&mut self, n: usize, lane: &Lane, events: &mut Vec<Event>) {
        let uio_capable = self.uio_capable();
        let bi_capable = self.bi_capable;
        if self.rule == Rule::V2 && self.decoders[n].committed {
            self.write_placed(n, lane, events);
            return;
        }
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
                lane.field(24, 4, 0, &mut d.isp);
            }
        }

        let before = self.decoders[n].commit;
        match lane.bit(9) {
            Some(true) if !before => {
                let there = self.is_there(n);
                let d = &mut self.decoders[n];
                d.commit = true;
                d.committed = there;
                d.error = !there;
                events.push(if there {
                    Event::Committed(n)
                } else {
                    Event::Refused(n)
                });
            }
            Some(false) if before => {
                if !self.decoders[n].committed {
                    self.decoders[n].commit = false;
                    self.decoders[n].error = false;
                    return;
                }
                let locked = self.decoders[n].locked();
                if locked && self.rule == Rule::Hardware {
                    return;
                }
                let d = &mut self.decoders[n];
                if locked {
                    d.lock_on_commit = false;
                }
                d.commit = false;
                d.committed = false;
                events.push(Event::Released(n));
            }
            _ => {}
        }
    }

    /// A guest's write; registers are served in the order of their addresses.
    pub fn write(&mut self, offset: usize, data: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(lane) = Lane::cut(offset, data, 0x04, 4) {
            if self.poison_capable() {
                lane.flag(0, &mut self.poison_enable);
            }
            lane.flag(1, &mut self.decoder_enable);
        }
        for n in 0..self.decoders.len() {
            let at = 0x10 + 0x20 * n;
            if let Some(lane) = Lane::cut(offset, data, at, 4) {
                self.write_base(n, |base| lane.field(28, 4, 28, base));
            }
            if let Some(lane) = Lane::cut(offset, data, at + 0x04, 4) {
                self.write_base(n, |base| lane.field(0, 32, 32, base));
            }
            let d = &mut self.decoders[n];
            if !d.committed {
                if let Some(lane) = Lane::cut(offset, data, at + 0x08, 4) {
                    lane.field(28, 4, 28, &mut d.size);
                }
                if let Some(lane) = Lane::cut(offset, data, at + 0x0c, 4) {
                    lane.field(0, 32, 32, &mut d.size);
                }
            }
            if let Some(lane) = Lane::cut(offset, data, at + 0x10, 4) {
                self.write_control(n, &lane, &mut events);
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
        events
    }

    /// What a CXL Reset leaves: the decoders, without the switches in front of them.
    pub fn reset(&mut self) {
        if self.poison_capable() {
            self.poison_enable = false;
        }
        self.decoder_enable = false;
    }
}
