// SPDX-License-Identifier: GPL-2.0

//! The callbacks of the vfio core. They convert, call a safe method and map the result.

use super::{
    bindings,
    info::{
        InfoCaps,
        RegionInfo, //
    },
    ops::{
        Faults,
        Operations, //
    },
    vfio::{
        Device,
        PlainDevice, //
    },
    vma::Area, //
};
use core::marker::PhantomData;
use kernel::{
    error::{
        from_result,
        to_result, //
    },
    ffi::{
        c_char,
        c_ulong,
        c_void, //
    },
    prelude::*,
    str::as_char_ptr_in_const_context,
    uaccess::UserPtr, //
};

/// The operations of one kind of device.
///
/// Its address says of which kind a device is, so it has to be a static, which only the type that
/// implements [`Operations`] can declare.
#[repr(transparent)]
pub(crate) struct VfioOperations<T>(bindings::vfio_device_ops, PhantomData<fn() -> T>);

// SAFETY: Never written.
unsafe impl<T> Sync for VfioOperations<T> {}

impl<T> VfioOperations<T> {
    pub(super) fn as_raw(&self) -> *const bindings::vfio_device_ops {
        &self.0
    }
}

impl<T: Operations> VfioOperations<T> {
    /// Makes the table for a static. What is not the driver's is the core's, as for plain PCI.
    pub(crate) const fn new() -> Self {
        Self(Callbacks::<T>::VFIO, PhantomData)
    }

    /// Makes the table of [`Operations::plain_operations`]: all but writes is the core's.
    pub(crate) const fn plain() -> Self {
        Self(Callbacks::<T>::PLAIN_BUT_FOR_WRITES, PhantomData)
    }
}

/// A function that is plain PCI is in the hands of vfio-pci-core entirely.
pub(super) static PLAIN_OPERATIONS: VfioOperations<()> = VfioOperations(PLAIN, PhantomData);

const PLAIN: bindings::vfio_device_ops = bindings::vfio_device_ops {
    name: as_char_ptr_in_const_context(super::NAME).cast_mut(),
    init: Some(init),
    release: Some(bindings::vfio_pci_core_release_dev),
    open_device: Some(open_plain),
    close_device: Some(bindings::vfio_pci_core_close_device),
    ioctl: Some(bindings::vfio_pci_core_ioctl),
    get_region_info_caps: Some(bindings::vfio_pci_ioctl_get_region_info),
    device_feature: Some(bindings::vfio_pci_core_ioctl_feature),
    read: Some(bindings::vfio_pci_core_read),
    write: Some(bindings::vfio_pci_core_write),
    mmap: Some(bindings::vfio_pci_core_mmap),
    request: Some(bindings::vfio_pci_core_request),
    match_: Some(bindings::vfio_pci_core_match),
    match_token_uuid: Some(bindings::vfio_pci_core_match_token_uuid),
    #[cfg(CONFIG_IOMMUFD)]
    bind_iommufd: Some(bindings::vfio_iommufd_physical_bind),
    #[cfg(CONFIG_IOMMUFD)]
    unbind_iommufd: Some(bindings::vfio_iommufd_physical_unbind),
    #[cfg(CONFIG_IOMMUFD)]
    attach_ioas: Some(bindings::vfio_iommufd_physical_attach_ioas),
    #[cfg(CONFIG_IOMMUFD)]
    detach_ioas: Some(bindings::vfio_iommufd_physical_detach_ioas),
    #[cfg(CONFIG_IOMMUFD)]
    pasid_attach_ioas: Some(bindings::vfio_iommufd_physical_pasid_attach_ioas),
    #[cfg(CONFIG_IOMMUFD)]
    pasid_detach_ioas: Some(bindings::vfio_iommufd_physical_pasid_detach_ioas),
    ..pin_init::zeroed()
};

pub(super) static PCI_OPERATIONS: bindings::vfio_pci_device_ops = bindings::vfio_pci_device_ops {
    #[cfg(CONFIG_VFIO_PCI_DMABUF)]
    get_dmabuf_phys: Some(bindings::vfio_pci_core_get_dmabuf_phys),
    #[cfg(not(CONFIG_VFIO_PCI_DMABUF))]
    get_dmabuf_phys: None,
};

