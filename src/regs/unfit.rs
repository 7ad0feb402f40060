// SPDX-License-Identifier: GPL-2.0

//! What is wrong with what a device returned for its registers: where it was read, what was read,
//! and what was expected there.

use core::fmt;

/// Which registers a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Block {
    /// The CXL Device DVSEC.
    Dvsec,
    /// The Register Locator DVSEC.
    Locator,
    /// The capability array of the CXL.cache and CXL.mem registers.
    Array,
    /// The HDM Decoder Capability.
    Hdm,
}

impl Block {
    const fn name(self) -> &'static str {
        match self {
            Block::Dvsec => "CXL DVSEC",
            Block::Locator => "register locator",
            Block::Array => "capability array",
            Block::Hdm => "HDM decoders",
        }
    }

    /// That the snapshot ends before the register at `offset`.
    pub(crate) const fn short(self, offset: usize, have: usize) -> Unfit {
        // CAST: no block has 4 GiB, and a usize fits.
        self.unfit(offset as u32, have as u64, "more dwords than these")
    }

    /// That the dword number `dword` reads all-ones although it cannot: the device is gone, was
    /// never there, or decodes no accesses.
    pub(crate) const fn all_ones(self, dword: usize) -> Unfit {
        // CAST: no block has 4 GiB.
        self.unfit((dword << 2) as u32, 0xffff_ffff, "a device that answers")
    }

    pub(crate) const fn unfit(self, offset: u32, found: u64, expected: &'static str) -> Unfit {
        Unfit {
            block: self,
            offset,
            found,
            expected,
        }
    }
}

/// A snapshot that is refused.
///
/// ```
/// use cxl_regs::hdm::{HdmShadow, Options};
///
/// let unfit = HdmShadow::from_snapshot(&[0xf; 12], Options::default()).unwrap_err();
/// assert_eq!(unfit.to_string(), "HDM decoders: 0xf at 0x000, expected a number of decoders");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unfit {
    /// The registers.
    pub block: Block,
    /// The offset in them.
    pub offset: u32,
    /// What was read, or made of it.
    pub found: u64,
    /// What was expected.
    pub expected: &'static str,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            block,
            offset,
            found,
            expected,
        } = self;
        let name = block.name();
        write!(
            f,
            "{name}: {found:#x} at {offset:#05x}, expected {expected}"
        )
    }
}
