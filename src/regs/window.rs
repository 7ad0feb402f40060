// SPDX-License-Identifier: GPL-2.0

//! From an offset into the memory window to addresses and page frames, every step checked.
//!
//! User space chooses offsets and lengths; nothing here trusts them.

/// A range of physical memory that user space sees as a region.
///
/// ```
/// use cxl_regs::Window;
///
/// let window = Window::new(0x1_0000_0000, 0x1000_0000, 12).unwrap();
/// assert_eq!(window.pfn(0x2345), Some(0x10_0002));
/// assert_eq!(window.pfn(0x1000_0000), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    base: u64,
    size: u64,
    page_shift: u32,
}

impl Window {
    /// The window of `size` bytes at `base`, on a machine whose pages have 2 to the power of
    /// `page_shift` bytes; `None` unless both are page aligned, the size is not zero, and the end
    /// is representable.
    pub const fn new(base: u64, size: u64, page_shift: u32) -> Option<Self> {
        let Some(page) = 1u64.checked_shl(page_shift) else {
            return None;
        };
        let aligned = (base | size) & page.wrapping_sub(1) == 0;
        if !aligned || size == 0 || base.checked_add(size).is_none() {
            return None;
        }
        Some(Self {
            base,
            size,
            page_shift,
        })
    }

    /// The first physical address.
    pub const fn base(&self) -> u64 {
        self.base
    }

    /// The number of bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The number of the page frame that holds the byte at `offset`.
    #[inline]
    pub const fn pfn(&self, offset: u64) -> Option<u64> {
        if offset >= self.size {
            return None;
        }
        match self.base.checked_add(offset) {
            Some(address) => address.checked_shr(self.page_shift),
            None => None,
        }
    }

    /// How many of `len` bytes at `offset` are in the window; `None` if `offset` is beyond its
    /// end. At the end it is 0, as for a file.
    #[inline]
    pub const fn clamp(&self, offset: u64, len: u64) -> Option<u64> {
        match self.size.checked_sub(offset) {
            Some(left) if left < len => Some(left),
            Some(_) => Some(len),
            None => None,
        }
    }
}
