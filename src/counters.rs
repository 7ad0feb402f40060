// SPDX-License-Identifier: GPL-2.0

//! What happened at a device's window since it was bound.

#![forbid(unsafe_code)]

use crate::{
    ffi::vma::PAGES,
    gate::Reason, //
};
use core::fmt;
use cxl_regs::map::Level;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// Page-table levels: the orders of their mappings, and names.
const LEVELS: [(u32, &str); 3] = [
    (PAGES.order(Level::Pte), "pte"),
    (PAGES.order(Level::Pmd), "pmd"),
    (PAGES.order(Level::Pud), "pud"),
];

/// Counters, which wrap.
pub(crate) struct Counters {
    faults: [Atomic<u64>; LEVELS.len()],
    refused: [Atomic<u64>; Reason::CAUSES.len()],
    bytes: Atomic<u64>,
    resets: Atomic<u64>,
    corrected: Atomic<u64>,
    uncorrectable: Atomic<u64>,
    ras_corrected: Atomic<u64>,
    ras_uncorrectable: Atomic<u64>,
}

fn add(counter: &Atomic<u64>, count: u64) {
    counter.fetch_add(count, Relaxed);
}

impl Counters {
    /// All zero.
    pub(crate) fn new() -> Self {
        Self {
            faults: core::array::from_fn(|_| Atomic::new(0)),
            refused: core::array::from_fn(|_| Atomic::new(0)),
            bytes: Atomic::new(0),
            resets: Atomic::new(0),
            corrected: Atomic::new(0),
            uncorrectable: Atomic::new(0),
            ras_corrected: Atomic::new(0),
            ras_uncorrectable: Atomic::new(0),
        }
    }

    /// A fault was answered with a mapping of this order.
    pub(crate) fn mapped(&self, order: u32) {
        let levels = LEVELS.iter().zip(&self.faults);
        for (_, counter) in levels.filter(|((level, _), _)| *level == order) {
            add(counter, 1);
        }
    }

    /// An access was refused.
    pub(crate) fn refused(&self, reason: Reason) {
        if let Some(counter) = self.refused.get(reason.cause()) {
            add(counter, 1);
        }
    }

    /// Bytes were copied by read or write.
    pub(crate) fn copied(&self, bytes: usize) {
        // CAST: Widening.
        add(&self.bytes, bytes as u64);
    }

    /// The function was reset.
    pub(crate) fn reset(&self) {
        add(&self.resets, 1);
    }

    /// The function reported an error that the hardware corrected.
    pub(crate) fn corrected(&self) {
        add(&self.corrected, 1);
    }

    /// The function reported an error that it may not survive.
    pub(crate) fn uncorrectable(&self) {
        add(&self.uncorrectable, 1);
    }

    /// The RAS Capability had errors that were corrected.
    pub(crate) fn ras_corrected(&self) {
        add(&self.ras_corrected, 1);
    }

    /// The RAS Capability had errors that were not.
    pub(crate) fn ras_uncorrectable(&self) {
        add(&self.ras_uncorrectable, 1);
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((_, name), counter) in LEVELS.iter().zip(&self.faults) {
            writeln!(f, "faults {name}: {}", counter.load(Relaxed))?;
        }
        for (name, counter) in Reason::CAUSES.iter().zip(&self.refused) {
            let name = name.to_str().unwrap_or("unknown");
            writeln!(f, "refused {name}: {}", counter.load(Relaxed))?;
        }
        writeln!(f, "bytes copied: {}", self.bytes.load(Relaxed))?;
        writeln!(f, "resets: {}", self.resets.load(Relaxed))?;
        for (name, counter) in [
            ("errors corrected", &self.corrected),
            ("errors uncorrectable", &self.uncorrectable),
            ("RAS corrected", &self.ras_corrected),
            ("RAS uncorrectable", &self.ras_uncorrectable),
        ] {
            writeln!(f, "{name}: {}", counter.load(Relaxed))?;
        }
        Ok(())
    }
}
