// SPDX-License-Identifier: GPL-2.0

//! What the caller has to perform after a guest's write to a shadow.
//!
//! A shadow changes itself and nothing else. Most writes are the guest's own affair: the decoders
//! that it commits are its view of one that firmware committed. What reaches the device is two
//! doorbells, one switch, and the clearing of status bits that the device would keep.

use core::ffi::CStr;

/// What became of the shadow, for the trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is as it was.
    #[default]
    Unchanged,
    /// Some of its bits changed.
    Changed,
    /// A decoder decodes from now on.
    Committed,
    /// A decoder was asked to commit and answered Error Not Committed.
    NotCommitted,
    /// A decoder stopped decoding.
    Released,
}

/// The effects of one write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "a shadow performs nothing: the caller has to"]
pub struct Effects {
    /// What became of the shadow.
    pub outcome: Outcome,
    /// Control2, Disable_Caching: the new value, if it changed.
    pub disable_caching: Option<bool>,
    /// The bits of Status that the guest cleared.
    pub status: u16,
    /// The bits of Status2 that the guest cleared.
    pub status2: u16,
    /// Control2, Initiate_Cache_Write_Back_and_Invalidate: to be performed.
    pub write_back: bool,
    /// Control2, Initiate_CXL_Reset: to be performed; whether it clears the memory. Afterwards call
    /// `reset` of every shadow, then
    /// [`complete_reset`](crate::dvsec::DvsecShadow::complete_reset).
    pub reset: Option<bool>,
}

impl Effects {
    /// A write that did nothing.
    pub const NONE: Effects = Effects {
        outcome: Outcome::Unchanged,
        disable_caching: None,
        status: 0,
        status2: 0,
        write_back: false,
        reset: None,
    };

    /// The effects in a word.
    pub const fn word(&self) -> &'static CStr {
        match (self.reset, self.write_back, self.outcome) {
            (Some(_), _, _) => c"reset",
            (None, true, _) => c"write back",
            (None, false, Outcome::Unchanged) => c"none",
            (None, false, Outcome::Changed) => c"changed",
            (None, false, Outcome::Committed) => c"committed",
            (None, false, Outcome::NotCommitted) => c"commit failed",
            (None, false, Outcome::Released) => c"released",
        }
    }
}
