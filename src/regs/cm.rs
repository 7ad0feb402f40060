// SPDX-License-Identifier: GPL-2.0

//! The component register block (8.2.3): 64 KiB in a BAR, of which 4 KiB hold the CXL.cache/mem
//! registers (8.2.4). These start with an array that says where each capability is.
//!
//! [`CapabilityArray`] is that array, checked; [`ComponentMap`] tells what an offset into the
//! block belongs to, so that an access reaches the right shadow.

mod map;

pub use self::map::{
    ComponentMap,
    Part,
    Place, //
};

use crate::access::Access;
use core::fmt;

/// The length of the component block.
///
/// ```
/// assert_eq!(cxl_regs::cm::BLOCK_LEN, 64 << 10);
/// ```
pub const BLOCK_LEN: u32 = 0x1_0000;

/// Where the CXL.cache/mem registers start in the component block.
///
/// ```
/// assert_eq!(cxl_regs::cm::CACHEMEM_OFFSET, 0x1000);
/// ```
pub const CACHEMEM_OFFSET: u32 = 0x1000;

/// The length of the CXL.cache/mem registers.
///
/// ```
/// assert_eq!(cxl_regs::cm::CACHEMEM_LEN, 0x1000);
/// ```
pub const CACHEMEM_LEN: u32 = 0x1000;

/// The largest number of dwords of a capability array, its header included.
///
/// ```
/// assert_eq!(cxl_regs::cm::ARRAY_DWORDS, 1 + 255);
/// ```
pub const ARRAY_DWORDS: usize = 256;

/// Capability id: RAS.
///
/// ```
/// assert_eq!(cxl_regs::cm::RAS, 2);
/// ```
pub const RAS: u16 = 2;

/// Capability id: link.
///
/// ```
/// assert_eq!(cxl_regs::cm::LINK, 4);
/// ```
pub const LINK: u16 = 4;

/// Capability id: HDM decoders.
///
/// ```
/// assert_eq!(cxl_regs::cm::HDM_DECODER, 5);
/// ```
pub const HDM_DECODER: u16 = 5;

/// Capability id: extended security.
///
/// ```
/// assert_eq!(cxl_regs::cm::EXTENDED_SECURITY, 6);
/// ```
pub const EXTENDED_SECURITY: u16 = 6;

/// Capability id: snoop filter.
///
/// ```
/// assert_eq!(cxl_regs::cm::SNOOP_FILTER, 8);
/// ```
pub const SNOOP_FILTER: u16 = 8;

/// Capability id: back-invalidate route table.
///
/// ```
/// assert_eq!(cxl_regs::cm::BI_ROUTE_TABLE, 11);
/// ```
pub const BI_ROUTE_TABLE: u16 = 11;

/// Capability id: back-invalidate decoder.
///
/// ```
/// assert_eq!(cxl_regs::cm::BI_DECODER, 12);
/// ```
pub const BI_DECODER: u16 = 12;

/// An element of the capability array.
///
/// ```
/// use cxl_regs::cm::{self, Capability};
///
/// let ras = Capability::from_raw(0x0802_0002);
/// assert_eq!((ras.id, ras.version, ras.offset), (cm::RAS, 2, 0x080));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capability {
    /// What the capability is; 0 for an element to be skipped.
    pub id: u16,
    /// The version of its registers.
    pub version: u8,
    /// Where they are, from the start of the CXL.cache/mem registers.
    pub offset: u16,
}

impl Capability {
    /// The capability of the element `word`.
    ///
    /// ```
    /// # use cxl_regs::cm::{self, Capability};
    /// assert_eq!(Capability::from_raw(0x1001_0005).id, cm::HDM_DECODER);
    /// ```
    pub const fn from_raw(word: u32) -> Self {
        // CAST: each keeps just its field.
        Self {
            id: (word & 0xffff) as u16,
            version: ((word >> 16) & 0xf) as u8,
            offset: (word >> 20) as u16,
        }
    }
}

/// Why a capability array, or what it points to, is refused.
///
/// ```
/// use cxl_regs::cm::ArrayError;
///
/// let error = ArrayError::Pointer { id: 5, offset: 0x004 };
/// assert_eq!(error.to_string(), "capability 5 points to 0x004, which is not a place for it");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArrayError {
    /// Fewer dwords were given than the header says there are.
    Short {
        /// The dwords needed.
        need: usize,
        /// The dwords given.
        have: usize,
    },
    /// A dword reads all-ones: the device is gone, or decodes no memory accesses.
    AllOnes {
        /// The dword's offset from the array's start.
        offset: usize,
    },
    /// The header is not that of a capability array.
    Header {
        /// The capability id in it.
        id: u16,
    },
    /// A capability is not dword aligned, or starts inside the array.
    Pointer {
        /// The capability's id.
        id: u16,
        /// Where its element points.
        offset: u16,
    },
    /// A capability is there twice.
    Duplicate {
        /// Its id.
        id: u16,
    },
    /// The array has no HDM decoder capability.
    NoHdm,
    /// The HDM decoders do not end inside the CXL.cache/mem registers.
    HdmOutside {
        /// Where they start.
        offset: u16,
        /// How many bytes they take.
        len: u32,
    },
    /// A capability starts inside the HDM decoders.
    InsideHdm {
        /// The capability's id.
        id: u16,
        /// Where it starts.
        offset: u16,
    },
}

