// SPDX-License-Identifier: GPL-2.0

//! A device of vfio-pci-core with state of ours behind it: its life, and what the core does for it.

use super::{
    bindings,
    io::Mmio,
    ops::Operations,
    pci::PciDev, //
};
use core::ops::Deref;
use kernel::{
    error::to_result,
    ffi::c_ulong,
    prelude::*,
    sync::Arc,
    types::{
        NotThreadSafe,
        Opaque, //
    },
    uaccess::UserPtr, //
};

/// A vfio device: the core's structure, and the driver's state behind it.
///
/// # Invariants
///
/// `core` is at offset 0 and initialised by vfio-pci-core; `state` is initialised. A reference to a
/// `Device` exists only between the two.
#[repr(C)]
pub(crate) struct Device<T: Operations> {
    pub(super) core: Opaque<bindings::vfio_pci_core_device>,
    pub(super) state: Arc<T>,
}

impl<T: Operations> Deref for Device<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.state
    }
}

/// The core's write to one of its regions.
///
/// # Safety
///
/// `vdev` is open, and a user writes to it.
unsafe fn core_write(
    vdev: *mut bindings::vfio_device,
    from: UserPtr,
    count: usize,
    pos: u64,
) -> Result<usize> {
    // CAST: Offsets of regions are below 2^63.
    let mut pos = pos as bindings::loff_t;
    let from = from.as_const_ptr().cast();
    // SAFETY: By the requirements of this function.
    bytes(unsafe { bindings::vfio_pci_core_write(vdev, from, count, &mut pos) })
}

/// A function that vfio-pci-core alone serves, but for writes.
#[repr(transparent)]
pub(crate) struct PlainDevice(Opaque<bindings::vfio_pci_core_device>);

impl PlainDevice {
    /// # Safety
    ///
    /// `vdev` is the `vfio_device` of a PCI function, which lives for `'a`.
    pub(super) unsafe fn from_vfio<'a>(vdev: *mut bindings::vfio_device) -> &'a Self {
        // SAFETY: `vdev` is at offset 0 of the core's structure, as `RegisteredDevice::new` asserts.
        unsafe { &*vdev.cast() }
    }

    /// The function.
    pub(crate) fn pdev(&self) -> &PciDev {
        // SAFETY: Set before registration and valid for as long as the device is.
        unsafe { PciDev::from_raw((*self.0.get()).pdev) }
    }

    /// The core's write to one of its regions.
    pub(crate) fn core_write(&self, from: UserPtr, count: usize, pos: u64) -> Result<usize> {
        // SAFETY: Called from a write to an open device only.
        unsafe { core_write(self.0.get().cast(), from, count, pos) }
    }
}

impl<T: Operations> Device<T> {
    /// The device of a function, unless vfio-pci-core alone serves it.
    ///
    /// # Safety
    ///
    /// `dev` is of a function that is bound through a [`RegisteredDevice`], and stays so for `'a`.
    pub(super) unsafe fn from_drvdata<'a>(dev: *mut bindings::device) -> Option<&'a Self> {
        // SAFETY: By the requirements of this function.
        let vdev = unsafe { bindings::dev_get_drvdata(dev) }.cast::<bindings::vfio_device>();
        // SAFETY: The drvdata is the core's structure, with the `vfio_device` at offset 0.
        let ops = unsafe { (*vdev).ops };
        core::ptr::eq(ops, T::vfio_operations().as_raw()).then(|| {
            // SAFETY: Only `RegisteredDevice::new` registers with this table.
            unsafe { Self::from_vfio(vdev) }
        })
    }

    /// # Safety
    ///
    /// `vdev` is the `vfio_device` of a `Device` of the same `T`, which lives for `'a`.
    pub(super) unsafe fn from_vfio<'a>(vdev: *mut bindings::vfio_device) -> &'a Self {
        // SAFETY: `vdev` is at offset 0, as `RegisteredDevice::new` asserts.
        unsafe { &*vdev.cast() }
    }

    pub(super) fn as_raw(&self) -> *mut bindings::vfio_pci_core_device {
        self.core.get()
    }

    pub(super) fn as_vfio(&self) -> *mut bindings::vfio_device {
        self.as_raw().cast()
    }

    /// The function.
    pub(crate) fn pdev(&self) -> &PciDev {
        // SAFETY: Set before registration and valid for as long as the device is.
        unsafe { PciDev::from_raw((*self.as_raw()).pdev) }
    }

