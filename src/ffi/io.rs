// SPDX-License-Identifier: GPL-2.0

//! Kernel mappings of a device: registers, and coherent memory.

use super::{
    bindings,
    pci::PciDev, //
};
use core::ptr::NonNull;
use kernel::{
    ffi::c_void,
    prelude::*, //
};

/// A BAR's registers, uncached. Reading a BAR that does not answer gives all-ones.
///
/// # Invariants
///
/// `base` maps `len` bytes of device registers until this is dropped.
pub(crate) struct Mmio {
    base: NonNull<c_void>,
    len: usize,
}

// SAFETY: The mapping belongs to no thread.
unsafe impl Send for Mmio {}
// SAFETY: Registers are read and written with single volatile accesses.
unsafe impl Sync for Mmio {}

impl Mmio {
    /// Maps a BAR of a function.
    pub(crate) fn map_bar(pdev: &PciDev, bar: u8) -> Result<Self> {
        let len = usize::try_from(pdev.bar_len(bar)).map_err(|_| ENOMEM)?;
        // SAFETY: `pdev` is valid; the whole BAR is mapped, or nothing.
        let base = unsafe { bindings::pci_iomap(pdev.as_raw(), i32::from(bar), 0) };
        // INVARIANT: `pci_iomap` mapped the whole BAR, which `drop` unmaps.
        NonNull::new(base)
            .map(|base| Self { base, len })
            .ok_or(ENOMEM)
    }

    /// The size of the mapping.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn as_raw(&self) -> *mut c_void {
        self.base.as_ptr()
    }

    fn at(&self, offset: usize, size: usize) -> Option<*mut c_void> {
        let end = offset.checked_add(size)?;
        if end > self.len || offset % size != 0 {
            return None;
        }
        // SAFETY: Within the mapping, by the check above.
        Some(unsafe { self.base.as_ptr().byte_add(offset) })
    }

    /// Reads a 32-bit register; outside the mapping nothing answers.
    pub(crate) fn read32(&self, offset: usize) -> u32 {
        match self.at(offset, 4) {
            // SAFETY: An aligned register within the mapping.
            Some(register) => unsafe { bindings::readl(register) },
            None => u32::MAX,
        }
    }

    /// Writes a 32-bit register; outside the mapping nothing is there to be written.
    pub(crate) fn write32(&self, offset: usize, value: u32) {
        if let Some(register) = self.at(offset, 4) {
            // SAFETY: An aligned register within the mapping.
            unsafe { bindings::writel(value, register) };
        }
    }
}

/// The width of an access to registers.
#[derive(Copy, Clone)]
pub(crate) enum Width {
    /// A byte.
    W8,
    /// A word.
    W16,
    /// A dword.
    W32,
    /// Two dwords at once.
    W64,
}

impl Width {
    /// The widest access that begins at `offset` and has at most `left` bytes.
    pub(crate) fn at(offset: usize, left: usize) -> Self {
        let fits = |bytes: usize| left >= bytes && offset % bytes == 0;
        if fits(8) {
            Self::W64
        } else if fits(4) {
            Self::W32
        } else if fits(2) {
            Self::W16
        } else {
            Self::W8
        }
    }

    /// Its bytes.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::W8 => 1,
            Self::W16 => 2,
            Self::W32 => 4,
            Self::W64 => 8,
        }
    }
}

/// Registers of any width, for a user who knows them.
impl Mmio {
    /// Reads a register in one access; outside the mapping nothing answers.
    pub(crate) fn read(&self, offset: usize, width: Width) -> u64 {
        let Some(register) = self.at(offset, width.bytes()) else {
            return u64::MAX;
        };
        // SAFETY: An aligned register within the mapping.
        unsafe {
            match width {
                Width::W8 => bindings::readb(register).into(),
                Width::W16 => bindings::readw(register).into(),
                Width::W32 => bindings::readl(register).into(),
                Width::W64 => bindings::readq(register),
            }
        }
    }