impl fmt::Display for ArrayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Short { need, have } => {
                write!(
                    f,
                    "capability array has {need} dwords, snapshot only {have}"
                )
            }
            Self::AllOnes { offset } => {
                write!(f, "capability array reads all-ones at {offset:#05x}")
            }
            Self::Header { id } => write!(f, "capability array has id {id}, not 1"),
            Self::Pointer { id, offset } => write!(
                f,
                "capability {id} points to {offset:#05x}, which is not a place for it"
            ),
            Self::Duplicate { id } => write!(f, "capability {id} is there twice"),
            Self::NoHdm => f.write_str("capability array has no HDM decoder capability"),
            Self::HdmOutside { offset, len } => write!(
                f,
                "HDM decoders at {offset:#05x} of {len:#x} bytes leave the CXL.cache/mem registers"
            ),
            Self::InsideHdm { id, offset } => {
                write!(
                    f,
                    "capability {id} at {offset:#05x} is inside the HDM decoders"
                )
            }
        }
    }
}

/// A snapshot of the capability array. It is read-only.
///
/// ```
/// use cxl_regs::{access::Access, cm::{self, CapabilityArray}};
///
/// let hardware = [0x0211_0001, 0x0801_0002, 0x1001_0005]; // header, RAS, HDM decoders
/// let array = CapabilityArray::from_snapshot(&hardware).unwrap();
/// assert_eq!(array.find(cm::HDM_DECODER).unwrap().offset, 0x100);
/// assert!(array.find(cm::LINK).is_none());
/// assert_eq!(array.read(Access::new(0x8, 4).unwrap()), 0x1001_0005);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CapabilityArray {
    /// Those after the last element are zero.
    words: [u32; ARRAY_DWORDS],
    /// The header and the elements.
    dwords: u16,
}

impl CapabilityArray {
    /// The number of dwords of the array whose first dword reads `header`: how many a snapshot
    /// needs.
    ///
    /// ```
    /// # use cxl_regs::cm::CapabilityArray;
    /// assert_eq!(CapabilityArray::dwords(0x0211_0001), 3);
    /// ```
    pub const fn dwords(header: u32) -> usize {
        let [.., elements] = header.to_le_bytes();
        // CAST: widens.
        (elements as usize).wrapping_add(1)
    }

    /// The array that reads `hardware`, dword by dword from the start of the CXL.cache/mem
    /// registers. More dwords than the array has are ignored.
    ///
    /// ```
    /// # use cxl_regs::cm::{ArrayError, CapabilityArray};
    /// let error = CapabilityArray::from_snapshot(&[0x0111_0002, 0]).unwrap_err();
    /// assert_eq!(error, ArrayError::Header { id: 2 });
    /// ```
    pub fn from_snapshot(hardware: &[u32]) -> Result<Self, ArrayError> {
        let short = |need| ArrayError::Short {
            need,
            have: hardware.len(),
        };
        let &[header, ..] = hardware else {
            return Err(short(1));
        };
        let need = Self::dwords(header);
        let id = Capability::from_raw(header).id;
        if header == u32::MAX {
            return Err(ArrayError::AllOnes { offset: 0 });
        }
        if id != 1 {
            return Err(ArrayError::Header { id });
        }
        let Some(hardware) = hardware.get(..need) else {
            return Err(short(need));
        };
        let mut array = Self {
            words: [0; ARRAY_DWORDS],
            // At most ARRAY_DWORDS.
            dwords: u16::try_from(need).unwrap_or(0),
        };
        for (dword, (word, &value)) in (0..need).zip(array.words.iter_mut().zip(hardware)) {
            if value == u32::MAX {
                return Err(ArrayError::AllOnes {
                    offset: dword.wrapping_mul(4),
                });
            }
            *word = value;
        }
        array.check()?;
        Ok(array)
    }

    fn check(&self) -> Result<(), ArrayError> {
        for Capability { id, offset, .. } in self.capabilities() {
            if offset & 3 != 0 || offset < self.len() {
                return Err(ArrayError::Pointer { id, offset });
            }
            let mut same = self.capabilities().filter(|other| other.id == id);
            if same.next().is_some() && same.next().is_some() {
                return Err(ArrayError::Duplicate { id });
            }
        }
        Ok(())
    }

    /// The length in bytes.
    ///
    /// ```
    /// # use cxl_regs::cm::CapabilityArray;
    /// let array = CapabilityArray::from_snapshot(&[0x0111_0001, 0x0801_0002]).unwrap();
    /// assert_eq!(array.len(), 8);
    /// ```
    #[expect(clippy::len_without_is_empty)] // There is always a header.
    pub const fn len(&self) -> u16 {
        self.dwords << 2
    }

    /// The capabilities; elements with id 0 are skipped.
    ///
    /// ```
    /// # use cxl_regs::cm::CapabilityArray;
    /// let array = CapabilityArray::from_snapshot(&[0x0211_0001, 0, 0x0801_0002]).unwrap();
    /// assert_eq!(array.capabilities().count(), 1);
    /// ```
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> + '_ {
        self.words
            .get(1..usize::from(self.dwords))
            .unwrap_or(&[])
            .iter()
            .map(|&word| Capability::from_raw(word))
            .filter(|capability| capability.id != 0)
    }

    /// The capability `id`, if it is there.
    ///
    /// ```
    /// # use cxl_regs::cm::{self, CapabilityArray};
    /// let array = CapabilityArray::from_snapshot(&[0x0111_0001, 0x0801_0002]).unwrap();
    /// assert_eq!(array.find(cm::RAS).unwrap().offset, 0x80);
    /// ```
    pub fn find(&self, id: u16) -> Option<Capability> {
        self.capabilities().find(|capability| capability.id == id)
    }

    /// What a guest reads: the bytes of `at`, the first one lowest.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, cm::CapabilityArray};
    /// let array = CapabilityArray::from_snapshot(&[0x0111_0001, 0x0801_0002]).unwrap();
    /// assert_eq!(array.read(Access::new(0, 8).unwrap()), 0x0801_0002_0111_0001);
    /// ```
    pub fn read(&self, at: Access) -> u64 {
        at.read(&self.words)
    }
}