extern "C" fn init(vdev: *mut bindings::vfio_device) -> c_int {
    // SAFETY: The core calls this once for a zeroed allocation that nobody else knows yet, with
    // `vdev` at offset 0 of its structure.
    unsafe { bindings::cxl_vfio_latch_parameters(vdev.cast()) };
    // SAFETY: As above.
    unsafe { bindings::vfio_pci_core_init_dev(vdev) }
}

extern "C" fn open_plain(vdev: *mut bindings::vfio_device) -> c_int {
    let core = vdev.cast();
    // SAFETY: `vdev` is at offset 0 of the core's structure, and the vfio core holds the lock of the
    // device set.
    let ret = unsafe { bindings::vfio_pci_core_enable(core) };
    if ret == 0 {
        // SAFETY: Enabled just now, under the same lock.
        unsafe { bindings::vfio_pci_core_finish_enable(core) };
    }
    ret
}

/// Runs `access` at a file offset and moves that on by what was transferred.
///
/// # Safety
///
/// `pos` is valid.
unsafe fn move_on(pos: *mut bindings::loff_t, access: impl FnOnce(u64) -> Result<usize>) -> isize {
    // SAFETY: By the requirements of this function.
    let start = unsafe { *pos };
    // CAST: The VFS gives no negative offsets.
    match access(start as u64) {
        Ok(done) => {
            // CAST: At most the size of the access, which the VFS limits to an isize.
            let done = done as isize;
            // SAFETY: By the requirements of this function.
            unsafe { *pos = start.wrapping_add(done as bindings::loff_t) };
            done
        }
        // CAST: An error number.
        Err(error) => error.to_errno() as isize,
    }
}

/// The regions of a device that is being opened.
pub(crate) struct Regions<'a, T: Operations>(&'a Device<T>);

impl<T: Operations> Regions<'_, T> {
    const OPS: bindings::vfio_pci_regops = bindings::vfio_pci_regops {
        rw: Some(Callbacks::<T>::region_rw),
        release: Some(Callbacks::<T>::region_release),
        mmap: None,
        add_capability: None,
    };

    /// Adds a region of a type; returns its index.
    pub(crate) fn add(&mut self, kind: u32, subtype: u32, size: u64, flags: u32) -> Result<u32> {
        let core = self.0.as_raw();
        // SAFETY: The device is being opened, so nobody else reads or changes the list.
        let index = unsafe { (*core).num_regions };
        // SAFETY: As above; the operations are static.
        to_result(unsafe {
            bindings::vfio_pci_core_register_dev_region(
                core,
                kind,
                subtype,
                &Self::OPS,
                usize::try_from(size).map_err(|_| E2BIG)?,
                flags,
                core::ptr::null_mut(),
            )
        })?;
        u32::try_from(index)
            .ok()
            .and_then(|index| index.checked_add(bindings::VFIO_PCI_NUM_REGIONS))
            .ok_or(EOVERFLOW)
    }
}

/// What the vfio core calls for a device whose state is a `T`.
pub(super) struct Callbacks<T: Operations>(PhantomData<T>);

impl<T: Operations> Callbacks<T> {
    const VFIO: bindings::vfio_device_ops = bindings::vfio_device_ops {
        release: Some(Self::release),
        open_device: Some(Self::open_device),
        close_device: Some(Self::close_device),
        ioctl: Some(Self::ioctl),
        get_region_info_caps: Some(Self::get_region_info_caps),
        device_feature: Some(Self::device_feature),
        read: Some(Self::read),
        write: Some(Self::write),
        mmap: Some(Self::mmap),
        ..PLAIN
    };

    const PLAIN_BUT_FOR_WRITES: bindings::vfio_device_ops = bindings::vfio_device_ops {
        write: Some(Self::write_plain),
        ..PLAIN
    };

