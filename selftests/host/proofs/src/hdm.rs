// SPDX-License-Identifier: GPL-2.0

//! The HDM decoders of the crate and of the model.

use crate::common;
use cxl_regs::{
    effect::Outcome,
    HdmShadow, //
};
use model::{
    hdm::{
        Hdm,
        Rule, //
    },
    Event, //
};

/// Both, in the same state.
#[derive(Clone)]
pub struct Pair {
    /// The crate's shadow.
    pub real: HdmShadow,
    /// The model.
    pub model: Hdm,
}

impl Pair {
    /// Both made from a snapshot; [`None`] if both refuse it.
    ///
    /// # Panics
    ///
    /// Panics if only one of them does.
    pub fn new(words: &[u32], back_invalidate: bool, rule: Rule) -> Option<Pair> {
        let options = common::options(back_invalidate, rule);
        let real = HdmShadow::from_snapshot(words, options);
        let model = Hdm::from_words(words, back_invalidate, rule);
        match (real, model) {
            (Ok(real), Some(model)) => {
                let pair = Pair { real, model };
                pair.compare("after the snapshot");
                Some(pair)
            }
            (Err(_), None) => None,
            (real, model) => panic!(
                "snapshot {words:#x?} with {options:?}\n crate: {:?}\n model: {}",
                real.err(),
                if model.is_some() { "taken" } else { "refused" },
            ),
        }
    }

    /// The length of the capability in bytes.
    pub fn bytes(&self) -> usize {
        0x10 + 0x20 * self.model.decoders.len()
    }

    /// Reads both.
    pub fn read(&self, offset: usize, len: usize) -> u64 {
        let real = self.real.read(common::access(offset, len));
        let model = common::value((offset..offset + len).map(|at| self.model.read_byte(at)));
        assert_eq!(
            real, model,
            "read of {len} bytes at {offset:#x}: crate {real:#x}, model {model:#x}"
        );
        real
    }

    /// Writes both; what became of decoders.
    pub fn write(&mut self, offset: usize, len: usize, value: u64) -> Vec<Event> {
        let before = self.real.clone();
        let real = self.real.write(common::access(offset, len), value);
        let model = self.model.write(offset, &common::data(value, len));
        let expected = match model[..] {
            [Event::Committed(_)] => Outcome::Committed,
            [Event::Refused(_)] => Outcome::NotCommitted,
            [Event::Released(_)] => Outcome::Released,
            [] if self.real == before => Outcome::Unchanged,
            [] => Outcome::Changed,
            _ => panic!("more than one event: {model:?}"),
        };
        assert_eq!(
            real.outcome, expected,
            "write of {len} bytes, {value:#x}, at {offset:#x}"
        );
        let nothing_else = cxl_regs::Effects {
            outcome: real.outcome,
            ..cxl_regs::Effects::NONE
        };
        assert_eq!(real, nothing_else);
        model
    }

    /// A CXL Reset that the guest asked for.
    pub fn reset(&mut self) {
        self.real.reset();
        self.model.reset();
    }

    /// Compares every byte, a few behind the end included, and the crate's decoded view.
    pub fn compare(&self, when: &str) {
        for offset in (0..self.bytes() + 16).step_by(8) {
            let real = self.real.read(common::access(offset, 8));
            let model = common::value((offset..offset + 8).map(|at| self.model.read_byte(at)));
            assert_eq!(
                real, model,
                "{when}: 8 bytes at {offset:#x}: crate {real:#x}, model {model:#x}"
            );
        }
        for (real, model) in self.real.decoders().zip(&self.model.decoders) {
            assert_eq!(
                (
                    real.base(),
                    real.size(),
                    real.skip(),
                    real.is_committed(),
                    real.is_locked(),
                    real.is_host_only(),
                ),
                (
                    model.base,
                    model.size,
                    model.skip,
                    model.committed,
                    model.committed && model.lock_on_commit,
                    model.host_only,
                ),
                "{when}: decoded view of a decoder"
            );
        }
    }
}
