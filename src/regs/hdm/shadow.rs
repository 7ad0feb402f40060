// SPDX-License-Identifier: GPL-2.0

//! The shadow of the HDM decoders: what a guest reads there, and the state machine of commit, lock
//! and release behind its writes.
//!
//! A decoder is in one of four states, which its Control register spells out:
//!
//! | State | COMMIT | COMMITTED | ERROR | entered by | left by |
//! |---|---|---|---|---|---|
//! | free | 0 | 0 | 0 | reset; clearing COMMIT | setting COMMIT |
//! | failed | 1 | 0 | 1 | setting COMMIT against a rule | clearing COMMIT; reset |
//! | committed | 1 | 1 | 0 | setting COMMIT | clearing COMMIT while the next decoder is not committed; reset |
//! | locked | 1 | 1 | 0 | setting COMMIT with LOCK_ON_COMMIT | reset |

use super::{
    commit,
    control,
    global_control,
    CommitError,
    Decoder,
    DECODER,
    DECODERS,
    DECODER_DWORDS,
    HEADER,
    HEADER_DWORDS, //
};
use crate::{
    access::{
        Access,
        Lane, //
    },
    attr::Reset,
    block::{
        self,
        FieldValue,
        Rules, //
    },
    effect::{
        Effects,
        Switch,
        Switches, //
    },
    policy::Policy,
    table::Features, //
};

/// The shadow of an HDM Decoder Capability.
///
/// ```
/// use cxl_regs::{access::Access, effect::Effect, vectors};
///
/// let mut hdm = vectors::hdm_shadow(2).unwrap();
/// let size = Access::new(0x18, 8).unwrap();
/// let control = Access::new(0x20, 4).unwrap();
///
/// assert!(hdm.write(size, 0x1000_0000).is_empty());
/// let committed = Effect::Committed { decoder: 0, base: 0, size: 0x1000_0000 };
/// assert!(hdm.write(control, 0x200).contains(committed));
/// assert_eq!(hdm.read(control), 0x600);
///
/// // A committed decoder does not change...
/// assert!(hdm.write(size, 0x2000_0000).is_empty());
/// assert_eq!(hdm.read(size), 0x1000_0000);
/// // ... until it is released.
/// assert!(hdm.write(control, 0).contains(Effect::Released { decoder: 0 }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HdmShadow {
    pub(super) header_rules: Rules<HEADER_DWORDS>,
    pub(super) decoder_rules: Rules<DECODER_DWORDS>,
    pub(super) features: Features,
    pub(super) policy: Policy,
    pub(super) count: u8,
    pub(super) header: [u32; HEADER_DWORDS],
    /// Those from `count` on stay free.
    pub(super) decoders: [Decoder; DECODERS],
}

/// Where a dword of the capability lies.
enum Place {
    Header,
    /// `register` is the dword's number in the decoder.
    Decoder {
        number: u8,
        register: usize,
    },
}

impl HdmShadow {
    #[inline]
    fn place(&self, dword: usize) -> Option<Place> {
        let Some(dword) = dword.checked_sub(HEADER_DWORDS) else {
            return Some(Place::Header);
        };
        let number = u8::try_from(dword >> 3).ok()?;
        (number < self.count).then_some(Place::Decoder {
            number,
            register: dword & 7,
        })
    }

    /// What a guest reads: the bytes of `at`, the first one lowest.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, vectors};
    /// let hdm = vectors::hdm_shadow(4).unwrap();
    /// assert_eq!(hdm.read(Access::new(0x00, 1).unwrap()) & 0xf, 2);
    /// // There is no fifth decoder.
    /// assert_eq!(hdm.read(Access::new(0x90, 8).unwrap()), 0);
    /// ```
    #[inline]
    pub fn read(&self, at: Access) -> u64 {
        at.lanes().fold(0, |value, lane| {
            let word = match self.place(lane.index()) {
                Some(Place::Header) => self.header.get(lane.index()),
                Some(Place::Decoder { number, register }) => self
                    .decoders
                    .get(usize::from(number))
                    .and_then(|decoder| decoder.words.get(register)),
                None => None,
            };
            value | lane.place(word.copied().unwrap_or(0))
        })
    }

    /// What a guest's write of `value` does. Bytes of `value` beyond the access are ignored.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, effect::{Effect, Switch}, vectors};
    /// let mut hdm = vectors::hdm_shadow(1).unwrap();
    /// let mut effects = hdm.write(Access::new(0x04, 4).unwrap(), 0x2);
    /// let on = Effect::Switched { switch: Switch::DecoderEnable, on: true };
    /// assert_eq!(effects.next(), Some(on));
    /// ```
    pub fn write(&mut self, at: Access, value: u64) -> Effects {
        let before = self.switches();
        let mut effects = Effects::NONE;
        for lane in at.lanes() {
            let part = lane.extract(value);
            match self.place(lane.index()) {
                Some(Place::Header) => {
                    self.header_rules.write(&mut self.header, lane, part, 0);
                }
                Some(Place::Decoder { number, register }) => {
                    self.write_decoder(number, lane.at(register), part, &mut effects);
                }
                None => {}
            }
        }
        effects.set_switches(before, self.switches());
        effects
    }

