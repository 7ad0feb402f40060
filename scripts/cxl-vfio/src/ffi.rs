// SPDX-License-Identifier: GPL-2.0

//! What Rust's library does not have of the system: ioctl, mappings of devices, and the signal that ends `watch`. All
//! `unsafe` is here.

use std::{
    ffi::c_void,
    fs::File,
    io,
    num::NonZero,
    os::fd::AsRawFd,
    ptr::NonNull,
    sync::atomic::{
        AtomicBool,
        Ordering, //
    },
};

/// An ioctl whose argument is a structure that starts with its size, as all of VFIO's questions do. The kernel writes the
/// answer, capability chain included, into the same bytes.
///
/// `buffer` is the whole structure; its length is what the caller put into its first four bytes.
pub fn ioctl_buffer(file: &File, request: u64, buffer: &mut [u8]) -> io::Result<()> {
    let size = buffer.first_chunk().map(|size| u32::from_ne_bytes(*size));
    if size.is_none_or(|size| size as usize > buffer.len()) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: VFIO reads and writes at most argsz bytes, which is not more than the buffer has.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), request as _, buffer.as_mut_ptr()) };
    check(result.into()).map(|_| ())
}

/// An ioctl whose argument is a number.
pub fn ioctl_number(file: &File, request: u64, number: libc::c_ulong) -> io::Result<i64> {
    // SAFETY: The kernel takes the argument for a number, and touches no memory of ours.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), request as _, number) };
    check(result.into())
}

/// An ioctl that reads a file descriptor of ours.
pub fn ioctl_descriptor(file: &File, request: u64, descriptor: &File) -> io::Result<()> {
    let number: libc::c_int = descriptor.as_raw_fd();
    // SAFETY: The kernel reads one int, which lives until the call returns.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), request as _, &raw const number) };
    check(result.into()).map(|_| ())
}

/// An ioctl that takes a name and answers with a new file.
pub fn ioctl_open(file: &File, request: u64, name: &std::ffi::CStr) -> io::Result<File> {
    use std::os::fd::FromRawFd;
    // SAFETY: The kernel reads the name up to its end.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), request as _, name.as_ptr()) };
    let descriptor = check(result.into())?;
    // SAFETY: The descriptor is new, and nobody else has it.
    Ok(unsafe { File::from_raw_fd(descriptor as _) })
}

/// Waits until nobody else has locked the file, and locks it until it is closed.
pub fn lock(file: &File) -> io::Result<()> {
    // SAFETY: It takes no memory of ours.
    let result = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX) };
    check(result.into()).map(|_| ())
}

fn check(result: i64) -> io::Result<i64> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// A shared mapping of a part of a file, for accesses of one word each.
pub struct Mapping {
    start: NonNull<c_void>,
    len: usize,
}

impl Mapping {
    /// Maps `len` bytes at `offset`. With `place`, (a power of two, a distance): the address is that distance from a
    /// multiple of the power of two.
    pub fn new(
        file: &File,
        offset: u64,
        len: NonZero<usize>,
        write: bool,
        place: Option<(usize, usize)>,
    ) -> io::Result<Self> {
        let len = len.get();
        let protection = libc::PROT_READ | if write { libc::PROT_WRITE } else { 0 };
        let Some((align, distance)) = place else {
            return Self::at(
                None,
                len,
                protection,
                libc::MAP_SHARED,
                Some((file, offset)),
            );
        };
        // A reservation in which there is such an address, and a mapping above a part of it.
        let total = len
            .checked_add(2 * align)
            .ok_or(io::ErrorKind::InvalidInput)?;
        let hidden = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let mut reserved = Self::at(None, total, libc::PROT_NONE, hidden, None)?;
        let free = reserved.start.as_ptr() as usize;
        let wanted = (free.next_multiple_of(align) + distance) as *mut c_void;
        let above = libc::MAP_SHARED | libc::MAP_FIXED;
        let mapped = Self::at(
            NonNull::new(wanted),
            len,
            protection,
            above,
            Some((file, offset)),
        )?;
        // The mapping is a part of the reservation, and ends with it.
        std::mem::forget(mapped);
        reserved.start = NonNull::new(wanted).ok_or(io::ErrorKind::InvalidInput)?;
        let before = wanted as usize - free;
        let after = total - before - len;
        reserved.len = len;
        for (start, len) in [(free, before), (wanted as usize + len, after)] {
            if len > 0 {
                // SAFETY: This part of the reservation is ours alone, and nothing points into it.
                unsafe { libc::munmap(start as *mut c_void, len) };
            }
        }
        Ok(reserved)
    }

