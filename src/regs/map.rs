// SPDX-License-Identifier: GPL-2.0

//! From an offset into the memory window to addresses and page frames, every step checked.
//!
//! User space chooses offsets, lengths and the place of a mapping; nothing here trusts them.

/// The sizes in which a machine maps memory, as powers of two.
///
/// ```
/// use cxl_regs::map::{Level, Pages};
///
/// assert_eq!(Pages::X86_64.bytes(Level::Pmd), Some(2 << 20));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pages {
    /// PAGE_SHIFT.
    pub page_shift: u32,
    /// PMD_SHIFT.
    pub pmd_shift: u32,
    /// PUD_SHIFT.
    pub pud_shift: u32,
}

impl Pages {
    /// The sizes of x86-64, and of arm64 with 4 KiB pages.
    ///
    /// ```
    /// # use cxl_regs::map::Pages;
    /// assert_eq!(Pages::X86_64.page_shift, 12);
    /// ```
    pub const X86_64: Pages = Pages {
        page_shift: 12,
        pmd_shift: 21,
        pud_shift: 30,
    };

    /// The shift of one `level`.
    ///
    /// ```
    /// # use cxl_regs::map::{Level, Pages};
    /// assert_eq!(Pages::X86_64.shift(Level::Pud), 30);
    /// ```
    pub const fn shift(&self, level: Level) -> u32 {
        match level {
            Level::Pte => self.page_shift,
            Level::Pmd => self.pmd_shift,
            Level::Pud => self.pud_shift,
        }
    }

    /// The number of bytes that one entry of `level` maps; `None` if a shift is no shift.
    ///
    /// ```
    /// # use cxl_regs::map::{Level, Pages};
    /// assert_eq!(Pages::X86_64.bytes(Level::Pte), Some(4096));
    /// ```
    pub const fn bytes(&self, level: Level) -> Option<u64> {
        1u64.checked_shl(self.shift(level))
    }

    /// The order of `level`: its size in pages, as a power of two.
    ///
    /// ```
    /// # use cxl_regs::map::{Level, Pages};
    /// assert_eq!(Pages::X86_64.order(Level::Pmd), 9);
    /// assert_eq!(Pages::X86_64.order(Level::Pud), 18);
    /// ```
    pub const fn order(&self, level: Level) -> u32 {
        self.shift(level).saturating_sub(self.page_shift)
    }
}

/// The level of the page table in which a mapping is entered, which gives its size.
///
/// ```
/// use cxl_regs::map::Level;
///
/// assert!(Level::Pte < Level::Pud);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// A page.
    Pte,
    /// A middle directory entry: 2 MiB on x86-64.
    Pmd,
    /// An upper directory entry: 1 GiB on x86-64.
    Pud,
}

impl Level {
    /// Every level, the largest first.
    ///
    /// ```
    /// # use cxl_regs::map::Level;
    /// assert_eq!(Level::ALL.first(), Some(&Level::Pud));
    /// ```
    pub const ALL: [Level; 3] = [Level::Pud, Level::Pmd, Level::Pte];
}

/// A range of physical memory that user space sees as a region.
///
/// ```
/// use cxl_regs::map::{Pages, Window};
///
/// let window = Window::new(0x1_0000_0000, 0x1000_0000, Pages::X86_64).unwrap();
/// assert_eq!(window.pfn(0x2345), Some(0x10_0002));
/// assert_eq!(window.pfn(0x1000_0000), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    base: u64,
    size: u64,
    pages: Pages,
}

impl Window {
    /// The window of `size` bytes at `base`; `None` unless both are page aligned, the size is not
    /// zero, the end is representable, and the shifts ascend.
    ///
    /// ```
    /// # use cxl_regs::map::{Pages, Window};
    /// assert!(Window::new(0x1000, 0x1000, Pages::X86_64).is_some());
    /// assert!(Window::new(0x1000, 0, Pages::X86_64).is_none());
    /// assert!(Window::new(0x1800, 0x1000, Pages::X86_64).is_none());
    /// assert!(Window::new(u64::MAX << 12, 0x1000, Pages::X86_64).is_none());
    /// ```
    pub const fn new(base: u64, size: u64, pages: Pages) -> Option<Self> {
        let Some(page) = pages.bytes(Level::Pte) else {
            return None;
        };
        let ascend = pages.page_shift < pages.pmd_shift
            && pages.pmd_shift < pages.pud_shift
            && pages.pud_shift < u64::BITS;
        let aligned = (base | size) & page.wrapping_sub(1) == 0;
        if !ascend || !aligned || size == 0 || base.checked_add(size).is_none() {
            return None;
        }
        Some(Self { base, size, pages })
    }

