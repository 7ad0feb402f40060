// SPDX-License-Identifier: GPL-2.0

//! Replays the tables.

use super::{
    cases,
    refusals,
    Case,
    Refusal, //
};
use core::fmt;
use cxl_regs::{
    Access,
    Effects,
    Unfit, //
};

/// What differs from a table's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The snapshot was refused.
    Refused(Unfit),
    /// The row's access is none.
    Access,
    /// Another value was read before the step.
    Before {
        /// The row's.
        expected: u64,
        /// The shadow's.
        found: u64,
    },
    /// Another value was read after the step.
    After {
        /// The row's.
        expected: u64,
        /// The shadow's.
        found: u64,
    },
    /// Other effects were returned.
    Effects {
        /// The row's.
        expected: Effects,
        /// The shadow's.
        found: Effects,
    },
    /// The snapshot was not refused, or for another reason.
    NotRefused {
        /// The row's reason: an offset and a value.
        expected: (u32, u64),
        /// The reason given.
        found: Option<Unfit>,
    },
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "snapshot refused: {error:?}"),
            Self::Access => f.write_str("no such access"),
            Self::Before { expected, found } => {
                write!(f, "reads {found:#x} before, not {expected:#x}")
            }
            Self::After { expected, found } => {
                write!(f, "reads {found:#x} after, not {expected:#x}")
            }
            Self::Effects { expected, found } => {
                write!(f, "effects are {found:x?}, not {expected:x?}")
            }
            Self::NotRefused { expected, found } => {
                write!(f, "refusal is {found:x?}, not {expected:x?}")
            }
        }
    }
}

/// A row that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its number: cases first, then refusals.
    pub index: usize,
    /// Its section.
    pub section: &'static str,
    /// Its words.
    pub what: &'static str,
    /// What differs.
    pub fact: Fact,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            index,
            section,
            what,
            fact,
        } = self;
        write!(f, "{index}: {section}: {what}: {fact}")
    }
}

/// Replays every case and every refusal; returns their number, or the first that fails.
pub fn replay() -> Result<usize, Failure> {
    let mut index = 0usize;
    for case in cases() {
        case.replay().map_err(|fact| Failure {
            index,
            section: case.section,
            what: case.what,
            fact,
        })?;
        index = index.wrapping_add(1);
    }
    for refusal in refusals() {
        refusal.replay().map_err(|fact| Failure {
            index,
            section: refusal.section,
            what: refusal.what,
            fact,
        })?;
        index = index.wrapping_add(1);
    }
    Ok(index)
}

impl Case {
    /// Replays the case.
    pub fn replay(&self) -> Result<(), Fact> {
        let mut shadow = self.start.shadow().map_err(Fact::Refused)?;
        for &step in self.setup {
            let _ = shadow.perform(step);
        }

        let look = Access::new(self.look.0, self.look.1).ok_or(Fact::Access)?;
        let found = shadow.read(look);
        if found != self.before {
            let expected = self.before;
            return Err(Fact::Before { expected, found });
        }

        let effects = shadow.perform(self.step);
        let found = shadow.read(look);
        if found != self.after {
            let expected = self.after;
            return Err(Fact::After { expected, found });
        }
        if effects != self.effects {
            return Err(Fact::Effects {
                expected: self.effects,
                found: effects,
            });
        }
        Ok(())
    }
}

impl Refusal {
    /// Replays the refusal.
    pub fn replay(&self) -> Result<(), Fact> {
        let found = self.start.shadow().err();
        let facts = found.map(|unfit| (unfit.offset, unfit.found));
        if facts == Some(self.unfit) {
            return Ok(());
        }
        Err(Fact::NotRefused {
            expected: self.unfit,
            found,
        })
    }
}