    fn at(
        start: Option<NonNull<c_void>>,
        len: usize,
        protection: i32,
        flags: i32,
        file: Option<(&File, u64)>,
    ) -> io::Result<Self> {
        let (descriptor, offset) = file.map_or((-1, 0), |(file, at)| (file.as_raw_fd(), at));
        let address = start.map_or(std::ptr::null_mut(), NonNull::as_ptr);
        // SAFETY: Without MAP_FIXED the kernel chooses unused addresses; with it, `new` passes a part of its reservation.
        let start = unsafe { libc::mmap(address, len, protection, flags, descriptor, offset as _) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { start, len })
    }

    fn word<T>(&self, offset: usize) -> *mut T {
        let size = size_of::<T>();
        assert!(offset % size == 0 && offset.checked_add(size).is_some_and(|end| end <= self.len));
        self.start.as_ptr().cast::<u8>().wrapping_add(offset).cast()
    }

    pub fn read32(&self, offset: usize) -> u32 {
        // SAFETY: `word` checked that it is inside the mapping and aligned; device memory may change, hence volatile.
        unsafe { self.word::<u32>(offset).read_volatile() }
    }

    pub fn read64(&self, offset: usize) -> u64 {
        // SAFETY: As above.
        unsafe { self.word::<u64>(offset).read_volatile() }
    }

    /// The mapping must have been made for writing, here and below.
    pub fn write32(&self, offset: usize, value: u32) {
        // SAFETY: As above; a write to a mapping that is not for writing raises a signal, which is no undefined behaviour.
        unsafe { self.word::<u32>(offset).write_volatile(value) }
    }

    pub fn write64(&self, offset: usize, value: u64) {
        // SAFETY: As above.
        unsafe { self.word::<u64>(offset).write_volatile(value) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: The mapping is ours, and references into it do not leave this module.
        unsafe { libc::munmap(self.start.as_ptr(), self.len) };
    }
}

static STOPPED: AtomicBool = AtomicBool::new(false);

extern "C" fn stop(_: libc::c_int) {
    STOPPED.store(true, Ordering::Relaxed);
}

/// From now on SIGINT and SIGTERM end nothing by themselves, but interrupt what waits; see [`is_stopped`].
pub fn catch_stop() {
    // SAFETY: All-zero is a valid sigaction: no flags, so that calls are interrupted, and no signal blocked.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = stop as extern "C" fn(libc::c_int) as usize;
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: The handler only stores to an atomic.
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
}

/// Whether one of these signals came.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// Waits until the file can be read; false after so many milliseconds, or a signal.
pub fn wait_readable(file: &File, milliseconds: i32) -> bool {
    let mut poll = libc::pollfd {
        fd: file.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: One valid structure.
    unsafe { libc::poll(&raw mut poll, 1, milliseconds) > 0 }
}

/// Whether this process may do what root may.
pub fn is_root() -> bool {
    // SAFETY: It has no preconditions.
    unsafe { libc::geteuid() == 0 }
}

/// Ends all processes of a group that this process started.
pub fn kill_group(leader: u32) {
    let Ok(leader @ 2..) = libc::pid_t::try_from(leader) else {
        return;
    };
    // SAFETY: It touches no memory.
    unsafe { libc::kill(-leader, libc::SIGKILL) };
}

/// The size of the smallest page.
pub fn page_size() -> u64 {
    // SAFETY: It has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).unwrap_or(4096)
}
