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

use crate::{
    access::Access,
    ras,
    unfit::{
        Block,
        Unfit, //
    }, //
};
use core::ops::Range;

/// The length of the component block.
pub const BLOCK_LEN: u32 = 0x1_0000;

/// Where the CXL.cache/mem registers start in the component block.
pub const CACHEMEM_OFFSET: u32 = 0x1000;

/// The length of the CXL.cache/mem registers.
pub const CACHEMEM_LEN: u32 = 0x1000;

/// The part of the component block that is the implementation's: registers of the device itself,
/// which only its own driver knows. CXL.io registers are before the CXL.cache/mem registers, and
/// those of the arbiter and multiplexer from 0xe000 on.
pub const IMPLEMENTATION: Range<u32> = 0x2000..0xe000;

/// The largest number of dwords of a capability array, its header included.
pub const ARRAY_DWORDS: usize = 256;

/// Capability id: the array itself.
const ARRAY: u16 = 1;

/// Capability id: RAS.
const RAS: u16 = 2;

/// Capability id: HDM decoders.
const HDM_DECODER: u16 = 5;

/// Capability id: back-invalidate decoder.
const BI_DECODER: u16 = 12;

/// What a null element keeps: a pointer that leads to a dword.
const NULL: u32 = 0xffc0_0000;

/// The capability id of an element or of the array's header.
// CAST: keeps just its field.
const fn id(word: u32) -> u16 {
    word as u16
}

/// Where an element's capability is, from the start of the CXL.cache/mem registers.
// CAST: 12 bits.
const fn pointer(word: u32) -> u16 {
    (word >> 20) as u16
}

/// A snapshot of the capability array, as a guest sees it: read-only, with the capabilities that
/// have a shadow. Every other one is a null element (id 0), which software skips; its pointer stays
/// inside the registers and leads to a dword.
///
/// ```
/// use cxl_regs::{Access, CapabilityArray};
///
/// let hardware = [0x0311_0001, 0x0801_0002, 0x2001_0004, 0x1001_0005]; // RAS, link, HDM decoders
/// let array = CapabilityArray::from_snapshot(&hardware)?;
/// assert_eq!((array.hdm(), array.ras()), (Some(0x100), Some(0x80)));
/// assert_eq!(array.read(Access::new(0x8, 8).unwrap()), 0x1001_0005_2000_0000);
/// # Ok::<(), cxl_regs::Unfit>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CapabilityArray {
    /// Those after the last element are zero.
    words: [u32; ARRAY_DWORDS],
    /// The header and the elements.
    dwords: u16,
    hdm: Option<u16>,
    ras: Option<u16>,
    has_back_invalidate: bool,
}

impl CapabilityArray {
    /// The number of dwords of the array whose first dword reads `header`: how many a snapshot
    /// needs.
    pub const fn dwords(header: u32) -> usize {
        let [.., elements] = header.to_le_bytes();
        // CAST: widens.
        (elements as usize).wrapping_add(1)
    }

    /// The array that reads `hardware`, dword by dword from the start of the CXL.cache/mem
    /// registers. More dwords than the array has are ignored.
    pub fn from_snapshot(hardware: &[u32]) -> Result<Self, Unfit> {
        let &[header, ..] = hardware else {
            return Err(Block::Array.short(0, 0));
        };
        if header == u32::MAX {
            return Err(Block::Array.all_ones(0));
        }
        if id(header) != ARRAY {
            return Err(Block::Array.unfit(0, header.into(), "id 1"));
        }
        let need = Self::dwords(header);
        let Some(elements) = hardware.get(1..need) else {
            return Err(Block::Array.short(0, hardware.len()));
        };
        let mut array = Self {
            words: [0; ARRAY_DWORDS],
            // At most ARRAY_DWORDS.
            dwords: u16::try_from(need).unwrap_or(0),
            hdm: None,
            ras: None,
            has_back_invalidate: false,
        };
        let (mut hdm, mut ras) = (None, None);
        let [first, shown @ ..] = &mut array.words;
        *first = header;
        for ((dword, &word), shown) in (1..need).zip(elements).zip(shown) {
            let place = match id(word) {
                _ if word == u32::MAX => return Err(Block::Array.all_ones(dword)),
                HDM_DECODER => &mut hdm,
                RAS => &mut ras,
                other => {
                    array.has_back_invalidate |= other == BI_DECODER;
                    *shown = word & NULL;
                    continue;
                }
            };
            *shown = word;
            // CAST: at most 255 elements.
            let unfit = |expected| Block::Array.unfit((dword << 2) as u32, word.into(), expected);
            let at = pointer(word);
            if at & 3 != 0 || usize::from(at >> 2) < need {
                return Err(unfit("a pointer behind the array"));
            }
            if place.replace(at).is_some() {
                return Err(unfit("each capability once"));
            }
        }
        Ok(Self { hdm, ras, ..array })
    }

    /// The length in bytes.
    #[expect(clippy::len_without_is_empty)] // There is always a header.
    pub const fn len(&self) -> u16 {
        self.dwords << 2
    }

    /// Where the HDM Decoder Capability is, from the start of the CXL.cache/mem registers, if there
    /// is one.
    pub const fn hdm(&self) -> Option<u16> {
        self.hdm
    }

    /// Where the RAS Capability is, if there is one.
    pub const fn ras(&self) -> Option<u16> {
        self.ras
    }

    /// Whether there is a BI Decoder Capability.
    pub const fn has_back_invalidate(&self) -> bool {
        self.has_back_invalidate
    }

    /// Makes a null element of RAS, unless it ends before `end`, which counts from the start of the
    /// CXL.cache/mem registers.
    pub fn hide_ras_behind(&mut self, end: u32) {
        let ends_before = |ras: u16| u32::from(ras).wrapping_add(ras::LEN) <= end;
        if self.ras.is_none_or(ends_before) {
            return;
        }
        self.ras = None;
        for word in self.words.iter_mut().skip(1) {
            if id(*word) == RAS {
                *word &= NULL;
            }
        }
    }

    /// What a guest reads: the bytes of `at`, the first one lowest.
    pub fn read(&self, at: Access) -> u64 {
        at.read(&self.words)
    }
}
