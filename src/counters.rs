// SPDX-License-Identifier: GPL-2.0

//! What happened at a device's window since it was bound.

#![forbid(unsafe_code)]

use crate::{
    ffi::vma::{
        PAGE_SHIFT,
        PMD_SHIFT,
        PUD_SHIFT, //
    },
    gate::Cause,
    named::named, //
};
use core::fmt;
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
};

/// Page-table levels: the orders of their mappings, and names.
const LEVELS: [(u32, &str); 3] = [
    (0, "pte"),
    (PMD_SHIFT - PAGE_SHIFT, "pmd"),
    (PUD_SHIFT - PAGE_SHIFT, "pud"),
];

named! {
    /// What is counted beside faults and refusals.
    enum Event {
        BytesCopied => c"bytes copied",
        Looks => c"looks at hardware",
        BytesCleared => c"bytes cleared",
        Resets => c"resets",
        ErrorsCorrected => c"errors corrected",
        ErrorsUncorrectable => c"errors uncorrectable",
        RasCorrected => c"RAS corrected",
        RasUncorrectable => c"RAS uncorrectable",
    }
}

/// Counters, which wrap.
pub(crate) struct Counters {
    faults: [Atomic<u64>; LEVELS.len()],
    refused: [Atomic<u64>; Cause::VALUES.len()],
    events: [Atomic<u64>; Event::VALUES.len()],
}

fn add(counter: Option<&Atomic<u64>>, count: u64) {
    if let Some(counter) = counter {
        counter.fetch_add(count, Relaxed);
    }
}

impl Counters {
    /// All zero.
    pub(crate) fn new() -> Self {
        Self {
            faults: core::array::from_fn(|_| Atomic::new(0)),
            refused: core::array::from_fn(|_| Atomic::new(0)),
            events: core::array::from_fn(|_| Atomic::new(0)),
        }
    }

    /// A fault was answered with a mapping of this order.
    pub(crate) fn mapped(&self, order: u32) {
        let level = LEVELS.iter().position(|(level, _)| *level == order);
        add(level.and_then(|level| self.faults.get(level)), 1);
    }

    /// An access was refused.
    pub(crate) fn refused(&self, cause: Cause) {
        add(self.refused.get(cause.index()), 1);
    }

    /// Something happened.
    pub(crate) fn count(&self, event: Event) {
        self.add(event, 1);
    }

    /// Something happened so many times.
    pub(crate) fn add(&self, event: Event, count: u64) {
        add(self.events.get(event.index()), count);
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((_, name), counter) in LEVELS.iter().zip(&self.faults) {
            writeln!(f, "faults {name}: {}", counter.load(Relaxed))?;
        }
        for (cause, counter) in Cause::VALUES.iter().zip(&self.refused) {
            let name = cause.name().to_str().map_err(|_| fmt::Error)?;
            writeln!(f, "refused {name}: {}", counter.load(Relaxed))?;
        }
        for (event, counter) in Event::VALUES.iter().zip(&self.events) {
            let name = event.name().to_str().map_err(|_| fmt::Error)?;
            writeln!(f, "{name}: {}", counter.load(Relaxed))?;
        }
        Ok(())
    }
}
