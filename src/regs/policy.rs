// SPDX-License-Identifier: GPL-2.0

//! The decisions that the specification leaves open, or on which its readers disagree.
//!
//! Decisions about a single field are rows of the register tables ([`dvsec::REGISTERS`],
//! [`hdm::HEADER`], [`hdm::DECODER`]) with the alternative named beside them. Those about behaviour
//! are the rows of [`Policy::DEFAULT`].
//!
//! [`dvsec::REGISTERS`]: crate::dvsec::REGISTERS
//! [`hdm::HEADER`]: crate::hdm::HEADER
//! [`hdm::DECODER`]: crate::hdm::DECODER

/// One answer for every open question.
///
/// ```
/// use cxl_regs::policy::Policy;
///
/// // What a module parameter for compatibility with the v3 series would select.
/// let v3 = Policy { release_locked: true, ..Policy::DEFAULT };
/// assert!(!Policy::DEFAULT.release_locked);
/// assert!(v3.release_in_order);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Clearing COMMIT releases even a locked decoder, and clears its LOCK_ON_COMMIT.
    pub release_locked: bool,
    /// Decoder n is released only while n + 1 is not committed.
    pub release_in_order: bool,
    /// The base of an interleaved decoder is a multiple of 256 MiB times its ways.
    pub base_aligned_to_ways: bool,
    /// What a lock protects outlives a CXL Reset.
    pub locks_survive_cxl_reset: bool,
}

impl Policy {
    /// The rows.
    ///
    /// ```
    /// # use cxl_regs::policy::Policy;
    /// assert_eq!(Policy::default(), Policy::DEFAULT);
    /// ```
    pub const DEFAULT: Policy = Policy {
        // Hardware keeps a locked decoder committed until reset (8.2.4.20.7). Alternative: true,
        // what the v3 series of the kernel patches did.
        release_locked: false,
        // [M] A release out of order is ignored. Alternative: false, it takes effect and
        // leaves a gap below a committed decoder.
        release_in_order: true,
        // [M] Alternative: false, 256 MiB whatever the number of ways. The size is always a
        // multiple of both.
        base_aligned_to_ways: true,
        // [M] CONFIG_LOCK with what it freezes, and the locked decoders with all that lie below
        // them. Alternative: false, CXL Reset clears them as a conventional reset does.
        locks_survive_cxl_reset: true,
    };
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
