// SPDX-License-Identifier: GPL-2.0

//! The Register Locator DVSEC (vendor 0x1e98, id 8; 8.1.9): in which BAR, and where in it, the
//! blocks of registers are.

use crate::{
    cm,
    dvsec::{
        header1,
        header2,
        VENDOR, //
    }, //
};
use core::fmt;

/// The number of dwords before the first entry.
const HEADER_DWORDS: usize = 3;

/// What a block of registers is.
///
/// ```
/// use cxl_regs::locator::BlockId;
///
/// assert_eq!(BlockId::from_raw(1), BlockId::Component);
/// assert_eq!(BlockId::from_raw(0x77), BlockId::Other(0x77));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockId {
    /// The entry is empty.
    Empty,
    /// Component registers: see [`cm`].
    Component,
    /// BAR virtualisation ACL.
    BarVirtualizationAcl,
    /// Memory device registers.
    MemoryDevice,
    /// Performance monitoring.
    Cpmu,
    /// Hotness monitoring.
    Chmu,
    /// Defined by the vendor.
    Vendor,
    /// Reserved.
    Other(u8),
}

impl BlockId {
    /// The block with the register block identifier `id`.
    ///
    /// ```
    /// # use cxl_regs::locator::BlockId;
    /// assert_eq!(BlockId::from_raw(0xff), BlockId::Vendor);
    /// ```
    pub const fn from_raw(id: u8) -> Self {
        match id {
            0 => Self::Empty,
            1 => Self::Component,
            2 => Self::BarVirtualizationAcl,
            3 => Self::MemoryDevice,
            4 => Self::Cpmu,
            5 => Self::Chmu,
            0xff => Self::Vendor,
            other => Self::Other(other),
        }
    }
}

/// Where a block of registers is.
///
/// ```
/// use cxl_regs::locator::{BlockId, Entry};
///
/// let entry = Entry::from_raw(0x0003_0102, 0x1);
/// assert_eq!(entry.bir, 2);
/// assert_eq!(entry.id, BlockId::Component);
/// assert_eq!(entry.offset, 0x1_0003_0000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The number of the BAR.
    pub bir: u8,
    /// What the block is.
    pub id: BlockId,
    /// The offset from the start of the BAR, a multiple of 64 KiB.
    pub offset: u64,
}

impl Entry {
    /// The entry with the dwords `low` and `high`.
    ///
    /// ```
    /// # use cxl_regs::locator::{BlockId, Entry};
    /// assert_eq!(Entry::from_raw(0, 0).id, BlockId::Empty);
    /// ```
    pub const fn from_raw(low: u32, high: u32) -> Self {
        let [first, id, ..] = low.to_le_bytes();
        Self {
            bir: first & 7,
            id: BlockId::from_raw(id),
            // CAST: both widen.
            offset: ((high as u64) << 32) | (low & 0xffff_0000) as u64,
        }
    }

    /// Checks that a component block lies in its BAR, which has `bar_len` bytes.
    ///
    /// ```
    /// # use cxl_regs::locator::{Entry, LocatorError};
    /// let entry = Entry::from_raw(0x0001_0100, 0);
    /// assert_eq!(entry.check(0x2_0000), Ok(()));
    /// let outside = LocatorError::Outside { bir: 0, offset: 0x1_0000, bar_len: 0x1_ffff };
    /// assert_eq!(entry.check(0x1_ffff), Err(outside));
    /// ```
    pub fn check(&self, bar_len: u64) -> Result<(), LocatorError> {
        let end = self.offset.checked_add(u64::from(cm::BLOCK_LEN));
        if end.is_some_and(|end| end <= bar_len) {
            Ok(())
        } else {
            Err(LocatorError::Outside {
                bir: self.bir,
                offset: self.offset,
                bar_len,
            })
        }
    }
}

/// Why a Register Locator DVSEC is refused.
///
/// ```
/// use cxl_regs::locator::LocatorError;
///
/// assert_eq!(
///     LocatorError::Bir { bir: 7 }.to_string(),
///     "register locator names BAR 7, which cannot exist"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocatorError {
    /// Fewer dwords were given than the header says there are.
    Short {
        /// The dwords needed.
        need: usize,
        /// The dwords given.
        have: usize,
    },
    /// A dword reads all-ones that cannot: the device is gone.
    AllOnes {
        /// The dword's offset.
        offset: usize,
    },
    /// The DVSEC belongs to another vendor.
    Vendor {
        /// Its vendor id.
        vendor: u32,
    },
    /// The DVSEC is another one of the CXL consortium.
    Id {
        /// Its id.
        id: u32,
    },
    /// The length is not that of a header with at least one entry.
    Length {
        /// The length in bytes.
        length: u32,
    },
    /// No entry is a component block.
    NoComponent,
    /// More than one entry is a component block.
    TwoComponents,
    /// A component block is in a BAR that cannot exist.
    Bir {
        /// The BAR's number.
        bir: u8,
    },
    /// A component block does not lie in its BAR.
    Outside {
        /// The BAR's number.
        bir: u8,
        /// The block's offset in it.
        offset: u64,
        /// The BAR's length.
        bar_len: u64,
    },
}

