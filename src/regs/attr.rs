// SPDX-License-Identifier: GPL-2.0

//! What a bit of a register does when it is written and when the device is reset.
//!
//! [`Attr`] is the attribute column of the specification. [`Masks`] holds the attributes of the 32
//! bits of a dword, sorted, so that one expression applies them all: [`Masks::write`] is the only
//! write rule and [`Masks::reset`] the only reset rule of this crate.

/// The attribute of a register field.
///
/// ```
/// use cxl_regs::{attr::Attr, dvsec};
///
/// assert_eq!(dvsec::control::MEM_ENABLE.attr(), Attr::RWL);
/// assert_eq!(Attr::RW1CS.name(), "RW1CS");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attr {
    /// Read-only. This crate itself may change it, as the effect of something else.
    RO,
    /// Read-only, and the value is the device's: only a new snapshot changes it.
    HwInit,
    /// Read-write.
    RW,
    /// Read-write until its lock is set, then read-only.
    RWL,
    /// Write-once: the first 1 written latches.
    RWO,
    /// Writing 1 clears.
    RW1C,
    /// Writing 1 clears; sticky, so that it survives every reset but power-good.
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
    ///
    /// ```
    /// # use cxl_regs::attr::Attr;
    /// assert!(Attr::ALL.contains(&Attr::RWO));
    /// ```
    pub const ALL: [Attr; 10] = [
        Attr::RO,
        Attr::HwInit,
        Attr::RW,
        Attr::RWL,
        Attr::RWO,
        Attr::RW1C,
        Attr::RW1CS,
        Attr::Doorbell,
        Attr::RsvdP,
        Attr::RsvdZ,
    ];

    /// The name in the specification.
    ///
    /// ```
    /// # use cxl_regs::attr::Attr;
    /// assert_eq!(Attr::HwInit.name(), "HwInit");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Attr::RO => "RO",
            Attr::HwInit => "HwInit",
            Attr::RW => "RW",
            Attr::RWL => "RWL",
            Attr::RWO => "RWO",
            Attr::RW1C => "RW1C",
            Attr::RW1CS => "RW1CS",
            Attr::Doorbell => "Doorbell",
            Attr::RsvdP => "RsvdP",
            Attr::RsvdZ => "RsvdZ",
        }
    }

    /// Whether the field is reserved.
    ///
    /// ```
    /// # use cxl_regs::attr::Attr;
    /// assert!(Attr::RsvdP.is_reserved());
    /// assert!(!Attr::RO.is_reserved());
    /// ```
    pub const fn is_reserved(self) -> bool {
        matches!(self, Attr::RsvdP | Attr::RsvdZ)
    }
}

/// What is being reset.
///
/// ```
/// use cxl_regs::attr::{Attr, Masks, Reset};
///
/// // A sticky status bit is lost with the power only.
/// let sticky = Masks::of(Attr::RW1CS, 1);
/// assert_eq!(sticky.reset(Reset::Conventional, 1, 0), 1);
/// assert_eq!(sticky.reset(Reset::PowerGood, 1, 0), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reset {
    /// Function Level Reset: CXL.io only. No register of this crate changes.
    Flr,
    /// CXL Reset, started by Initiate_CXL_Reset (8.1.3.4): all but sticky, write-once and locked
    /// bits.
    Cxl,
    /// Conventional reset: hot reset, warm reset and secondary bus reset: all but sticky bits.
    Conventional,
    /// Loss of power-good: everything.
    PowerGood,
}

impl Reset {
    /// Every kind of reset, from the weakest to the strongest.
    ///
    /// ```
    /// # use cxl_regs::attr::Reset;
    /// assert_eq!(Reset::ALL.first(), Some(&Reset::Flr));
    /// ```
    pub const ALL: [Reset; 4] = [
        Reset::Flr,
        Reset::Cxl,
        Reset::Conventional,
        Reset::PowerGood,
    ];
}

/// The 32 bits of a dword, sorted by attribute.
///
/// ```
/// use cxl_regs::attr::{Attr, Masks};
///
/// let masks = Masks::of(Attr::RW, 0x00ff).and(Attr::RW1C, 0x0f00);
/// assert_eq!(masks.write(0x0f12, 0x0134, 0xffff, 0), 0x0e34);
/// // Without the second byte's enable, the status bits stay.
/// assert_eq!(masks.write(0x0f12, 0x0134, 0x00ff, 0), 0x0f34);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Masks {
    hw_init: u32,
    rw: u32,
    rwl: u32,
    rwo: u32,
    /// RW1C and RW1CS.
    rw1c: u32,
    /// RW1CS alone.
    sticky: u32,
    doorbell: u32,
    /// Neither reserved nor a doorbell.
    readable: u32,
}

impl Masks {
    /// A dword in which every bit is reserved.
    ///
    /// ```
    /// # use cxl_regs::attr::Masks;
    /// assert_eq!(Masks::RESERVED.write(0, !0, !0, 0), 0);
    /// ```
    pub const RESERVED: Masks = Masks {
        hw_init: 0,
        rw: 0,
        rwl: 0,
        rwo: 0,
        rw1c: 0,
        sticky: 0,
        doorbell: 0,
        readable: 0,
    };

