// SPDX-License-Identifier: GPL-2.0

//! Which shadow an access to the component block reaches.

use super::{
    CapabilityArray,
    CACHEMEM_LEN,
    CACHEMEM_OFFSET,
    IMPLEMENTATION, //
};
use crate::{
    access::Access,
    hdm::HdmShadow,
    ras,
    unfit::{
        Block,
        Unfit, //
    }, //
};
use core::ops::Range;

/// What an offset into the component block belongs to. Offsets in it count from the start of
/// what is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The [`CapabilityArray`].
    Array {
        /// The offset in it.
        offset: u32,
    },
    /// The [`HdmShadow`].
    Hdm {
        /// The offset in it.
        offset: u32,
    },
    /// The [`RasShadow`](ras::RasShadow).
    Ras {
        /// The offset in it.
        offset: u32,
    },
    /// A register of the implementation.
    Implementation {
        /// The offset in the component block.
        offset: u32,
    },
    /// Nothing: reads as zero.
    Reserved,
}

/// A part of an access to the component block that stays in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// Where it goes.
    pub place: Place,
    /// Its length: 4 or 8 bytes.
    pub len: u8,
    /// The position of its bit 0 in the value of the whole access: 0 or 32.
    pub shift: u8,
}

impl Part {
    /// This part of `value`, the whole access's.
    pub const fn extract(&self, value: u64) -> u64 {
        // CAST: widens.
        let moved = value.wrapping_shr(self.shift as u32);
        if self.len == 4 {
            moved & 0xffff_ffff
        } else {
            moved
        }
    }
}

/// Where everything is in a component block.
///
/// ```
/// use cxl_regs::{cm::Place, hdm::Options, CapabilityArray, ComponentMap, HdmShadow};
///
/// let array = CapabilityArray::from_snapshot(&[0x0211_0001, 0x0801_0002, 0x1001_0005])?;
/// let map = ComponentMap::new(&array, &HdmShadow::from_snapshot(&[0; 12], Options::default())?)?;
/// assert_eq!(map.locate(0x1008), Place::Array { offset: 8 });
/// assert_eq!(map.locate(0x1084), Place::Ras { offset: 4 });
/// assert_eq!(map.locate(0x1104), Place::Hdm { offset: 4 });
/// assert_eq!(map.locate(0x0104), Place::Reserved);
/// assert_eq!(map.locate(0x2104), Place::Implementation { offset: 0x2104 });
/// # Ok::<(), cxl_regs::Unfit>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ComponentMap {
    array_len: u32,
    /// From the start of the CXL.cache/mem registers.
    hdm: u32,
    hdm_len: u32,
    /// Likewise.
    ras: Option<u32>,
}

impl ComponentMap {
    /// The map of a component with the capabilities of `array`, whose HDM decoders are `hdm`.
    pub fn new(array: &CapabilityArray, hdm: &HdmShadow) -> Result<Self, Unfit> {
        let Some(start) = array.hdm() else {
            return Err(Block::Array.unfit(0, array.len().into(), "HDM decoders in the array"));
        };
        let map = Self {
            array_len: array.len().into(),
            hdm: start.into(),
            hdm_len: hdm.len(),
            ras: array.ras().map(u32::from),
        };
        // No offset has more than 12 bits, so nothing here wraps.
        let hdm_end = map.hdm.wrapping_add(map.hdm_len);
        let unfit = |found: u32, expected| Err(Block::Array.unfit(found, found.into(), expected));
        if hdm_end > CACHEMEM_LEN {
            return unfit(map.hdm, "HDM decoders that end in the registers");
        }
        if let Some(start) = map.ras {
            let end = start.wrapping_add(ras::LEN);
            if end > CACHEMEM_LEN {
                return unfit(start, "a RAS capability that ends in the registers");
            }
            if start < hdm_end && map.hdm < end {
                return unfit(start, "a RAS capability apart from the HDM decoders");
            }
        }
        Ok(map)
    }

    /// The part of the component block that is the [`HdmShadow`].
    pub fn decoders(&self) -> Range<u32> {
        let start = CACHEMEM_OFFSET.wrapping_add(self.hdm);
        start..start.wrapping_add(self.hdm_len)
    }

    /// The part that begins with the [`CapabilityArray`] and ends with it and the [`HdmShadow`].
    pub fn array_and_decoders(&self) -> Range<u32> {
        let array_end = CACHEMEM_OFFSET.wrapping_add(self.array_len);
        CACHEMEM_OFFSET..array_end.max(self.decoders().end)
    }

    /// What the byte at `offset` from the start of the component block belongs to.
    pub fn locate(&self, offset: u32) -> Place {
        if IMPLEMENTATION.contains(&offset) {
            return Place::Implementation { offset };
        }
        let cachemem = offset.wrapping_sub(CACHEMEM_OFFSET);
        if cachemem >= CACHEMEM_LEN {
            return Place::Reserved;
        }
        let hdm = cachemem.wrapping_sub(self.hdm);
        let ras = self.ras.map(|start| cachemem.wrapping_sub(start));
        match ras {
            _ if hdm < self.hdm_len => Place::Hdm { offset: hdm },
            Some(offset) if offset < ras::LEN => Place::Ras { offset },
            _ if cachemem < self.array_len => Place::Array { offset: cachemem },
            _ => Place::Reserved,
        }
    }

    /// An access to the component block as one to the [`HdmShadow`], if all of it is: what
    /// [`ComponentMap::route`] says of it, sooner.
    #[inline]
    pub fn within_hdm(&self, at: Access) -> Option<Access> {
        let offset = at
            .offset()
            .wrapping_sub(CACHEMEM_OFFSET)
            .wrapping_sub(self.hdm);
        let inside =
            offset < self.hdm_len && u32::from(at.len()) <= self.hdm_len.wrapping_sub(offset);
        if !inside || offset & 3 != 0 || at.len() < 4 {
            return None;
        }
        Access::new(offset, at.len().into())
    }

    /// The one or two parts of an access to the component block, whose offset is from the start
    /// of the block.
    ///
    /// `None` unless the access has 4 or 8 bytes and is dword aligned, as component registers
    /// demand. Eight bytes stay one part unless they belong to two places.
    pub fn route(&self, at: Access) -> Option<[Option<Part>; 2]> {
        if at.offset() & 3 != 0 || at.len() < 4 {
            return None;
        }
        let place = self.locate(at.offset());
        let part = |place, len, shift| Some(Part { place, len, shift });
        if at.len() == 4 {
            return Some([part(place, 4, 0), None]);
        }
        let next = self.locate(at.offset().wrapping_add(4));
        let same = core::mem::discriminant(&place) == core::mem::discriminant(&next);
        Some(if same {
            [part(place, 8, 0), None]
        } else {
            [part(place, 4, 0), part(next, 4, 32)]
        })
    }
}