    #[inline]
    fn write_decoder(&mut self, number: u8, lane: Lane, value: u32, effects: &mut Effects) {
        let is_control = lane.index() == control::COMMIT.dword();
        let locked = self.locked(number, is_control);
        let index = usize::from(number);
        let Some(decoder) = self.decoders.get_mut(index) else {
            return;
        };
        let written = self
            .decoder_rules
            .write(&mut decoder.words, lane, value, locked);
        if let (true, Some((old, new))) = (is_control, written) {
            match (control::COMMIT.is_set(old), control::COMMIT.is_set(new)) {
                (false, true) => self.commit(number, new, effects),
                (true, false) => self.release(number, new, effects),
                _ => {}
            }
        }
    }

    /// The RWL bits of a register of a decoder that are locked.
    #[inline]
    fn locked(&self, number: u8, is_control: bool) -> u32 {
        let index = usize::from(number);
        let Some(decoder) = self.decoders.get(index) else {
            return u32::MAX;
        };
        if !decoder.is_committed() {
            return 0;
        }
        let in_use = self.policy.release_in_order
            && self
                .decoders
                .get(index.wrapping_add(1))
                .is_some_and(Decoder::is_committed);
        if !is_control || in_use || (decoder.is_locked() && !self.policy.release_locked) {
            u32::MAX
        } else {
            !control::COMMIT.mask()
        }
    }

    /// COMMIT of `number` went from 0 to 1.
    fn commit(&mut self, number: u8, control: u32, effects: &mut Effects) {
        let outcome = self.check(number);
        let Some(decoder) = self.decoders.get_mut(usize::from(number)) else {
            return;
        };
        let answer = match outcome {
            Ok(_) => control::COMMITTED.mask(),
            Err(_) => control::ERROR_NOT_COMMITTED.mask(),
        };
        decoder.set_control(control | answer);
        effects.set_commit(number, outcome);
    }

    /// Whether decoder `number` may be committed as it is set up: its base and size.
    pub(super) fn check(&self, number: u8) -> Result<(u64, u64), CommitError> {
        let index = usize::from(number);
        let Some(decoder) = self.decoders.get(index) else {
            return Err(CommitError::OutOfOrder);
        };
        let lower = self.decoders.get(..index).unwrap_or(&[]);
        let upper = self.decoders.get(index.wrapping_add(1)..).unwrap_or(&[]);
        let next_lower = lower.last();
        // In order, the committed decoders are the first ones, without a gap.
        let (below, above) = if self.policy.release_in_order {
            (next_lower, None)
        } else {
            let gap = lower.iter().find(|decoder| !decoder.is_committed());
            let above = upper.iter().find(|decoder| decoder.is_committed());
            (gap.or(next_lower), above.map(Decoder::base))
        };
        commit::check(
            decoder,
            self.capability(),
            self.policy.base_aligned_to_ways,
            &commit::Neighbours { below, above },
        )
    }

    /// COMMIT of `number` went from 1 to 0.
    fn release(&mut self, number: u8, control: u32, effects: &mut Effects) {
        let Some(decoder) = self.decoders.get_mut(usize::from(number)) else {
            return;
        };
        let mut state = control::COMMITTED.mask() | control::ERROR_NOT_COMMITTED.mask();
        if decoder.is_committed() {
            // Already clear, unless the policy released a locked decoder.
            state |= control::LOCK_ON_COMMIT.mask();
            effects.add_released(number);
        }
        decoder.set_control(control & !state);
    }

    /// What a reset of the device leaves of the decoders.
    ///
    /// A CXL Reset releases decoders from the highest down, as software has to, and thus stops at
    /// a locked one ([`Policy::locks_survive_cxl_reset`]). As long as a decoder is left, the
    /// header keeps what it has.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, attr::Reset, effect::Effect, vectors};
    /// let mut hdm = vectors::hdm_shadow(2).unwrap();
    /// let _ = hdm.write(Access::new(0x18, 8).unwrap(), 0x1000_0000);
    /// let _ = hdm.write(Access::new(0x20, 4).unwrap(), 0x300); // COMMIT, LOCK_ON_COMMIT
    /// assert!(hdm.reset(Reset::Cxl).is_empty());
    /// assert!(hdm.reset(Reset::Conventional).contains(Effect::Released { decoder: 0 }));
    /// ```
    pub fn reset(&mut self, kind: Reset) -> Effects {
        let before = self.switches();
        let kept = match kind {
            Reset::Flr => return Effects::NONE,
            Reset::Cxl if self.policy.locks_survive_cxl_reset => self.highest_locked(),
            _ => None,
        };
        if kept.is_none() {
            self.header_rules.reset(&mut self.header, kind, 0);
        }
        let mut effects = Effects::NONE;
        effects.set_switches(before, self.switches());
        for (number, decoder) in (0..self.count).zip(&mut self.decoders) {
            if kept.is_some_and(|kept| number <= kept) {
                continue;
            }
            if decoder.is_committed() {
                effects.add_released(number);
            }
            self.decoder_rules.reset(&mut decoder.words, kind, 0);
            let state = control::COMMITTED.mask() | control::ERROR_NOT_COMMITTED.mask();
            decoder.set_control(decoder.control() & !state);
        }
        effects
    }