    /// A dword in which the bits of `bits` have the attribute `attr` and all others are reserved.
    ///
    /// ```
    /// # use cxl_regs::attr::{Attr, Masks};
    /// assert_eq!(Masks::of(Attr::RW, 0xf).write(0, !0, !0, 0), 0xf);
    /// ```
    pub const fn of(attr: Attr, bits: u32) -> Self {
        Self::RESERVED.and(attr, bits)
    }

    /// The same dword with `attr` given to the bits of `bits`, which were reserved until now.
    ///
    /// ```
    /// # use cxl_regs::attr::{Attr, Masks};
    /// let masks = Masks::of(Attr::RW, 1).and(Attr::RO, 2);
    /// assert_eq!(masks.write(0, !0, !0, 0), 1);
    /// ```
    pub const fn and(mut self, attr: Attr, bits: u32) -> Self {
        match attr {
            Attr::RO => {}
            Attr::HwInit => self.hw_init |= bits,
            Attr::RW => self.rw |= bits,
            Attr::RWL => self.rwl |= bits,
            Attr::RWO => self.rwo |= bits,
            Attr::RW1C => self.rw1c |= bits,
            Attr::RW1CS => {
                self.rw1c |= bits;
                self.sticky |= bits;
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
    ///
    /// ```
    /// # use cxl_regs::attr::{Attr, Masks};
    /// let masks = Masks::of(Attr::RWL, 0xffff);
    /// assert_eq!(masks.write(0x1234, 0xabcd, 0xff00, 0), 0xab34);
    /// assert_eq!(masks.write(0x1234, 0xabcd, 0xffff, 0xf000), 0x1bcd);
    /// ```
    #[inline]
    pub const fn write(&self, old: u32, value: u32, lanes: u32, locked: u32) -> u32 {
        let replaced = (self.rw | (self.rwl & !locked)) & lanes;
        let latched = self.rwo & lanes & value;
        let cleared = self.rw1c & lanes & value;
        ((old & !replaced) | (value & replaced) | latched) & !cleared
    }

    /// The doorbells that this write rings.
    ///
    /// ```
    /// # use cxl_regs::attr::{Attr, Masks};
    /// let masks = Masks::of(Attr::Doorbell, 0b110);
    /// assert_eq!(masks.rung(0b011, 0xff), 0b010);
    /// assert_eq!(masks.write(0, 0b011, 0xff, 0), 0);
    /// ```
    #[inline]
    pub const fn rung(&self, value: u32, lanes: u32) -> u32 {
        self.doorbell & lanes & value
    }

    /// The reset rule: what `kind` leaves of `old`. Bits in `locked` are kept by a CXL Reset if
    /// they are RWL or RWO.
    ///
    /// Every register of this crate that a reset clears is cleared to zero. RO and HwInit bits
    /// stay: the former belong to the code that computes them, the latter to the device.
    ///
    /// ```
    /// # use cxl_regs::attr::{Attr, Masks, Reset};
    /// let masks = Masks::of(Attr::RWL, 0xf);
    /// assert_eq!(masks.reset(Reset::Flr, 0xa, 0), 0xa);
    /// assert_eq!(masks.reset(Reset::Cxl, 0xa, 0), 0);
    /// assert_eq!(masks.reset(Reset::Cxl, 0xa, !0), 0xa);
    /// assert_eq!(masks.reset(Reset::Conventional, 0xa, !0), 0);
    /// ```
    pub const fn reset(&self, kind: Reset, old: u32, locked: u32) -> u32 {
        let lost = match kind {
            Reset::Flr => 0,
            Reset::Cxl => self.rw | ((self.rwl | self.rwo) & !locked) | (self.rw1c & !self.sticky),
            Reset::Conventional => self.rw | self.rwl | self.rwo | (self.rw1c & !self.sticky),
            Reset::PowerGood => self.rw | self.rwl | self.rwo | self.rw1c,
        };
        old & !lost
    }

    /// The bits that can read as 1: neither reserved nor a doorbell.
    ///
    /// ```
    /// # use cxl_regs::attr::{Attr, Masks};
    /// let masks = Masks::of(Attr::RO, 1).and(Attr::Doorbell, 2).and(Attr::RsvdZ, 4);
    /// assert_eq!(masks.readable(), 1);
    /// ```
    #[inline]
    pub const fn readable(&self) -> u32 {
        self.readable
    }

    /// The bits whose value is the device's.
    ///
    /// ```
    /// # use cxl_regs::attr::{Attr, Masks};
    /// assert_eq!(Masks::of(Attr::RO, 1).and(Attr::HwInit, 2).hw_init(), 2);
    /// ```
    #[inline]
    pub const fn hw_init(&self) -> u32 {
        self.hw_init
    }
}
