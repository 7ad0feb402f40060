// SPDX-License-Identifier: GPL-2.0

//! Which shadow an access to the component block reaches.

use super::{
    ArrayError,
    Capability,
    CapabilityArray,
    CACHEMEM_LEN,
    CACHEMEM_OFFSET,
    HDM_DECODER, //
};
use crate::{
    access::Access,
    hdm::HdmShadow, //
};

/// What an offset into the component block belongs to. Offsets in it count from the start of
/// what is named.
///
/// ```
/// use cxl_regs::cm::Place;
///
/// assert_ne!(Place::Hdm { offset: 0 }, Place::Reserved);
/// ```
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
    /// Another capability, or the reserved space behind it: how long a capability is depends on
    /// its kind.
    Capability {
        /// Its id.
        id: u16,
        /// The offset in it.
        offset: u32,
    },
    /// Nothing: reads as zero.
    Reserved,
}

impl Place {
    /// Whether `next`, four bytes further, is still the same.
    fn precedes(self, next: Self) -> bool {
        let further = |offset: u32| offset.wrapping_add(4);
        next == match self {
            Self::Array { offset } => Self::Array {
                offset: further(offset),
            },
            Self::Hdm { offset } => Self::Hdm {
                offset: further(offset),
            },
            Self::Capability { id, offset } => Self::Capability {
                id,
                offset: further(offset),
            },
            Self::Reserved => Self::Reserved,
        }
    }
}

/// A part of an access to the component block that stays in one place.
///
/// ```
/// use cxl_regs::{access::Access, cm::{Part, Place}};
///
/// let part = Part { place: Place::Reserved, len: 4, shift: 32 };
/// assert_eq!(part.extract(0x1111_2222_3333_4444), 0x1111_2222);
/// ```
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
    ///
    /// ```
    /// # use cxl_regs::cm::{Part, Place};
    /// let part = Part { place: Place::Reserved, len: 4, shift: 0 };
    /// assert_eq!(part.extract(0x1111_2222_3333_4444), 0x3333_4444);
    /// ```
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
/// use cxl_regs::{cm::{CapabilityArray, ComponentMap, Place}, vectors};
///
/// let array = CapabilityArray::from_snapshot(&[0x0211_0001, 0x0801_0002, 0x1001_0005]).unwrap();
/// let map = ComponentMap::new(array, &vectors::hdm_shadow(1).unwrap()).unwrap();
/// assert_eq!(map.locate(0x1008), Place::Array { offset: 8 });
/// assert_eq!(map.locate(0x1084), Place::Capability { id: 2, offset: 4 });
/// assert_eq!(map.locate(0x1104), Place::Hdm { offset: 4 });
/// assert_eq!(map.locate(0x0104), Place::Reserved);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ComponentMap {
    array: CapabilityArray,
    /// From the start of the CXL.cache/mem registers.
    hdm: u32,
    hdm_len: u32,
}

impl ComponentMap {
    /// The map of a component with the capabilities of `array`, whose HDM decoders are `hdm`.
    ///
    /// ```
    /// # use cxl_regs::{cm::{ArrayError, CapabilityArray, ComponentMap}, vectors};
    /// let hdm = vectors::hdm_shadow(10).unwrap();
    /// let array = CapabilityArray::from_snapshot(&[0x0111_0001, 0xf001_0005]).unwrap();
    /// let error = ComponentMap::new(array, &hdm).unwrap_err();
    /// assert_eq!(error, ArrayError::HdmOutside { offset: 0xf00, len: 0x150 });
    /// ```
    pub fn new(array: CapabilityArray, hdm: &HdmShadow) -> Result<Self, ArrayError> {
        let Capability { offset, .. } = array.find(HDM_DECODER).ok_or(ArrayError::NoHdm)?;
        let len = hdm.len();
        let start = u32::from(offset);
        // At most 0xfff + 0x410.
        if start.wrapping_add(len) > CACHEMEM_LEN {
            return Err(ArrayError::HdmOutside { offset, len });
        }
        for Capability { id, offset, .. } in array.capabilities() {
            let inside = u32::from(offset).wrapping_sub(start) < len;
            if id != HDM_DECODER && inside {
                return Err(ArrayError::InsideHdm { id, offset });
            }
        }
        Ok(Self {
            array,
            hdm: start,
            hdm_len: len,
        })
    }