    extern "C" fn release(vdev: *mut bindings::vfio_device) {
        let device = vdev.cast::<Device<T>>();
        // SAFETY: The last reference is gone, so nothing else can reach the state, which
        // `RegisteredDevice::new` wrote before it gave any reference away.
        unsafe { core::ptr::drop_in_place(&raw mut (*device).state) };
        // SAFETY: As above.
        unsafe { bindings::vfio_pci_core_release_dev(vdev) };
    }

    extern "C" fn open_device(vdev: *mut bindings::vfio_device) -> c_int {
        // SAFETY: Registered with this table.
        let device = unsafe { Device::<T>::from_vfio(vdev) };
        let open = || {
            // SAFETY: The vfio core holds the lock of the device set.
            to_result(unsafe { bindings::vfio_pci_core_enable(device.as_raw()) })?;
            if let Err(error) = T::opened(device, &mut Regions(device)) {
                T::closing(device);
                // SAFETY: Enabled just now, under the same lock.
                unsafe { bindings::vfio_pci_core_disable(device.as_raw()) };
                T::closed(device);
                return Err(error);
            }
            // SAFETY: As above.
            unsafe { bindings::vfio_pci_core_finish_enable(device.as_raw()) };
            Ok(())
        };
        from_result(|| T::during_open(device, open).map(|()| 0))
    }

    extern "C" fn close_device(vdev: *mut bindings::vfio_device) {
        // SAFETY: Registered with this table.
        let device = unsafe { Device::<T>::from_vfio(vdev) };
        T::closing(device);
        T::during_close(device, || {
            // SAFETY: Open until now; the vfio core holds the lock of the device set.
            unsafe { bindings::vfio_pci_core_close_device(vdev) };
            T::closed(device);
        });
    }

    extern "C" fn ioctl(vdev: *mut bindings::vfio_device, cmd: u32, arg: c_ulong) -> c_long {
        // SAFETY: Registered with this table, and open.
        let device = unsafe { Device::<T>::from_vfio(vdev) };
        match T::ioctl(device, cmd, UserPtr::from_addr(arg)) {
            Ok(ret) => ret,
            // CAST: An error number.
            Err(error) => error.to_errno() as c_long,
        }
    }

    extern "C" fn get_region_info_caps(
        vdev: *mut bindings::vfio_device,
        info: *mut bindings::vfio_region_info,
        caps: *mut bindings::vfio_info_cap,
    ) -> c_int {
        // SAFETY: Registered with this table, and open.
        let device = unsafe { Device::<T>::from_vfio(vdev) };
        from_result(|| {
            // SAFETY: The vfio core's, filled in by the user.
            let index = unsafe { (*info).index };
            T::during_region_info(device, index, || {
                // SAFETY: All three pointers are the vfio core's.
                to_result(unsafe { bindings::vfio_pci_ioctl_get_region_info(vdev, info, caps) })
            })?;
            // SAFETY: The caller lets us write both for the length of the call.
            let (info, caps) = unsafe { (RegionInfo::from_raw(info), InfoCaps::from_raw(caps)) };
            T::region_info(device, info, caps).map(|()| 0)
        })
    }

    extern "C" fn device_feature(
        vdev: *mut bindings::vfio_device,
        flags: u32,
        arg: *mut c_void,
        argsz: usize,
    ) -> c_int {
        // SAFETY: Registered with this table, and open.
        let device = unsafe { Device::<T>::from_vfio(vdev) };
        from_result(|| T::feature(device, flags, UserPtr::from_ptr(arg), argsz))
    }

    /// Runs `access` at a file offset and moves it on by what was transferred.
    ///
    /// # Safety
    ///
    /// `vdev` is registered with this table and open, and `pos` is valid.
    unsafe fn transfer(
        vdev: *mut bindings::vfio_device,
        count: usize,
        pos: *mut bindings::loff_t,
        access: impl FnOnce(&Device<T>, u64) -> Result<usize>,
    ) -> isize {
        if count == 0 {
            return 0;
        }
        // SAFETY: By the requirements of this function.
        let device = unsafe { Device::<T>::from_vfio(vdev) };
        // SAFETY: By the requirements of this function.
        unsafe { move_on(pos, |at| access(device, at)) }
    }

