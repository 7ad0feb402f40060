// SPDX-License-Identifier: GPL-2.0

//! The CXL Device DVSEC of the crate and of the model.

use crate::common;
use cxl_regs::dvsec::{
    DvsecShadow,
    Status, //
};
use model::{
    dvsec::Dvsec,
    Choices,
    Effect,
    Reset, //
};

/// Both, in the same state.
#[derive(Clone)]
pub struct Pair {
    /// The crate's shadow.
    pub real: DvsecShadow,
    /// The model.
    pub model: Dvsec,
}

impl Pair {
    /// Both made from a snapshot; [`None`] if both refuse it.
    ///
    /// # Panics
    ///
    /// Panics if only one of them does.
    pub fn new(words: &[u32], choices: Choices) -> Option<Pair> {
        let real = DvsecShadow::from_snapshot(words, common::policy(choices));
        let model = Dvsec::from_words(words, choices);
        match (real, model) {
            (Ok(real), Some(model)) => {
                let pair = Pair { real, model };
                pair.compare("after the snapshot");
                Some(pair)
            }
            (Err(_), None) => None,
            (real, model) => panic!(
                "snapshot {words:#x?}\n crate: {:?}\n model: {}",
                real.err(),
                if model.is_some() { "taken" } else { "refused" },
            ),
        }
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

    /// Completes what a doorbell started, or raises a status bit: one of five events.
    pub fn event(&mut self, event: usize) {
        match event % 5 {
            0 => {
                self.real.complete_write_back();
                self.model.complete_write_back();
            }
            1 | 2 => {
                self.real.complete_reset(event % 5 == 1);
                self.model.complete_reset(event % 5 == 1);
            }
            3 => {
                self.real.raise(Status::Viral);
                self.model.raise_viral();
            }
            _ => {
                self.real.raise(Status::VolatilePreservation);
                self.model.raise_volatile();
            }
        }
    }

    /// Gives both a later snapshot; whether they took it.
    pub fn refresh(&mut self, words: &[u32]) -> bool {
        let real = self.real.refresh(words);
        let model = self.model.refresh(words);
        assert_eq!(real.is_ok(), model, "refresh {words:#x?}: crate {real:?}");
        model
    }

    /// Compares every byte, a few behind the end included.
    pub fn compare(&self, when: &str) {
        for offset in (0..0x48).step_by(8) {
            let real = self.real.read(common::access(offset, 8));
            let model = common::value((offset..offset + 8).map(|at| self.model.read_byte(at)));
            assert_eq!(
                real, model,
                "{when}: 8 bytes at {offset:#x}: crate {real:#x}, model {model:#x}"
            );
        }
    }
}