    /// The capability array.
    ///
    /// ```
    /// # use cxl_regs::{cm::{CapabilityArray, ComponentMap}, vectors};
    /// # let array = CapabilityArray::from_snapshot(&[0x0111_0001, 0x1001_0005]).unwrap();
    /// # let map = ComponentMap::new(array, &vectors::hdm_shadow(1).unwrap()).unwrap();
    /// assert_eq!(map.array().capabilities().count(), 1);
    /// ```
    pub const fn array(&self) -> &CapabilityArray {
        &self.array
    }

    /// What the byte at `offset` from the start of the component block belongs to.
    ///
    /// ```
    /// # use cxl_regs::{cm::{CapabilityArray, ComponentMap, Place}, vectors};
    /// # let array = CapabilityArray::from_snapshot(&[0x0111_0001, 0x1001_0005]).unwrap();
    /// # let map = ComponentMap::new(array, &vectors::hdm_shadow(1).unwrap()).unwrap();
    /// // One decoder: 0x30 bytes.
    /// assert_eq!(map.locate(0x112f), Place::Hdm { offset: 0x2f });
    /// assert_eq!(map.locate(0x1130), Place::Reserved);
    /// ```
    pub fn locate(&self, offset: u32) -> Place {
        let cachemem = offset.wrapping_sub(CACHEMEM_OFFSET);
        if cachemem >= CACHEMEM_LEN {
            return Place::Reserved;
        }
        let offset = cachemem.wrapping_sub(self.hdm);
        if offset < self.hdm_len {
            return Place::Hdm { offset };
        }
        if cachemem < u32::from(self.array.len()) {
            return Place::Array { offset: cachemem };
        }
        // The capability that starts last at or before the byte.
        self.array
            .capabilities()
            .filter(|capability| u32::from(capability.offset) <= cachemem)
            .max_by_key(|capability| capability.offset)
            .filter(|capability| capability.id != HDM_DECODER)
            .map_or(Place::Reserved, |Capability { id, offset, .. }| {
                Place::Capability {
                    id,
                    offset: cachemem.wrapping_sub(u32::from(offset)),
                }
            })
    }

    /// The one or two parts of an access to the component block, whose offset is from the start
    /// of the block.
    ///
    /// `None` unless the access has 4 or 8 bytes and is dword aligned, as component registers
    /// demand. Eight bytes stay one part unless they belong to two places.
    ///
    /// ```
    /// # use cxl_regs::{access::Access, cm::{CapabilityArray, ComponentMap, Part, Place}, vectors};
    /// # let array = CapabilityArray::from_snapshot(&[0x0111_0001, 0x1001_0005]).unwrap();
    /// # let map = ComponentMap::new(array, &vectors::hdm_shadow(1).unwrap()).unwrap();
    /// let [base, none] = map.route(Access::new(0x1110, 8).unwrap()).unwrap();
    /// assert_eq!(base, Some(Part { place: Place::Hdm { offset: 0x10 }, len: 8, shift: 0 }));
    /// assert_eq!(none, None);
    ///
    /// let [low, high] = map.route(Access::new(0x10fc, 8).unwrap()).unwrap();
    /// assert_eq!(low, Some(Part { place: Place::Reserved, len: 4, shift: 0 }));
    /// assert_eq!(high, Some(Part { place: Place::Hdm { offset: 0 }, len: 4, shift: 32 }));
    ///
    /// assert!(map.route(Access::new(0x1110, 2).unwrap()).is_none());
    /// ```
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
        Some(if place.precedes(next) {
            [part(place, 8, 0), None]
        } else {
            [part(place, 4, 0), part(next, 4, 32)]
        })
    }
}
