// SPDX-License-Identifier: GPL-2.0

//! The vocabulary of the register tables, and the check that a table has neither overlap nor gap.
//!
//! A table is written with the `registers!` macro, one register after the other, as the
//! specification lists them: offset, width, name, section, then `hi:lo NAME Attribute` for every
//! field. A field whose attribute depends on a capability of the device adds
//! `if CAPABILITY else Attribute`. The macro also defines a constant for every named field, in a
//! module named like the register.

mod declare;

pub(crate) use self::declare::registers;

use crate::attr::{
    Attr,
    Masks, //
};

/// A set of optional capabilities of a device, on which attributes in a table depend.
///
/// Each table defines its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Features(u8);

impl Features {
    /// No optional capability.
    pub const NONE: Features = Features(0);

    /// The set of one capability, number `number` (0 to 7) of its table.
    pub const fn bit(number: u32) -> Self {
        Features(1u8.wrapping_shl(number))
    }

    /// The set with `other` added if `present`.
    pub const fn with(self, other: Features, present: bool) -> Self {
        if present {
            Features(self.0 | other.0)
        } else {
            self
        }
    }

    /// Whether every capability of `other` is in the set.
    pub const fn has(self, other: Features) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A field of a register: one row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    name: &'static str,
    offset: u16,
    hi: u8,
    lo: u8,
    attr: Attr,
    /// The capability that `attr` needs, and the attribute without it.
    unless: Option<(Features, Attr)>,
}

impl Field {
    /// The field `hi:lo` of the register at `offset`. Without the capabilities in `unless`, it has
    /// the attribute given with them.
    pub const fn new(
        name: &'static str,
        offset: u16,
        hi: u8,
        lo: u8,
        attr: Attr,
        unless: Option<(Features, Attr)>,
    ) -> Self {
        Self {
            name,
            offset,
            hi,
            lo,
            attr,
            unless,
        }
    }

    /// The name, in capitals; `_` for reserved bits.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The offset of the register that holds the field.
    pub const fn offset(&self) -> u16 {
        self.offset
    }

    /// The highest bit of the field in its register.
    pub const fn hi(&self) -> u8 {
        self.hi
    }

    /// The lowest bit of the field in its register.
    pub const fn lo(&self) -> u8 {
        self.lo
    }

    /// The attribute that the specification gives to the field of a device with every capability.
    pub const fn attr(&self) -> Attr {
        self.attr
    }

    /// The attribute on a device with the capabilities `features`.
    pub const fn attr_with(&self, features: Features) -> Attr {
        match self.unless {
            Some((needed, other)) if !features.has(needed) => other,
            _ => self.attr,
        }
    }

    /// The number of the dword that holds the field.
    pub const fn dword(&self) -> usize {
        // CAST: widens.
        (self.offset >> 2) as usize
    }

    /// The field's lowest bit in its dword.
    const fn shift(&self) -> u32 {
        // CAST: widens.
        (((self.offset & 3) as u32) << 3).wrapping_add(self.lo as u32)
    }

    /// The field's bits in its dword.
    #[inline]
    pub const fn mask(&self) -> u32 {
        // CAST: widens.
        let below_hi = u32::MAX.wrapping_shr(31u32.wrapping_sub(self.hi as u32));
        let from_lo = u32::MAX.wrapping_shl(self.lo as u32);
        // CAST: widens.
        (below_hi & from_lo).wrapping_shl(((self.offset & 3) as u32) << 3)
    }

    /// The field's bits in its register.
    pub const fn bits(&self) -> u32 {
        // CAST: widens.
        self.mask().wrapping_shr(((self.offset & 3) as u32) << 3)
    }

    /// The field's value in `word`, the dword that holds it.
    #[inline]
    pub const fn get(&self, word: u32) -> u32 {
        (word & self.mask()).wrapping_shr(self.shift())
    }

    /// Whether any bit of the field is set in `word`, the dword that holds it.
    #[inline]
    pub const fn is_set(&self, word: u32) -> bool {
        word & self.mask() != 0
    }
}

/// A register: its place and its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    name: &'static str,
    section: &'static str,
    offset: u16,
    bytes: u8,
    fields: &'static [Field],
}

impl Register {
    /// The register of `bytes` bytes at `offset`.
    pub const fn new(
        name: &'static str,
        section: &'static str,
        offset: u16,
        bytes: u8,
        fields: &'static [Field],
    ) -> Self {
        Self {
            name,
            section,
            offset,
            bytes,
            fields,
        }
    }

    /// The name; the module with the field constants is named the same.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The section of CXL r4.0 that defines the register.
    pub const fn section(&self) -> &'static str {
        self.section
    }

    /// The offset from the start of the block.
    pub const fn offset(&self) -> u16 {
        self.offset
    }

    /// The width in bytes: 2 or 4.
    pub const fn bytes(&self) -> u8 {
        self.bytes
    }

    /// Whether all of it is reserved.
    pub fn is_reserved(&self) -> bool {
        self.fields.iter().all(|field| field.attr.is_reserved())
    }

    /// The fields, from bit 0 up, reserved ones included.
    pub const fn fields(&self) -> &'static [Field] {
        self.fields
    }
}

/// The attributes of `N` dwords, from the table and the capabilities of the device.
pub(crate) const fn masks<const N: usize>(table: &[Register], features: Features) -> [Masks; N] {
    let mut masks = [Masks::RESERVED; N];
    let mut registers = table;
    while let [register, rest @ ..] = registers {
        let mut fields = register.fields;
        while let [field, rest @ ..] = fields {
            if let Some((_, [masks, ..])) = masks.split_at_mut_checked(field.dword()) {
                *masks = masks.and(field.attr_with(features), field.mask());
            }
            fields = rest;
        }
        registers = rest;
    }
    masks
}

/// Whether `table` covers the bytes `start..end` without overlap or gap, in ascending order, and
/// the fields of every register do so with its bits. Every table of this crate is checked at
/// compile time.
pub const fn is_complete(table: &[Register], start: u16, end: u16) -> bool {
    let mut registers = table;
    let mut offset = start;
    while let [register, rest @ ..] = registers {
        // No register may straddle a dword: the dword is the unit of storage.
        // CAST: widens.
        let bytes = register.bytes as u16;
        if register.offset != offset
            || !matches!(bytes, 2 | 4)
            || offset & bytes.wrapping_sub(1) != 0
        {
            return false;
        }
        let mut fields = register.fields;
        let mut bit = 0;
        while let [field, rest @ ..] = fields {
            if field.offset != offset || field.lo != bit || field.hi < field.lo || field.hi > 31 {
                return false;
            }
            bit = field.hi.wrapping_add(1);
            fields = rest;
        }
        // CAST: widens.
        if bit as u16 != bytes << 3 {
            return false;
        }
        offset = offset.wrapping_add(bytes);
        registers = rest;
    }
    offset == end
}
