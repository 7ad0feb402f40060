// SPDX-License-Identifier: GPL-2.0

//! Why something is not done, and what the person can do about it. There is no refusal without the second.

use serde::Serialize;
use std::fmt;

/// What stands in the way, and what to do about it.
#[derive(Clone, Debug, Serialize)]
pub struct Refusal {
    pub fact: String,
    pub advice: String,
}

impl Refusal {
    pub fn new(fact: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            fact: fact.into(),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  What to do: {}", self.fact, self.advice)
    }
}

pub type Result<T> = std::result::Result<T, Refusal>;