    /// The first physical address.
    ///
    /// ```
    /// # use cxl_regs::map::{Pages, Window};
    /// assert_eq!(Window::new(0x1000, 0x2000, Pages::X86_64).unwrap().base(), 0x1000);
    /// ```
    pub const fn base(&self) -> u64 {
        self.base
    }

    /// The number of bytes.
    ///
    /// ```
    /// # use cxl_regs::map::{Pages, Window};
    /// assert_eq!(Window::new(0x1000, 0x2000, Pages::X86_64).unwrap().size(), 0x2000);
    /// ```
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The physical address of the byte at `offset`.
    ///
    /// ```
    /// # use cxl_regs::map::{Pages, Window};
    /// let window = Window::new(0x1000, 0x2000, Pages::X86_64).unwrap();
    /// assert_eq!(window.address(0x1fff), Some(0x2fff));
    /// assert_eq!(window.address(0x2000), None);
    /// ```
    pub const fn address(&self, offset: u64) -> Option<u64> {
        if offset < self.size {
            self.base.checked_add(offset)
        } else {
            None
        }
    }

    /// The number of the page frame that holds the byte at `offset`.
    ///
    /// ```
    /// # use cxl_regs::map::{Pages, Window};
    /// let window = Window::new(0x1000, 0x2000, Pages::X86_64).unwrap();
    /// assert_eq!(window.pfn(0x1fff), Some(2));
    /// ```
    pub const fn pfn(&self, offset: u64) -> Option<u64> {
        match self.address(offset) {
            Some(address) => address.checked_shr(self.pages.page_shift),
            None => None,
        }
    }

    /// How many of `len` bytes at `offset` are in the window; `None` if `offset` is beyond its
    /// end. At the end it is 0, as for a file.
    ///
    /// ```
    /// # use cxl_regs::map::{Pages, Window};
    /// let window = Window::new(0x1000, 0x2000, Pages::X86_64).unwrap();
    /// assert_eq!(window.clamp(0x1ff0, 0x100), Some(0x10));
    /// assert_eq!(window.clamp(0x2000, 0x100), Some(0));
    /// assert_eq!(window.clamp(0x2001, 0x100), None);
    /// ```
    pub const fn clamp(&self, offset: u64, len: u64) -> Option<u64> {
        match self.size.checked_sub(offset) {
            Some(left) if left < len => Some(left),
            Some(_) => Some(len),
            None => None,
        }
    }

    /// The length of the first piece of a copy of `len` bytes at `offset`: it ends at the end of
    /// the window or of the page of `offset`, whichever comes first.
    ///
    /// ```
    /// # use cxl_regs::map::{Pages, Window};
    /// let window = Window::new(0x1000, 0x2000, Pages::X86_64).unwrap();
    /// assert_eq!(window.chunk(0xff0, 0x100), Some(0x10));
    /// assert_eq!(window.chunk(0x1000, 0x100), Some(0x100));
    /// ```
    pub const fn chunk(&self, offset: u64, len: u64) -> Option<u64> {
        let Some(page) = self.pages.bytes(Level::Pte) else {
            return None;
        };
        let left = page.wrapping_sub(offset & page.wrapping_sub(1));
        match self.clamp(offset, len) {
            Some(len) if left < len => Some(left),
            other => other,
        }
    }
}

