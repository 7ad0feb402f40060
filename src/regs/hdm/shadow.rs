// SPDX-License-Identifier: GPL-2.0

//! The shadow of the HDM decoders: what a guest reads there, and the state machine of commit, lock
//! and release behind its writes.
//!
//! A decoder is in one of four states, which its Control register spells out:
//!
//! | State | COMMIT | COMMITTED | ERROR | entered by | left by |
//! |---|---|---|---|---|---|
//! | free | 0 | 0 | 0 | clearing COMMIT | setting COMMIT |
//! | failed | 1 | 0 | 1 | setting COMMIT for what is not there | clearing COMMIT |
//! | committed | 1 | 1 | 0 | setting COMMIT | clearing COMMIT |
//! | locked | 1 | 1 | 0 | setting COMMIT with LOCK_ON_COMMIT | a new shadow; see [`Lock`] |
//!
//! One window is passed through, the one that firmware committed decoder 0 to. A guest may have it
//! at another address; every other commit would promise memory that is not there.

use super::{
    base_high,
    base_low,
    control,
    Decoder,
    Lock, //
    DECODER,
    DECODERS,
    DECODER_DWORDS,
    HEADER,
    HEADER_DWORDS,
};
use crate::{
    access::{
        Access,
        Lane, //
    },
    block::{
        self,
        FieldValue,
        Rules, //
    },
    effect::{
        Effects,
        Outcome, //
    },
    table::Features, //
};

/// The shadow of an HDM Decoder Capability.
///
/// ```
/// use cxl_regs::{effect::Outcome, hdm::Options, Access, HdmShadow};
///
/// // One decoder, committed to 256 MiB at 4 GiB.
/// let mut hardware = [0; 12];
/// (hardware[5], hardware[6], hardware[8]) = (0x1, 0x1000_0000, 0x600);
/// let mut hdm = HdmShadow::from_snapshot(&hardware, Options::default())?;
///
/// let (base, size, control) = (0x10, 0x18, 0x20);
/// let mut write = |offset, len, value| hdm.write(Access::new(offset, len).unwrap(), value).outcome;
/// assert_eq!(write(control, 4, 0x000), Outcome::Released);
/// assert_eq!(write(base, 8, 0x8_0000_0000), Outcome::Changed);
/// assert_eq!(write(control, 4, 0x300), Outcome::Committed);
/// assert_eq!(write(size, 8, 0x2000_0000), Outcome::Unchanged); // read-only now
/// # Ok::<(), cxl_regs::Unfit>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HdmShadow {
    pub(super) header_rules: Rules<HEADER_DWORDS>,
    pub(super) decoder_rules: Rules<DECODER_DWORDS>,
    pub(super) features: Features,
    /// See [`Options`](super::Options).
    pub(super) lock: Lock,
    pub(super) count: u8,
    pub(super) header: [u32; HEADER_DWORDS],
    /// Those from `count` on stay free.
    pub(super) decoders: [Decoder; DECODERS],
    /// Decoder 0 as the snapshot had it, if it was committed: the window that is there.
    pub(super) committed: Option<Decoder>,
}

/// Where a dword of the capability lies.
enum Slot {
    Header,
    /// `register` is the dword's number in the decoder.
    Decoder {
        number: u8,
        register: usize,
    },
}

impl Lock {
    /// The bits of the dword of a decoder with this number that a write leaves as they are.
    #[inline]
    fn mask(self, decoder: &Decoder, dword: usize) -> u32 {
        const CONTROL: usize = control::COMMIT.dword();
        const BASE_LOW: usize = base_low::BASE_LOW.dword();
        const BASE_HIGH: usize = base_high::BASE_HIGH.dword();

        let (lock, commit) = (control::LOCK_ON_COMMIT.mask(), control::COMMIT.mask());
        let is_locked = decoder.is_locked();
        match (self, dword) {
            _ if !decoder.is_committed() => 0,
            (Self::Hardware, CONTROL) if is_locked => u32::MAX,
            (Self::Hardware | Self::Releasable, CONTROL) => !commit,
            (Self::Placeable, CONTROL) if is_locked => !lock,
            (Self::Placeable, CONTROL) => !(lock | commit),
            (Self::Placeable, BASE_LOW | BASE_HIGH) if !is_locked => 0,
            _ => u32::MAX,
        }
    }
}

impl HdmShadow {
    #[inline]
    fn slot(&self, dword: usize) -> Option<Slot> {
        let Some(dword) = dword.checked_sub(HEADER_DWORDS) else {
            return Some(Slot::Header);
        };
        let number = u8::try_from(dword >> 3).ok()?;
        (number < self.count).then_some(Slot::Decoder {
            number,
            register: dword & 7,
        })
    }

    /// What a guest reads: the bytes of `at`, the first one lowest.
    #[inline]
    pub fn read(&self, at: Access) -> u64 {
        at.lanes().fold(0, |value, lane| {
            let word = match self.slot(lane.index()) {
                Some(Slot::Header) => self.header.get(lane.index()),
                Some(Slot::Decoder { number, register }) => self
                    .decoders
                    .get(usize::from(number))
                    .and_then(|decoder| decoder.words.get(register)),
                None => None,
            };
            value | lane.place(word.copied().unwrap_or(0))
        })
    }

