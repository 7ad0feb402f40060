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
///
/// ```
/// use cxl_regs::table::Features;
///
/// const FAST: Features = Features::bit(0);
/// const WIDE: Features = Features::bit(1);
///
/// assert!(Features::NONE.with(WIDE, true).has(WIDE));
/// assert!(!Features::NONE.with(WIDE, true).with(FAST, false).has(FAST));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Features(u8);

impl Features {
    /// No optional capability.
    ///
    /// ```
    /// # use cxl_regs::table::Features;
    /// assert!(!Features::NONE.has(Features::bit(0)));
    /// ```
    pub const NONE: Features = Features(0);

    /// The set of one capability, number `number` (0 to 7) of its table.
    ///
    /// ```
    /// # use cxl_regs::table::Features;
    /// assert_ne!(Features::bit(0), Features::bit(1));
    /// ```
    pub const fn bit(number: u32) -> Self {
        Features(1u8.wrapping_shl(number))
    }

    /// The set with `other` added if `present`.
    ///
    /// ```
    /// # use cxl_regs::table::Features;
    /// let one = Features::bit(3);
    /// assert_eq!(Features::NONE.with(one, true), one);
    /// ```
    pub const fn with(self, other: Features, present: bool) -> Self {
        if present {
            Features(self.0 | other.0)
        } else {
            self
        }
    }

    /// Whether every capability of `other` is in the set.
    ///
    /// ```
    /// # use cxl_regs::table::Features;
    /// assert!(Features::bit(2).has(Features::NONE));
    /// ```
    pub const fn has(self, other: Features) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A field of a register: one row of a table.
///
/// ```
/// use cxl_regs::dvsec::{self, control};
///
/// let field = control::SNOOP_FILTER_GRANULARITY;
/// assert_eq!((field.offset(), field.hi(), field.lo()), (0x0c, 10, 8));
/// assert_eq!(field.name(), "SNOOP_FILTER_GRANULARITY");
/// ```
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
    ///
    /// ```
    /// # use cxl_regs::{attr::Attr, table::Field};
    /// let field = Field::new("IW", 0x10, 7, 4, Attr::RWL, None);
    /// assert_eq!(field, cxl_regs::hdm::control::IW);
    /// ```
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
    ///
    /// ```
    /// # use cxl_regs::hdm;
    /// assert_eq!(hdm::control::COMMIT.name(), "COMMIT");
    /// ```
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The offset of the register that holds the field.
    ///
    /// ```
    /// # use cxl_regs::dvsec;
    /// assert_eq!(dvsec::lock::CONFIG_LOCK.offset(), 0x14);
    /// ```
    pub const fn offset(&self) -> u16 {
        self.offset
    }

    /// The highest bit of the field in its register.
    ///
    /// ```
    /// # use cxl_regs::hdm;
    /// assert_eq!(hdm::control::IW.hi(), 7);
    /// ```
    pub const fn hi(&self) -> u8 {
        self.hi
    }

    /// The lowest bit of the field in its register.
    ///
    /// ```
    /// # use cxl_regs::hdm;
    /// assert_eq!(hdm::control::IW.lo(), 4);
    /// ```
    pub const fn lo(&self) -> u8 {
        self.lo
    }

    /// The attribute that the specification gives to the field of a device with every capability.
    ///
    /// ```
    /// # use cxl_regs::{attr::Attr, hdm};
    /// assert_eq!(hdm::control::UIO.attr(), Attr::RWL);
    /// ```
    pub const fn attr(&self) -> Attr {
        self.attr
    }

    /// The attribute on a device with the capabilities `features`.
    ///
    /// ```
    /// # use cxl_regs::{attr::Attr, hdm, table::Features};
    /// assert_eq!(hdm::control::UIO.attr_with(Features::NONE), Attr::RsvdZ);
    /// ```
    pub const fn attr_with(&self, features: Features) -> Attr {
        match self.unless {
            Some((needed, other)) if !features.has(needed) => other,
            _ => self.attr,
        }
    }