    extern "C" fn write_plain(
        vdev: *mut bindings::vfio_device,
        buf: *const c_char,
        count: usize,
        pos: *mut bindings::loff_t,
    ) -> isize {
        if count == 0 {
            return 0;
        }
        // SAFETY: Registered with this table, and open.
        let device = unsafe { PlainDevice::from_vfio(vdev) };
        let user = UserPtr::from_ptr(buf.cast_mut().cast());
        // SAFETY: `pos` is the caller's.
        unsafe { move_on(pos, |at| T::write_plain(device, user, count, at)) }
    }

    extern "C" fn read(
        vdev: *mut bindings::vfio_device,
        buf: *mut c_char,
        count: usize,
        pos: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: Registered with this table, and open.
        let device = unsafe { Device::<T>::from_vfio(vdev) };
        // SAFETY: `pos` is the caller's.
        // CAST: The VFS gives no negative offsets.
        if T::leaves_read_to_core(device, unsafe { *pos } as u64, count) {
            // SAFETY: Called as the VFIO core calls it for vfio-pci.
            return unsafe { bindings::vfio_pci_core_read(vdev, buf, count, pos) };
        }
        let user = UserPtr::from_ptr(buf.cast());
        // SAFETY: As above.
        unsafe { Self::transfer(vdev, count, pos, |d, at| T::read(d, user, count, at)) }
    }

    extern "C" fn write(
        vdev: *mut bindings::vfio_device,
        buf: *const c_char,
        count: usize,
        pos: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: Registered with this table, and open.
        let device = unsafe { Device::<T>::from_vfio(vdev) };
        // SAFETY: `pos` is the caller's.
        // CAST: The VFS gives no negative offsets.
        if T::leaves_write_to_core(device, unsafe { *pos } as u64, count) {
            // SAFETY: Called as the VFIO core calls it for vfio-pci.
            return unsafe { bindings::vfio_pci_core_write(vdev, buf, count, pos) };
        }
        let user = UserPtr::from_ptr(buf.cast_mut().cast());
        // SAFETY: As above.
        unsafe { Self::transfer(vdev, count, pos, |d, at| T::write(d, user, count, at)) }
    }

    extern "C" fn region_rw(
        core: *mut bindings::vfio_pci_core_device,
        buf: *mut c_char,
        count: usize,
        pos: *mut bindings::loff_t,
        write: bool,
    ) -> isize {
        let user = UserPtr::from_ptr(buf.cast());
        let access = |device: &Device<T>, at| {
            let (index, offset) = super::vfio::region_of(at);
            if write {
                T::write_region(device, index, user, count, offset)
            } else {
                T::read_region(device, index, user, count, offset)
            }
        };
        // SAFETY: The core calls this for a region of an open device, whose `vdev` is at offset 0.
        unsafe { Self::transfer(core.cast(), count, pos, access) }
    }

    /// A region has nothing of its own to release, but the core calls this without a check.
    extern "C" fn region_release(
        _core: *mut bindings::vfio_pci_core_device,
        _region: *mut bindings::vfio_pci_region,
    ) {
    }

    pub(super) extern "C" fn suspend(dev: *mut bindings::device) -> c_int {
        // SAFETY: The PM core calls this for a function that is bound to this driver, and holds the
        // device lock, which keeps it bound.
        if let Some(device) = unsafe { Device::<T>::from_drvdata(dev) } {
            T::suspending(device);
        }
        0
    }

    extern "C" fn mmap(
        vdev: *mut bindings::vfio_device,
        vma: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: Registered with this table, and open.
        let device = unsafe { Device::<T>::from_vfio(vdev) };
        from_result(|| {
            // SAFETY: A new area, which is ours to set up for the length of the call.
            let mut area = unsafe { Area::new(device, vma) };
            match T::mmap(device, &mut area)? {
                Faults::Driver => Ok(0),
                Faults::Core => {
                    // SAFETY: As above.
                    to_result(unsafe { bindings::vfio_pci_core_mmap(vdev, vma) }).map(|()| 0)
                }
            }
        })
    }
}