    /// The core's answer to an ioctl.
    pub(crate) fn core_ioctl(&self, cmd: u32, arg: UserPtr) -> Result<c_long> {
        // CAST: A pointer as the ioctl argument that it was.
        let arg = arg.as_mut_ptr() as c_ulong;
        // SAFETY: Called from an ioctl of an open device only.
        let ret = unsafe { bindings::vfio_pci_core_ioctl(self.as_vfio(), cmd, arg) };
        if ret < 0 {
            // CAST: Error numbers are small.
            Err(Error::from_errno(ret as c_int))
        } else {
            Ok(ret)
        }
    }

    /// The core's answer to VFIO_DEVICE_FEATURE.
    pub(crate) fn core_feature(&self, flags: u32, arg: UserPtr, argsz: usize) -> Result<c_int> {
        // SAFETY: Called from an ioctl of an open device only.
        let ret = unsafe {
            bindings::vfio_pci_core_ioctl_feature(self.as_vfio(), flags, arg.as_mut_ptr(), argsz)
        };
        to_result(ret).map(|()| ret)
    }

    /// The core's read of one of its regions.
    pub(crate) fn core_read(&self, to: UserPtr, count: usize, pos: u64) -> Result<usize> {
        // CAST: Offsets of regions are below 2^63.
        let mut pos = pos as bindings::loff_t;
        // SAFETY: Called from a read of an open device only.
        bytes(unsafe {
            bindings::vfio_pci_core_read(self.as_vfio(), to.as_mut_ptr().cast(), count, &mut pos)
        })
    }

    /// The core's write to one of its regions.
    pub(crate) fn core_write(&self, from: UserPtr, count: usize, pos: u64) -> Result<usize> {
        // SAFETY: Called from a write to an open device only.
        unsafe { core_write(self.as_vfio(), from, count, pos) }
    }

    /// The bytes of a BAR that are the MSI-X table, which no user touches directly.
    pub(crate) fn msix_table(&self, bar: u8) -> core::ops::Range<usize> {
        let core = self.as_raw();
        // SAFETY: Set when the device was opened and constant while it is.
        let (msix_bar, offset, size) =
            unsafe { ((*core).msix_bar, (*core).msix_offset, (*core).msix_size) };
        if msix_bar != bar {
            return 0..0;
        }
        // CAST: u32 to usize.
        let start = offset as usize;
        start..start.saturating_add(size.into())
    }

    /// Reads or writes registers as the core does for a BAR: each access is made under the core's
    /// memory lock and only while Memory Space is enabled, and the MSI-X table is left out.
    pub(crate) fn bar_access(
        &self,
        mmio: &Mmio,
        bar: u8,
        direction: Direction,
        user: UserPtr,
        range: core::ops::Range<usize>,
    ) -> Result<usize> {
        if range.end > mmio.len() {
            return Err(EINVAL);
        }
        let core = self.as_raw();
        let excluded = self.msix_table(bar);
        // SAFETY: The mapping covers the range, as checked above.
        bytes(unsafe {
            bindings::vfio_pci_core_do_io_rw(
                core,
                true,
                mmio.as_raw(),
                user.as_mut_ptr().cast(),
                // CAST: Within a BAR.
                range.start as bindings::loff_t,
                range.len(),
                excluded.start,
                excluded.end,
                direction == Direction::Write,
                bindings::vfio_pci_io_width_VFIO_PCI_IO_WIDTH_8,
            )
        })
    }

    /// Whether the user has Memory Space enabled, as the core sees it.
    pub(crate) fn memory_enabled(&self, _lock: &MemoryLock<'_>) -> bool {
        // SAFETY: The device is open, and the core's memory lock is held.
        unsafe { bindings::__vfio_pci_memory_enabled(self.as_raw()) }
    }

    /// The command register as the user wrote it.
    pub(crate) fn command(&self, _lock: &MemoryLock<'_>) -> u16 {
        // CAST: Within configuration space.
        const COMMAND: usize = bindings::PCI_COMMAND as usize;

        // SAFETY: The device is open, so the core has its copy of configuration space, and it writes
        // this register with the memory lock held exclusively.
        let bytes = unsafe {
            let at = (*self.as_raw()).vconfig.add(COMMAND);
            [at.read(), at.add(1).read()]
        };
        u16::from_le_bytes(bytes)
    }

    /// Whether the user put the device to sleep.
    pub(crate) fn low_power(&self, _lock: &MemoryLock<'_>) -> bool {
        // SAFETY: The core's memory lock, which protects the flag, is held.
        unsafe { (*self.as_raw()).pm_runtime_engaged }
    }