    /// What a guest's write of `value` does. Bytes of `value` beyond the access are ignored.
    pub fn write(&mut self, at: Access, value: u64) -> Effects {
        let mut effects = Effects::NONE;
        for lane in at.lanes() {
            let part = lane.extract(value);
            let outcome = match self.slot(lane.index()) {
                Some(Slot::Header) => {
                    match self.header_rules.write(&mut self.header, lane, part, 0) {
                        Some((old, new)) if old != new => Outcome::Changed,
                        _ => Outcome::Unchanged,
                    }
                }
                Some(Slot::Decoder { number, register }) => {
                    self.write_decoder(number, lane.at(register), part)
                }
                None => Outcome::Unchanged,
            };
            // An access has one Control register at most, and what happens there says most.
            if matches!(effects.outcome, Outcome::Unchanged | Outcome::Changed)
                && outcome != Outcome::Unchanged
            {
                effects.outcome = outcome;
            }
        }
        effects
    }

    #[inline]
    fn write_decoder(&mut self, number: u8, lane: Lane, value: u32) -> Outcome {
        let is_control = lane.index() == control::COMMIT.dword();
        let Some(decoder) = self.decoders.get_mut(usize::from(number)) else {
            return Outcome::Unchanged;
        };
        let before = *decoder;
        let locked = self.lock.mask(decoder, lane.index());
        let rules = &self.decoder_rules;
        let Some((old, new)) = rules.write(&mut decoder.words, lane, value, locked) else {
            return Outcome::Unchanged;
        };
        // What is committed never wraps, wherever a VMM places it.
        if decoder.is_committed() && decoder.end().is_none() {
            *decoder = before;
            return Outcome::Unchanged;
        }
        let commit = |control| is_control && control::COMMIT.is_set(control);
        match (commit(old), commit(new)) {
            (false, true) => self.commit(number, new),
            (true, false) => self.release(number, new),
            _ if old == new => Outcome::Unchanged,
            _ => Outcome::Changed,
        }
    }

    /// COMMIT of `number` went from 0 to 1: the answer.
    fn commit(&mut self, number: u8, control: u32) -> Outcome {
        let there = number == 0 && self.is_there();
        let (answer, outcome) = if there {
            (control::COMMITTED.mask(), Outcome::Committed)
        } else {
            (control::ERROR_NOT_COMMITTED.mask(), Outcome::NotCommitted)
        };
        if let Some(decoder) = self.decoders.get_mut(usize::from(number)) {
            decoder.set_control(control | answer);
        }
        outcome
    }

    /// Whether decoder 0 is set up for the window that is there: at any base, but of its size and
    /// skip, and with the kind of accesses that firmware chose. A base is a multiple of 256 MiB
    /// because its other bits are reserved.
    fn is_there(&self) -> bool {
        let [decoder, ..] = &self.decoders;
        let Some(committed) = &self.committed else {
            return false;
        };
        let kind = control::IW.mask()
            | control::TARGET_TYPE.mask()
            | control::BI.mask()
            | control::UIO.mask()
            | control::ISP.mask();
        decoder.size() == committed.size()
            && decoder.skip() == committed.skip()
            && (decoder.control() ^ committed.control()) & kind == 0
            && decoder.granularity().is_some()
            && decoder.end().is_some()
    }

    /// COMMIT of `number` went from 1 to 0.
    fn release(&mut self, number: u8, control: u32) -> Outcome {
        let Some(decoder) = self.decoders.get_mut(usize::from(number)) else {
            return Outcome::Unchanged;
        };
        let mut state = control::COMMITTED.mask() | control::ERROR_NOT_COMMITTED.mask();
        let outcome = if decoder.is_committed() {
            // Already clear, unless a locked decoder was released.
            state |= control::LOCK_ON_COMMIT.mask();
            Outcome::Released
        } else {
            Outcome::Changed
        };
        decoder.set_control(control & !state);
        outcome
    }

    /// What a CXL Reset leaves (table 8-1): the decoders as they are, switched off as a whole.
    pub fn reset(&mut self) {
        self.header_rules.reset(&mut self.header, 0);
    }

    /// The Global Control register; its fields are in [`global_control`](super::global_control).
    pub const fn global_control(&self) -> u32 {
        let [_, global_control, ..] = self.header;
        global_control
    }

    /// The number of decoders.
    pub const fn count(&self) -> u8 {
        self.count
    }

    /// The number of bytes that the registers take.
    #[expect(clippy::len_without_is_empty)] // There is always a header.
    pub const fn len(&self) -> u32 {
        // CAST: widens. At most 0x10 + 32 * 0x20.
        0x10u32.wrapping_add((self.count as u32) << 5)
    }

    /// The decoders, in order.
    pub fn decoders(&self) -> impl Iterator<Item = &Decoder> + '_ {
        self.decoders
            .get(..usize::from(self.count))
            .unwrap_or(&[])
            .iter()
    }

    /// Every field of the header that is not reserved, in the order of [`HEADER`].
    pub fn header_fields(&self) -> impl Iterator<Item = FieldValue> + '_ {
        block::fields(HEADER, self.features, &self.header, 0)
    }

    /// Every field of decoder `number` that is not reserved, in the order of [`DECODER`].
    pub fn decoder_fields(&self, number: u8) -> impl Iterator<Item = FieldValue> + '_ {
        let decoder = self.decoders().nth(number.into());
        let words = decoder.map_or(&[][..], |decoder| &decoder.words);
        let start = 0x10u16.wrapping_add(u16::from(number) << 5);
        block::fields(DECODER, self.features, words, start)
    }
}
