// SPDX-License-Identifier: GPL-2.0

//! Memory of this process that a guest or a device may be given: the guest's RAM, and mappings of
//! a device's regions. No Rust reference into it is ever made.

use crate::error::{Attempt, Error, Result};
use std::{fs::File, io, os::fd::AsRawFd, ptr, rc::Rc};
use vm_memory::{
    Address, Bytes, GuestAddress, GuestMemoryBackend, GuestMemoryMmap, GuestMemoryRegion,
};

/// A part of a region of a device, mapped. It is unmapped when the last user lets go.
pub struct Mapping {
    start: *mut u8,
    size: usize,
}

/// One piece of memory; clones are the same memory.
#[derive(Clone)]
pub enum Memory {
    Ram(GuestMemoryMmap),
    Region(Rc<Mapping>),
}

/// Reserves `size` bytes of address space, or maps a file over a part of such a reservation.
///
/// # Safety
///
/// If `at` is not null, `size` bytes from there are a reservation of the caller that nobody uses.
unsafe fn map(at: *mut u8, size: usize, file: Option<(&File, u64)>) -> io::Result<*mut u8> {
    let (protection, flags, fd, offset) = match file {
        Some((file, offset)) => (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_FIXED,
            file.as_raw_fd(),
            offset as libc::off_t,
        ),
        None => (
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        ),
    };
    // SAFETY: It replaces nothing but a reservation, which the caller promises.
    let at = unsafe { libc::mmap(at.cast(), size, protection, flags, fd, offset) };
    if at == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(at.cast())
}

/// A page that is mapped as 1 GiB must be aligned so in virtual and in physical addresses.
const LARGEST_PAGE: usize = 1 << 30;

impl Mapping {
    /// Maps `size` bytes at `offset` of a file, at an address that equals `like` modulo 1 GiB.
    ///
    /// Where `like` is the physical address of what is mapped, the kernel can use pages of any
    /// size, for this process and for KVM.
    fn new(file: &File, offset: u64, size: usize, like: u64) -> io::Result<Self> {
        let whole = size
            .checked_add(2 * LARGEST_PAGE)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: The kernel chooses the address.
        let space = unsafe { map(ptr::null_mut(), whole, None) }?;
        let skew = like as usize % LARGEST_PAGE;
        let before = skew.wrapping_sub(space as usize) % LARGEST_PAGE;
        let start = space.wrapping_add(before);
        // SAFETY: It lies within the reservation: before < 1 GiB.
        let mapped = unsafe { map(start, size, Some((file, offset))) };
        // SAFETY: These are the parts of the reservation that stayed unused; all of it, in two
        // parts, if the file was not mapped.
        unsafe {
            let kept = if mapped.is_ok() { size } else { 0 };
            libc::munmap(space.cast(), before);
            libc::munmap(start.wrapping_add(kept).cast(), whole - before - kept);
        }
        Ok(Mapping {
            start: mapped?,
            size,
        })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: The mapping is this object's, and whoever uses it holds the object.
        unsafe { libc::munmap(self.start.cast(), self.size) };
    }
}

impl Memory {
    pub fn ram(size: usize) -> Result<Self> {
        GuestMemoryMmap::from_ranges(&[(GuestAddress(0), size)])
            .map(Memory::Ram)
            .attempt(format_args!("{size:#x} bytes of RAM"))
    }

    pub fn region(file: &File, offset: u64, size: u64, like: u64) -> Result<Self> {
        let mapping = Mapping::new(file, offset, size as usize, like);
        mapping
            .map(|mapping| Memory::Region(Rc::new(mapping)))
            .attempt(format_args!("mapping {size:#x} bytes at {offset:#x}"))
    }

    /// Puts bytes into RAM.
    pub fn write_bytes(&self, at: u64, bytes: &[u8]) -> Result<()> {
        let Memory::Ram(ram) = self else {
            return Err(Error::new("a guest starts in RAM"));
        };
        ram.write_slice(bytes, GuestAddress(at))
            .attempt(format_args!("the guest's RAM at {at:#x}"))
    }

    /// Puts words into RAM.
    pub fn write(&self, at: u64, words: &[u64]) -> Result<()> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.write_bytes(at, &bytes)
    }

    pub fn size(&self) -> u64 {
        match self {
            Memory::Ram(ram) => ram.last_addr().raw_value() + 1,
            Memory::Region(mapping) => mapping.size as u64,
        }
    }

    /// The first byte, for the kernel; it stays there as long as any clone of this is held.
    pub fn start(&self) -> *mut u8 {
        match self {
            Memory::Ram(ram) => ram
                .iter()
                .next()
                .and_then(|region| region.get_host_address(Default::default()).ok())
                .unwrap_or(ptr::null_mut()),
            Memory::Region(mapping) => mapping.start,
        }
    }
}
