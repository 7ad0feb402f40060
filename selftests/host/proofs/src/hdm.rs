// SPDX-License-Identifier: GPL-2.0

//! The HDM decoders of the crate and of the model.

use crate::common;
use cxl_regs::hdm::{
    HdmShadow,
    Options, //
};
use model::{
    hdm::Hdm,
    Choices,
    Effect,
    Reset, //
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
    pub fn new(words: &[u32], back_invalidate: bool, choices: Choices) -> Option<Pair> {
        let real = HdmShadow::from_snapshot(
            words,
            Options {
                back_invalidate,
                policy: common::policy(choices),
            },
        );
        let model = Hdm::from_words(words, back_invalidate, choices);
        match (real, model) {
            (Ok(real), Some(model)) => {
                let pair = Pair { real, model };
                pair.compare("after the snapshot");
                Some(pair)
            }
            (Err(_), None) => None,
            (real, model) => panic!(
                "snapshot {words:#x?} with {choices:?}\n crate: {:?}\n model: {}",
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

    /// Writes both; the effects that both have.
    pub fn write(&mut self, offset: usize, len: usize, value: u64) -> Vec<Effect> {
        let real = common::effects(self.real.write(common::access(offset, len), value));
        let model = self.model.write(offset, &common::data(value, len));
        assert_eq!(
            real, model,
            "write of {len} bytes, {value:#x}, at {offset:#x}: effects of crate (left) and model"
        );
        real
    }

    /// Resets both; the effects that both have.
    pub fn reset(&mut self, kind: Reset) -> Vec<Effect> {
        let real = common::effects(self.real.reset(common::reset(kind)));
        let model = self.model.reset(kind);
        assert_eq!(
            real, model,
            "reset {kind:?}: effects of crate (left) and model"
        );
        real
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