impl fmt::Display for LocatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Short { need, have } => {
                write!(
                    f,
                    "register locator has {need} dwords, snapshot only {have}"
                )
            }
            Self::AllOnes { offset } => {
                write!(f, "register locator reads all-ones at {offset:#04x}")
            }
            Self::Vendor { vendor } => write!(f, "DVSEC vendor is {vendor:#06x}, not 0x1e98"),
            Self::Id { id } => write!(f, "register locator id is {id}, not 8"),
            Self::Length { length } => write!(f, "register locator has length {length:#x}"),
            Self::NoComponent => f.write_str("register locator has no component block"),
            Self::TwoComponents => f.write_str("register locator has two component blocks"),
            Self::Bir { bir } => {
                write!(f, "register locator names BAR {bir}, which cannot exist")
            }
            Self::Outside {
                bir,
                offset,
                bar_len,
            } => write!(
                f,
                "component block at {offset:#x} is outside BAR {bir} of {bar_len:#x} bytes"
            ),
        }
    }
}

/// A Register Locator DVSEC with a valid header.
///
/// ```
/// use cxl_regs::locator::RegisterLocator;
///
/// let dwords = [
///     0, 0x01c0_1e98, 0x0000_0008, // headers: length 0x1c, id 8
///     0x0000_0304, 0, // memory device registers in BAR 4
///     0x0001_0100, 0, // component registers in BAR 0 at 64 KiB
/// ];
/// let locator = RegisterLocator::from_snapshot(&dwords).unwrap();
/// assert_eq!(locator.entries().count(), 2);
/// assert_eq!(locator.component().unwrap().offset, 0x1_0000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterLocator<'a> {
    /// Two dwords for each entry.
    entries: &'a [u32],
}

impl<'a> RegisterLocator<'a> {
    /// The locator that reads `hardware`, dword by dword from the PCI header on.
    ///
    /// ```
    /// # use cxl_regs::locator::{LocatorError, RegisterLocator};
    /// let error = RegisterLocator::from_snapshot(&[0, 0x0140_1e98, 0]).unwrap_err();
    /// assert_eq!(error, LocatorError::Id { id: 0 });
    /// ```
    pub fn from_snapshot(hardware: &'a [u32]) -> Result<Self, LocatorError> {
        let &[_, dword1, dword2, ..] = hardware else {
            return Err(LocatorError::Short {
                need: HEADER_DWORDS,
                have: hardware.len(),
            });
        };
        if dword1 == u32::MAX {
            return Err(LocatorError::AllOnes { offset: 4 });
        }
        let vendor = header1::VENDOR_ID.get(dword1);
        if vendor != VENDOR {
            return Err(LocatorError::Vendor { vendor });
        }
        let id = header2::ID.get(dword2);
        if id != 8 {
            return Err(LocatorError::Id { id });
        }
        let length = header1::LENGTH.get(dword1);
        // CAST: widens.
        let need = (length >> 2) as usize;
        // Bytes 0x0c + 8n, n at least 1.
        if length & 7 != 4 || need <= HEADER_DWORDS {
            return Err(LocatorError::Length { length });
        }
        let Some(entries) = hardware.get(HEADER_DWORDS..need) else {
            return Err(LocatorError::Short {
                need,
                have: hardware.len(),
            });
        };
        // The low dword of an entry has reserved bits.
        for (dword, entry) in (HEADER_DWORDS..need)
            .step_by(2)
            .zip(entries.chunks_exact(2))
        {
            if entry.first() == Some(&u32::MAX) {
                return Err(LocatorError::AllOnes {
                    offset: dword.wrapping_mul(4),
                });
            }
        }
        Ok(Self { entries })
    }

    /// The entries, empty ones included.
    ///
    /// ```
    /// # use cxl_regs::locator::{BlockId, RegisterLocator};
    /// let dwords = [0, 0x0140_1e98, 0x0000_0008, 0, 0];
    /// let locator = RegisterLocator::from_snapshot(&dwords).unwrap();
    /// assert_eq!(locator.entries().next().unwrap().id, BlockId::Empty);
    /// ```
    pub fn entries(&self) -> impl Iterator<Item = Entry> + 'a {
        self.entries.chunks_exact(2).filter_map(|dwords| {
            let &[low, high] = dwords else {
                return None;
            };
            Some(Entry::from_raw(low, high))
        })
    }

    /// The one component block. Whether it lies in its BAR is for [`Entry::check`] to say.
    ///
    /// ```
    /// # use cxl_regs::locator::{LocatorError, RegisterLocator};
    /// let dwords = [0, 0x0140_1e98, 0x0000_0008, 0x0000_0304, 0];
    /// let locator = RegisterLocator::from_snapshot(&dwords).unwrap();
    /// assert_eq!(locator.component(), Err(LocatorError::NoComponent));
    /// ```
    pub fn component(&self) -> Result<Entry, LocatorError> {
        let mut components = self.entries().filter(|e| e.id == BlockId::Component);
        let entry = components.next().ok_or(LocatorError::NoComponent)?;
        if components.next().is_some() {
            return Err(LocatorError::TwoComponents);
        }
        if entry.bir > 5 {
            return Err(LocatorError::Bir { bir: entry.bir });
        }
        Ok(entry)
    }
}