    /// The number of the dword that holds the field.
    ///
    /// ```
    /// # use cxl_regs::dvsec;
    /// assert_eq!(dvsec::status::VIRAL_STATUS.dword(), 3);
    /// ```
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
    ///
    /// ```
    /// # use cxl_regs::dvsec;
    /// // Status is the upper half of the dword at 0x0c.
    /// assert_eq!(dvsec::status::VIRAL_STATUS.mask(), 1 << 30);
    /// ```
    #[inline]
    pub const fn mask(&self) -> u32 {
        // CAST: widens.
        let below_hi = u32::MAX.wrapping_shr(31u32.wrapping_sub(self.hi as u32));
        let from_lo = u32::MAX.wrapping_shl(self.lo as u32);
        // CAST: widens.
        (below_hi & from_lo).wrapping_shl(((self.offset & 3) as u32) << 3)
    }

    /// The field's value in `word`, the dword that holds it.
    ///
    /// ```
    /// # use cxl_regs::hdm;
    /// assert_eq!(hdm::control::IW.get(0x0000_0640), 4);
    /// ```
    #[inline]
    pub const fn get(&self, word: u32) -> u32 {
        (word & self.mask()).wrapping_shr(self.shift())
    }

    /// Whether any bit of the field is set in `word`, the dword that holds it.
    ///
    /// ```
    /// # use cxl_regs::hdm;
    /// assert!(hdm::control::COMMITTED.is_set(0x0000_0640));
    /// ```
    #[inline]
    pub const fn is_set(&self, word: u32) -> bool {
        word & self.mask() != 0
    }
}

/// A register: its place and its fields.
///
/// ```
/// use cxl_regs::hdm;
///
/// let control = &hdm::DECODER[4];
/// assert_eq!((control.offset(), control.bytes()), (0x10, 4));
/// assert_eq!((control.name(), control.section()), ("control", "8.2.4.20.7"));
/// assert_eq!(control.fields()[0].name(), "IG");
/// ```
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
    ///
    /// ```
    /// # use cxl_regs::{attr::Attr, table::{Field, Register}};
    /// const FIELDS: &[Field] = &[Field::new("_", 0x08, 31, 0, Attr::RsvdZ, None)];
    /// let reserved = Register::new("reserved_08", "8.2.4.20", 0x08, 4, FIELDS);
    /// assert_eq!(reserved, cxl_regs::hdm::HEADER[2]);
    /// ```
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
    ///
    /// ```
    /// # use cxl_regs::dvsec;
    /// assert_eq!(dvsec::REGISTERS[0].name(), "header1");
    /// ```
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The section of CXL r4.0 that defines the register.
    ///
    /// ```
    /// # use cxl_regs::dvsec;
    /// assert_eq!(dvsec::REGISTERS[0].section(), "8.1.3");
    /// ```
    pub const fn section(&self) -> &'static str {
        self.section
    }

    /// The offset from the start of the block.
    ///
    /// ```
    /// # use cxl_regs::dvsec;
    /// assert_eq!(dvsec::REGISTERS[0].offset(), 0x04);
    /// ```
    pub const fn offset(&self) -> u16 {
        self.offset
    }

    /// The width in bytes: 2 or 4.
    ///
    /// ```
    /// # use cxl_regs::dvsec;
    /// assert_eq!(dvsec::REGISTERS[0].bytes(), 4);
    /// ```
    pub const fn bytes(&self) -> u8 {
        self.bytes
    }

    /// The fields, from bit 0 up, reserved ones included.
    ///
    /// ```
    /// # use cxl_regs::dvsec;
    /// assert_eq!(dvsec::REGISTERS[0].fields()[0].lo(), 0);
    /// ```
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
///
/// ```
/// use cxl_regs::{dvsec, table};
///
/// assert!(table::is_complete(dvsec::REGISTERS, 0x04, 0x3c));
/// assert!(!table::is_complete(dvsec::REGISTERS, 0x04, 0x40));
/// ```
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