    /// The same for who has the lock of the gate: its user holds the gate while the core writes the flag.
    pub(crate) fn is_put_to_sleep(&self) -> bool {
        // SAFETY: A byte of the core's, which is valid while the device is; another thread may write it.
        unsafe { (&raw const (*self.as_raw()).pm_runtime_engaged).read_volatile() }
    }

    fn memory_sem(&self) -> &Opaque<bindings::rw_semaphore> {
        // SAFETY: Initialised with the device.
        unsafe { &*(&raw mut (*self.as_raw()).memory_lock).cast() }
    }

    /// Takes the core's memory lock shared.
    pub(crate) fn memory_lock(&self) -> MemoryLock<'_> {
        let sem = self.memory_sem();
        // SAFETY: Initialised, and the caller may sleep.
        unsafe { bindings::down_read(sem.get()) };
        MemoryLock(sem, NotThreadSafe)
    }

    /// Takes the core's memory lock shared, if nobody has it exclusively now.
    pub(crate) fn try_memory_lock(&self) -> Option<MemoryLock<'_>> {
        let sem = self.memory_sem();
        // SAFETY: Initialised.
        let taken = unsafe { bindings::down_read_trylock(sem.get()) };
        (taken != 0).then(|| MemoryLock(sem, NotThreadSafe))
    }

    /// Removes every user mapping of a range of the device's file.
    pub(crate) fn zap(&self, start: u64, len: u64) {
        // SAFETY: The inode lives as long as the device.
        unsafe {
            bindings::unmap_mapping_range(
                (*(*self.as_vfio()).inode).i_mapping,
                // CAST: Offsets of regions are below 2^63.
                start as bindings::loff_t,
                len as bindings::loff_t,
                1,
            )
        };
    }

    /// Whether the function was reset when the core enabled it.
    pub(crate) fn was_reset_at_open(&self) -> bool {
        // SAFETY: The core writes the flag while it enables the device, under the lock of the device
        // set, which the caller holds: it opens the device.
        unsafe { bindings::cxl_vfio_was_reset(self.as_raw()) }
    }

    /// Whether a CXL Reset would hit another function that has a driver.
    pub(crate) fn shares_cxl_reset(&self) -> bool {
        // SAFETY: Valid while the device is.
        unsafe { bindings::cxl_vfio_shares_cxl_reset(self.pdev().as_raw()) }
    }

    /// Puts back the configuration space that the PCI core saved last, as after a reset that the
    /// PCI core leaves to drivers. Nothing if the core's memory lock is taken.
    pub(crate) fn try_restore_config(&self) -> Option<()> {
        let core = self.as_raw();
        // SAFETY: Initialised.
        if unsafe { bindings::down_write_trylock(&raw mut (*core).memory_lock) } == 0 {
            return None;
        }
        // SAFETY: The function is bound, so its configuration was saved.
        unsafe { bindings::pci_restore_state((*core).pdev) };
        // SAFETY: Taken above.
        unsafe { bindings::up_write(&raw mut (*core).memory_lock) };
        Some(())
    }
}

/// What the offsets of a device's file leave to a region.
pub(crate) const REGION_LEN: u64 = 1 << bindings::VFIO_PCI_OFFSET_SHIFT;

/// The file offset at which a region begins.
pub(crate) const fn region_start(index: u32) -> u64 {
    // CAST: Widening.
    (index as u64) << bindings::VFIO_PCI_OFFSET_SHIFT
}

/// The region that a file offset lies in, and the offset in the region.
pub(crate) const fn region_of(pos: u64) -> (u32, u64) {
    // CAST: 64 - 40 bits fit.
    let index = (pos >> bindings::VFIO_PCI_OFFSET_SHIFT) as u32;
    (index, pos & (REGION_LEN - 1))
}

fn bytes(ret: isize) -> Result<usize> {
    usize::try_from(ret)
        // CAST: Error numbers are small.
        .map_err(|_| Error::from_errno(ret as c_int))
}

/// Which way an access moves bytes, as its user sees it.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the device.
    Read,
    /// To the device.
    Write,
}

/// The core's memory lock, shared. By the rule of the core it comes before every lock of ours.
pub(crate) struct MemoryLock<'a>(&'a Opaque<bindings::rw_semaphore>, NotThreadSafe);

impl Drop for MemoryLock<'_> {
    fn drop(&mut self) {
        // SAFETY: Taken when this was made.
        unsafe { bindings::up_read(self.0.get()) };
    }
}