    fn highest_locked(&self) -> Option<u8> {
        let mut highest = None;
        for (number, decoder) in (0..self.count).zip(&self.decoders) {
            if decoder.is_locked() {
                highest = Some(number);
            }
        }
        highest
    }

    /// The HDM Decoder Capability register; its fields are in [`capability`](super::capability).
    ///
    /// ```
    /// # use cxl_regs::{hdm::capability, vectors};
    /// let word = vectors::hdm_shadow(4).unwrap().capability();
    /// assert_eq!(capability::DECODER_COUNT.get(word), 2);
    /// ```
    pub const fn capability(&self) -> u32 {
        let [capability, ..] = self.header;
        capability
    }

    /// The Global Control register; its fields are in [`global_control`].
    ///
    /// ```
    /// # use cxl_regs::{hdm::global_control, vectors};
    /// let word = vectors::hdm_shadow(4).unwrap().global_control();
    /// assert!(!global_control::DECODER_ENABLE.is_set(word));
    /// ```
    pub const fn global_control(&self) -> u32 {
        let [_, global_control, ..] = self.header;
        global_control
    }

    /// The number of decoders.
    ///
    /// ```
    /// assert_eq!(cxl_regs::vectors::hdm_shadow(10).unwrap().count(), 10);
    /// ```
    pub const fn count(&self) -> u8 {
        self.count
    }

    /// The number of bytes that the registers take.
    ///
    /// ```
    /// assert_eq!(cxl_regs::vectors::hdm_shadow(32).unwrap().len(), 0x410);
    /// ```
    #[expect(clippy::len_without_is_empty)] // There is always a header.
    pub const fn len(&self) -> u32 {
        // CAST: widens. At most 0x10 + 32 * 0x20.
        0x10u32.wrapping_add((self.count as u32) << 5)
    }

    /// Decoder `number`.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// assert!(vectors::hdm_shadow(2).unwrap().decoder(1).is_some());
    /// assert!(vectors::hdm_shadow(2).unwrap().decoder(2).is_none());
    /// ```
    pub fn decoder(&self, number: u8) -> Option<&Decoder> {
        if number < self.count {
            self.decoders.get(usize::from(number))
        } else {
            None
        }
    }

    /// The decoders, in order.
    ///
    /// ```
    /// assert_eq!(cxl_regs::vectors::hdm_shadow(6).unwrap().decoders().count(), 6);
    /// ```
    pub fn decoders(&self) -> impl Iterator<Item = &Decoder> + '_ {
        self.decoders
            .get(..usize::from(self.count))
            .unwrap_or(&[])
            .iter()
    }

    /// Every field of the header that is not reserved, in the order of [`HEADER`].
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// let hdm = vectors::hdm_shadow(2).unwrap();
    /// assert_eq!(hdm.header_fields().last().unwrap().name, "DECODER_ENABLE");
    /// ```
    pub fn header_fields(&self) -> impl Iterator<Item = FieldValue> + '_ {
        block::fields(HEADER, self.features, &self.header, 0)
    }

    /// Every field of decoder `number` that is not reserved, in the order of [`DECODER`].
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// let hdm = vectors::hdm_shadow(2).unwrap();
    /// let base = hdm.decoder_fields(1).next().unwrap();
    /// assert_eq!((base.offset, base.name), (0x30, "BASE_LOW"));
    /// assert_eq!(hdm.decoder_fields(2).count(), 0);
    /// ```
    pub fn decoder_fields(&self, number: u8) -> impl Iterator<Item = FieldValue> + '_ {
        let words = self
            .decoder(number)
            .map_or(&[][..], |decoder| &decoder.words);
        let start = 0x10u16.wrapping_add(u16::from(number) << 5);
        block::fields(DECODER, self.features, words, start)
    }

    fn switches(&self) -> Switches {
        let word = self.global_control();
        Switches::default()
            .with(
                Switch::DecoderEnable,
                global_control::DECODER_ENABLE.is_set(word),
            )
            .with(
                Switch::PoisonEnable,
                global_control::POISON_ON_DECODE_ERROR_ENABLE.is_set(word),
            )
    }
}