/// A mapping of a part of a [`Window`] into user space.
///
/// ```
/// use cxl_regs::map::{Level, Mapping, Pages, Window};
///
/// let window = Window::new(4 << 30, 1 << 30, Pages::X86_64).unwrap();
/// // The whole window at an address that is 2 MiB aligned only.
/// let start = 0x7f00_0020_0000;
/// let mapping = Mapping::new(window, start, start + (1 << 30), 0).unwrap();
/// assert_eq!(mapping.best(start + 0x1234, Level::Pud), Some((Level::Pmd, 4 << 18)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mapping {
    window: Window,
    start: u64,
    end: u64,
    offset: u64,
}

impl Mapping {
    /// The mapping of the window from `offset` on to the user addresses `start..end`; `None`
    /// unless it is page aligned, not empty, and inside the window.
    ///
    /// ```
    /// # use cxl_regs::map::{Mapping, Pages, Window};
    /// let window = Window::new(0x1000, 0x2000, Pages::X86_64).unwrap();
    /// assert!(Mapping::new(window, 0x5000, 0x7000, 0).is_some());
    /// assert!(Mapping::new(window, 0x5000, 0x7000, 0x1000).is_none());
    /// assert!(Mapping::new(window, 0x5000, 0x5000, 0).is_none());
    /// ```
    pub const fn new(window: Window, start: u64, end: u64, offset: u64) -> Option<Self> {
        let (Some(len), Some(page)) = (end.checked_sub(start), window.pages.bytes(Level::Pte))
        else {
            return None;
        };
        let aligned = (start | end | offset) & page.wrapping_sub(1) == 0;
        let inside = match window.clamp(offset, len) {
            Some(inside) => inside == len,
            None => false,
        };
        if !aligned || !inside || len == 0 {
            return None;
        }
        Some(Self {
            window,
            start,
            end,
            offset,
        })
    }

    /// The first page frame of the block of `level` around the user address `address`, if one
    /// entry of that level can map it: the block is inside the mapping, and as aligned physically
    /// as it is virtually.
    ///
    /// ```
    /// # use cxl_regs::map::{Level, Mapping, Pages, Window};
    /// let window = Window::new(0x20_0000, 0x40_0000, Pages::X86_64).unwrap();
    /// let mapping = Mapping::new(window, 0x60_0000, 0xa0_0000, 0).unwrap();
    /// assert_eq!(mapping.pfn(0x81_2345, Level::Pmd), Some(0x400));
    /// assert_eq!(mapping.pfn(0x81_2345, Level::Pte), Some(0x412));
    /// assert_eq!(mapping.pfn(0x81_2345, Level::Pud), None);
    /// ```
    pub const fn pfn(&self, address: u64, level: Level) -> Option<u64> {
        let Some(bytes) = self.window.pages.bytes(level) else {
            return None;
        };
        let within = bytes.wrapping_sub(1);
        let first = address & !within;
        let Some(last) = first.checked_add(within) else {
            return None;
        };
        if first < self.start || last >= self.end {
            return None;
        }
        // The block is inside the mapping and the mapping inside the window.
        let Some(offset) = self.offset.checked_add(first.wrapping_sub(self.start)) else {
            return None;
        };
        match self.window.address(offset) {
            Some(physical) if physical & within == 0 => self.window.pfn(offset),
            _ => None,
        }
    }

    /// The largest level, `cap` at most, of which one entry can map `address`, and the first page
    /// frame of its block; `None` outside the mapping.
    ///
    /// ```
    /// # use cxl_regs::map::{Level, Mapping, Pages, Window};
    /// let window = Window::new(1 << 30, 1 << 30, Pages::X86_64).unwrap();
    /// let mapping = Mapping::new(window, 1 << 30, 2 << 30, 0).unwrap();
    /// assert_eq!(mapping.best(1 << 30, Level::Pud), Some((Level::Pud, 1 << 18)));
    /// assert_eq!(mapping.best(1 << 30, Level::Pmd), Some((Level::Pmd, 1 << 18)));
    /// assert_eq!(mapping.best(2 << 30, Level::Pud), None);
    /// ```
    pub fn best(&self, address: u64, cap: Level) -> Option<(Level, u64)> {
        Level::ALL
            .into_iter()
            .filter(|&level| level <= cap)
            .find_map(|level| Some((level, self.pfn(address, level)?)))
    }
}
