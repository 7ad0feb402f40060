// SPDX-License-Identifier: GPL-2.0

//! Replays the tables.

use super::{
    cases,
    refusals,
    Case,
    Refusal,
    Refused, //
};
use crate::{
    access::Access,
    effect::Effect, //
};
use core::fmt;

/// What differs from a table's row.
///
/// ```
/// use cxl_regs::vectors::Fact;
///
/// let fact = Fact::After { expected: 0x600, found: 0xa00 };
/// assert_eq!(fact.to_string(), "reads 0xa00 after, not 0x600");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The snapshot was refused.
    Refused(Refused),
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
    /// Another effect was returned.
    Effect {
        /// The row's; `None` if there are no more.
        expected: Option<Effect>,
        /// The shadow's; `None` if there are no more.
        found: Option<Effect>,
    },
    /// The snapshot was not refused, or for another reason.
    NotRefused {
        /// The row's reason.
        expected: Refused,
        /// The reason given.
        found: Option<Refused>,
    },
}

impl fmt::Display for Fact {
    #[inline]
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
            Self::Effect { expected, found } => {
                write!(f, "effect is {found:x?}, not {expected:x?}")
            }
            Self::NotRefused { expected, found } => {
                write!(f, "refusal is {found:x?}, not {expected:x?}")
            }
        }
    }
}

/// A row that failed.
///
/// ```
/// use cxl_regs::vectors::{Fact, Failure};
///
/// let failure = Failure { index: 3, section: "8.1.3.2", what: "locked", fact: Fact::Access };
/// assert_eq!(failure.to_string(), "3: 8.1.3.2: locked: no such access");
/// ```
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
    #[inline]
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
///
/// ```
/// match cxl_regs::vectors::replay() {
///     Ok(rows) => println!("{rows} rows"),
///     Err(failure) => panic!("{failure}"),
/// }
/// ```
#[inline]
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
    ///
    /// ```
    /// use cxl_regs::vectors::{self, Case, Fact};
    ///
    /// let case = *vectors::cases().next().unwrap();
    /// assert_eq!(case.replay(), Ok(()));
    ///
    /// let wrong = Case { before: !case.before, ..case };
    /// let expected = Fact::Before { expected: !case.before, found: case.before };
    /// assert_eq!(wrong.replay(), Err(expected));
    /// ```
    #[inline]
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

        let mut effects = shadow.perform(self.step);
        let found = shadow.read(look);
        if found != self.after {
            let expected = self.after;
            return Err(Fact::After { expected, found });
        }
        let mut expected = self.effects.iter().copied();
        loop {
            match (expected.next(), effects.next()) {
                (None, None) => return Ok(()),
                (expected, found) if expected != found => {
                    return Err(Fact::Effect { expected, found });
                }
                _ => {}
            }
        }
    }
}

impl Refusal {
    /// Replays the refusal.
    ///
    /// ```
    /// # use cxl_regs::vectors;
    /// for refusal in vectors::refusals() {
    ///     assert_eq!(refusal.replay(), Ok(()), "{}", refusal.what);
    /// }
    /// ```
    #[inline]
    pub fn replay(&self) -> Result<(), Fact> {
        let found = self.start.shadow().err();
        if found == Some(self.error) {
            return Ok(());
        }
        Err(Fact::NotRefused {
            expected: self.error,
            found,
        })
    }
}
