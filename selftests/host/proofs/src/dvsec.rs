// SPDX-License-Identifier: GPL-2.0

//! The CXL Device DVSEC of the crate and of the model.

use crate::common;
use cxl_regs::{
    DvsecShadow,
    Effects, //
};
use model::{
    dvsec::Dvsec,
    Asks, //
};

/// Both, in the same state, and the device behind them.
#[derive(Clone)]
pub struct Pair {
    /// The crate's shadow.
    pub real: DvsecShadow,
    /// The model.
    pub model: Dvsec,
    /// What the device has now, as far as it answers.
    pub device: Vec<Option<u32>>,
}

/// The model's form of effects.
fn asks(effects: Effects) -> Asks {
    assert_eq!(effects.status & !0x4000, 0, "bits of Status");
    assert_eq!(effects.status2 & !0x0008, 0, "bits of Status2");
    Asks {
        disable_caching: effects.disable_caching,
        clear_viral: effects.status != 0,
        clear_volatile: effects.status2 != 0,
        write_back: effects.write_back,
        cxl_reset: effects.reset,
    }
}

impl Pair {
    /// Both made from a snapshot; [`None`] if both refuse it.
    ///
    /// # Panics
    ///
    /// Panics if only one of them does.
    pub fn new(words: &[u32]) -> Option<Pair> {
        match (DvsecShadow::from_snapshot(words), Dvsec::from_words(words)) {
            (Ok(real), Some(model)) => {
                let device = words.iter().copied().map(Some).collect();
                let mut pair = Pair {
                    real,
                    model,
                    device,
                };
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
    pub fn read(&mut self, offset: usize, len: usize) -> u64 {
        for at in (offset & !3..offset + len).step_by(4) {
            if let Some(Some(word)) = self.device.get(at / 4) {
                self.model.look(at, *word);
            }
        }
        let real = self.real.read(common::access(offset, len), |at| {
            self.device.get(usize::from(at) / 4).copied().flatten()
        });
        let model = common::value((offset..offset + len).map(|at| self.model.read_byte(at)));
        assert_eq!(
            real, model,
            "read of {len} bytes at {offset:#x}: crate {real:#x}, model {model:#x}"
        );
        real
    }

    /// Writes both.
    pub fn write(&mut self, offset: usize, len: usize, value: u64) {
        let real = self.real.write(common::access(offset, len), value);
        let model = self.model.write(offset, &common::data(value, len));
        assert_eq!(
            asks(real),
            model,
            "write of {len} bytes, {value:#x}, at {offset:#x}: effects of crate (left) and model"
        );
    }

    /// A CXL Reset that the guest asked for.
    pub fn reset(&mut self) {
        self.real.reset();
        self.model.reset();
    }

    /// A CXL Reset ends.
    pub fn complete_reset(&mut self, success: bool) {
        self.real.complete_reset(success);
        self.model.complete_reset(success);
    }

    /// Compares every byte, a few behind the end included.
    pub fn compare(&mut self, when: &str) {
        for offset in (0..0x48).step_by(8) {
            let value = self.read(offset, 8);
            let fields = self.real.fields().filter(|field| {
                let dword = usize::from(field.offset) / 4 * 4;
                dword == offset || dword == offset + 4
            });
            for field in fields {
                let at = 8 * (usize::from(field.offset) - offset) + usize::from(field.lo);
                let mask = (1 << (field.hi - field.lo + 1)) - 1;
                let bits = (value >> at) & mask;
                assert_eq!(u64::from(field.value), bits, "{when}: {field:?}");
            }
        }
    }
}
