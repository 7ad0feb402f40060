// SPDX-License-Identifier: GPL-2.0

//! What a bit of a register does when it is written and when the device is reset.
//!
//! [`Attr`] is the attribute column of the specification. [`Masks`] holds the attributes of the 32
//! bits of a dword, sorted, so that one expression applies them all: [`Masks::write`] is the only
//! write rule and [`Masks::reset`] the only reset rule of this crate.

/// The attribute of a register field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attr {
    /// Read-only. This crate itself may change it, as the effect of something else.
    RO,
    /// Read-only, and the value is the device's: only a new snapshot changes it.
    HwInit,
    /// Read-only, and the device changes it by itself: what it is now is read again whenever the
    /// guest reads it. The specification calls these RO or HwInit.
    Live,
    /// Read-write.
    RW,
    /// Read-write; sticky.
    RWS,
    /// Read-write until its lock is set, then read-only.
    RWL,
    /// Write-once: the first 1 written latches.
    RWO,
    /// The device sets it by itself, and writing 1 clears it, in the device, too; sticky, so that
    /// it survives a reset.
    RW1CS,
    /// Writing 1 starts something; reads 0. The specification calls these RW and says so in the
    /// text of the field.
    Doorbell,
    /// Reserved, preserve: reads 0 here, writes are dropped.
    RsvdP,
    /// Reserved, zero: reads 0, writes are dropped.
    RsvdZ,
}

impl Attr {
    /// Every attribute.
    pub const ALL: [Attr; 11] = [
        Attr::RO,
        Attr::HwInit,
        Attr::Live,
        Attr::RW,
        Attr::RWS,
        Attr::RWL,
        Attr::RWO,
        Attr::RW1CS,
        Attr::Doorbell,
        Attr::RsvdP,
        Attr::RsvdZ,
    ];

    /// The name in the specification.
    pub const fn name(self) -> &'static str {
        match self {
            Attr::RO => "RO",
            Attr::HwInit => "HwInit",
            Attr::Live => "Live",
            Attr::RW => "RW",
            Attr::RWS => "RWS",
            Attr::RWL => "RWL",
            Attr::RWO => "RWO",
            Attr::RW1CS => "RW1CS",
            Attr::Doorbell => "Doorbell",
            Attr::RsvdP => "RsvdP",
            Attr::RsvdZ => "RsvdZ",
        }
    }

    /// Whether the field is reserved.
    pub const fn is_reserved(self) -> bool {
        matches!(self, Attr::RsvdP | Attr::RsvdZ)
    }
}

/// The 32 bits of a dword, sorted by attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Masks {
    /// What the device changes by itself: Live and RW1CS.
    live: u32,
    rw: u32,
    rws: u32,
    rwl: u32,
    rwo: u32,
    rw1c: u32,
    doorbell: u32,
    /// Neither reserved nor a doorbell.
    readable: u32,
}

impl Masks {
    /// A dword in which every bit is reserved.
    pub const RESERVED: Masks = Masks {
        live: 0,
        rw: 0,
        rws: 0,
        rwl: 0,
        rwo: 0,
        rw1c: 0,
        doorbell: 0,
        readable: 0,
    };

    /// A dword in which the bits of `bits` have the attribute `attr` and all others are reserved.
    pub const fn of(attr: Attr, bits: u32) -> Self {
        Self::RESERVED.and(attr, bits)
    }

    /// The same dword with `attr` given to the bits of `bits`, which were reserved until now.
    pub const fn and(mut self, attr: Attr, bits: u32) -> Self {
        match attr {
            Attr::RO | Attr::HwInit => {}
            Attr::Live => self.live |= bits,
            Attr::RW => self.rw |= bits,
            Attr::RWS => self.rws |= bits,
            Attr::RWL => self.rwl |= bits,
            Attr::RWO => self.rwo |= bits,
            Attr::RW1CS => {
                self.live |= bits;
                self.rw1c |= bits;
            }
            Attr::Doorbell => {
                self.doorbell |= bits;
                return self;
            }
            Attr::RsvdP | Attr::RsvdZ => return self,
        }
        self.readable |= bits;
        self
    }

    /// The write rule: `old` after `value` was written with the byte enables `lanes`, where the
    /// RWL bits in `locked` are locked.
    ///
    /// Each bit depends on its own old, new, enable and lock bits only.
    #[inline]
    pub const fn write(&self, old: u32, value: u32, lanes: u32, locked: u32) -> u32 {
        let replaced = (self.rw | self.rws | (self.rwl & !locked)) & lanes;
        let latched = self.rwo & lanes & value;
        ((old & !replaced) | (value & replaced) | latched) & !self.cleared(value, lanes)
    }

    /// The bits that this write clears because it writes a 1 to them.
    #[inline]
    pub const fn cleared(&self, value: u32, lanes: u32) -> u32 {
        self.rw1c & lanes & value
    }

    /// The doorbells that this write rings.
    #[inline]
    pub const fn rung(&self, value: u32, lanes: u32) -> u32 {
        self.doorbell & lanes & value
    }

    /// The reset rule: what a CXL Reset leaves of `old`. Bits in `locked` are kept if they are RWL
    /// or RWO (table 8-1).
    ///
    /// No other reset needs a rule: a guest's FLR has the scope of CXL.io and changes nothing, and
    /// after any other the driver makes a new shadow from the device.
    ///
    /// Every register of this crate that a reset clears is cleared to zero. RO and HwInit bits
    /// stay: the former belong to the code that computes them, the latter to the device.
    pub const fn reset(&self, old: u32, locked: u32) -> u32 {
        let lost = self.rw | ((self.rwl | self.rwo) & !locked);
        old & !lost
    }

    /// The bits that can read as 1: neither reserved nor a doorbell.
    #[inline]
    pub const fn readable(&self) -> u32 {
        self.readable
    }

    /// The bits that the device changes by itself.
    #[inline]
    pub const fn live(&self) -> u32 {
        self.live
    }
}