    /// Writes a register in one access; outside the mapping nothing is there to be written.
    pub(crate) fn write(&self, offset: usize, width: Width, value: u64) {
        let Some(register) = self.at(offset, width.bytes()) else {
            return;
        };
        // SAFETY: An aligned register within the mapping.
        unsafe {
            // CAST: The bytes of the access.
            match width {
                Width::W8 => bindings::writeb(value as u8, register),
                Width::W16 => bindings::writew(value as u16, register),
                Width::W32 => bindings::writel(value as u32, register),
                Width::W64 => bindings::writeq(value, register),
            }
        }
    }
}

impl Drop for Mmio {
    fn drop(&mut self) {
        // SAFETY: Mapped by `pci_iomap`, by the type invariant; iounmap() is what pci_iounmap()
        // does to a memory BAR, and needs no function that may be gone by now.
        unsafe { bindings::iounmap(self.base.as_ptr()) };
    }
}

/// Why device memory is not mapped.
pub(crate) enum Unmapped {
    /// There is no memory for it.
    NoMemory,
    /// The kernel would map it, but not write-back.
    NotWriteBack,
}

/// Coherent device memory, write-back.
///
/// It must only be touched while the device decodes it. As long as it is mapped, x86 records the
/// range as write-back, which is also where vmf_insert_pfn() takes the memory type of user mappings
/// from: without it they would be uncached.
///
/// # Invariants
///
/// `base` maps `len` bytes until this is dropped.
pub(crate) struct Memory {
    base: NonNull<c_void>,
    len: usize,
}

// SAFETY: The mapping belongs to no thread.
unsafe impl Send for Memory {}
// SAFETY: Memory that others write concurrently is only copied, never referenced.
unsafe impl Sync for Memory {}

impl Memory {
    /// Maps a physical range that is no system RAM.
    pub(crate) fn map(start: u64, len: u64) -> Result<Self, Unmapped> {
        let len = usize::try_from(len).map_err(|_| Unmapped::NoMemory)?;
        // SAFETY: Maps device memory or fails; nothing is accessed.
        let base = unsafe {
            bindings::memremap(
                start,
                len,
                // CAST: A bit of an unnamed C enum.
                bindings::MEMREMAP_WB as usize,
            )
        };
        let base = NonNull::new(base).ok_or(Unmapped::NoMemory)?;
        let memory = Self { base, len };
        // SAFETY: Mapped just now; nothing is accessed.
        if unsafe { bindings::cxl_vfio_is_write_back(base.as_ptr()) } {
            Ok(memory)
        } else {
            Err(Unmapped::NotWriteBack)
        }
    }

    pub(super) fn as_raw(&self) -> *mut c_void {
        self.base.as_ptr()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn at(&self, offset: usize, count: usize) -> Result<*mut c_void> {
        match offset.checked_add(count) {
            // SAFETY: Within the mapping.
            Some(end) if end <= self.len => Ok(unsafe { self.base.as_ptr().byte_add(offset) }),
            _ => Err(EINVAL),
        }
    }

    /// Copies out of the memory. Poison that a load meets is `EIO`, where the architecture can.
    pub(crate) fn read(&self, offset: usize, to: &mut [u8]) -> Result {
        let from = self.at(offset, to.len())?;
        // SAFETY: Source and destination are valid for `to.len()` bytes.
        let left =
            unsafe { bindings::cxl_vfio_copy_from_memory(to.as_mut_ptr().cast(), from, to.len()) };
        if left == 0 {
            Ok(())
        } else {
            Err(EIO)
        }
    }

    /// Copies into the memory.
    pub(crate) fn write(&self, offset: usize, from: &[u8]) -> Result {
        let to = self.at(offset, from.len())?;
        // SAFETY: Source and destination are valid for `from.len()` bytes.
        unsafe { bindings::cxl_vfio_copy_to_memory(to, from.as_ptr().cast(), from.len()) };
        Ok(())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: Mapped by `memremap`, by the type invariant.
        unsafe { bindings::memunmap(self.base.as_ptr()) };
    }
}
