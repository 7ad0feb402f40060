// SPDX-License-Identifier: GPL-2.0

//! A device of vfio-pci-core with state of ours behind it.

use super::{
    bindings,
    pci::PciDev, //
};
use core::{
    alloc::Layout,
    marker::PhantomData,
    mem::{
        offset_of,
        ManuallyDrop, //
    },
    ptr::NonNull, //
};
use kernel::{
    error::{
        from_err_ptr,
        from_result,
        to_result, //
    },
    prelude::*,
    str::as_char_ptr_in_const_context,
    types::Opaque, //
};

/// What a driver decides about its devices.
pub(crate) trait Operations: Sized + Send + Sync + 'static {
    /// The driver's name, which virtual functions of a bound function get as their driver_override.
    const NAME: &'static CStr;

    /// Makes the state of a new device.
    fn new() -> impl PinInit<Self, Error>;
}

/// A vfio device: the core's structure, and the driver's state behind it.
///
/// The vfio core allocates it, calls `init` once, and `release` when the last reference is gone. A
/// reference to a `Device` is only handed out in between.
///
/// # Invariants
///
/// `core` is at offset 0 and initialised by vfio-pci-core; `state` is initialised.
#[repr(C)]
pub(crate) struct Device<T: Operations> {
    core: Opaque<bindings::vfio_pci_core_device>,
    state: T,
}

impl<T: Operations> Device<T> {
    /// # Safety
    ///
    /// `pdev` is bound through a [`Registration`] of the same `T`, and stays so for `'a`.
    pub(super) unsafe fn from_drvdata<'a>(pdev: &'a PciDev) -> &'a Self {
        // SAFETY: The drvdata of a function bound through a `Registration` is its `Device`.
        unsafe { &*bindings::dev_get_drvdata(pdev.as_raw_device()).cast() }
    }

    fn as_raw(&self) -> *mut bindings::vfio_pci_core_device {
        self.core.get()
    }

    /// Creates `virtual_functions` virtual functions, or with 0 removes them.
    pub(crate) fn sriov_configure(&self, virtual_functions: c_int) -> Result<c_int> {
        // SAFETY: Registered; the PCI core holds the device lock around every call of this method.
        let ret =
            unsafe { bindings::vfio_pci_core_sriov_configure(self.as_raw(), virtual_functions) };
        to_result(ret).map(|()| ret)
    }
}

/// The callbacks of the vfio core, for each kind of state.
struct Callbacks<T: Operations>(PhantomData<T>);

impl<T: Operations> Callbacks<T> {
    /// A function that is plain PCI is in the hands of vfio-pci-core entirely.
    const PLAIN: bindings::vfio_device_ops = bindings::vfio_device_ops {
        name: as_char_ptr_in_const_context(T::NAME).cast_mut(),
        init: Some(Self::init),
        release: Some(Self::release),
        open_device: Some(Self::open_device),
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

    const PCI: bindings::vfio_pci_device_ops = bindings::vfio_pci_device_ops {
        #[cfg(CONFIG_VFIO_PCI_DMABUF)]
        get_dmabuf_phys: Some(bindings::vfio_pci_core_get_dmabuf_phys),
        #[cfg(not(CONFIG_VFIO_PCI_DMABUF))]
        get_dmabuf_phys: None,
    };

    extern "C" fn init(vdev: *mut bindings::vfio_device) -> c_int {
        let device = vdev.cast::<Device<T>>();
        from_result(|| {
            // SAFETY: The core calls this once for a zeroed allocation of `Device<T>`; the field is
            // only written by the calls below, and nobody else knows the device yet.
            let core = unsafe { Opaque::cast_into(&raw const (*device).core) };
            // SAFETY: As above.
            unsafe { bindings::cxl_vfio_latch_parameters(core) };
            // SAFETY: As above; `vdev` is the device's.
            to_result(unsafe { bindings::vfio_pci_core_init_dev(vdev) })?;
            // SAFETY: The field is uninitialised, and pinned because the allocation is.
            let ret = unsafe { pin_init::raw_try_init(&raw mut (*device).state, T::new()) };
            if ret.is_err() {
                // SAFETY: Undoes `vfio_pci_core_init_dev`; the core does not call `release` when
                // `init` fails.
                unsafe { bindings::vfio_pci_core_release_dev(vdev) };
            }
            ret.map(|()| 0)
        })
    }

    extern "C" fn release(vdev: *mut bindings::vfio_device) {
        let device = vdev.cast::<Device<T>>();
        // SAFETY: `init` succeeded and the last reference is gone, so nothing else can reach the
        // state.
        unsafe { core::ptr::drop_in_place(&raw mut (*device).state) };
        // SAFETY: As above.
        unsafe { bindings::vfio_pci_core_release_dev(vdev) };
    }

    extern "C" fn open_device(vdev: *mut bindings::vfio_device) -> c_int {
        let core = vdev.cast::<bindings::vfio_pci_core_device>();
        // SAFETY: `vdev` is at offset 0 of the core's structure, and the vfio core holds the device
        // set's lock.
        let ret = unsafe { bindings::vfio_pci_core_enable(core) };
        if ret == 0 {
            // SAFETY: Enabled just now, under the same lock.
            unsafe { bindings::vfio_pci_core_finish_enable(core) };
        }
        ret
    }
}

/// A device that user space can open. Dropping it waits until user space has let go.
///
/// # Invariants
///
/// The device is registered with the vfio core, it is the drvdata of its function, and this owns
/// the first reference.
pub(crate) struct Registration<T: Operations>(NonNull<Device<T>>);

impl<T: Operations> Registration<T> {
    /// Makes a device for a function that is being bound, and registers it.
    pub(crate) fn new(pdev: &PciDev) -> Result<Self> {
        const_assert!(
            offset_of!(Device<T>, core) == 0
                && offset_of!(bindings::vfio_pci_core_device, vdev) == 0,
            "the vfio core allocates and frees the outer structure by the address of the inner"
        );
        // The core frees what it allocates, and aligns it as kmalloc does: to the size when that is
        // a power of two, and at least to 8 bytes.
        const_assert!(
            core::mem::align_of::<Device<T>>() <= 8,
            "the allocator of the vfio core does not align further"
        );

        let size = Layout::new::<Device<T>>().pad_to_align().size();
        // SAFETY: The function is bound or being bound, `size` holds a `Device<T>`, and the
        // operations are static.
        let vdev = from_err_ptr(unsafe {
            bindings::_vfio_alloc_device(size, pdev.as_raw_device(), &Callbacks::<T>::PLAIN)
        })?;
        let device = vdev.cast::<Device<T>>();
        let core = vdev.cast::<bindings::vfio_pci_core_device>();

        // SAFETY: `init` succeeded and nobody else knows the device yet.
        unsafe { (*core).pci_ops = &Callbacks::<T>::PCI };
        // SAFETY: The driver core lets a driver set its drvdata while it probes.
        unsafe { bindings::dev_set_drvdata(pdev.as_raw_device(), device.cast()) };
        // SAFETY: Initialised, and the drvdata of its function as the core demands.
        let registered = to_result(unsafe { bindings::vfio_pci_core_register_device(core) });
        if let Err(error) = registered {
            // SAFETY: Gives the first reference back, which frees the device.
            unsafe { bindings::cxl_vfio_put_device(vdev) };
            return Err(error);
        }
        // INVARIANT: Registered just now.
        NonNull::new(device).map(Self).ok_or(ENOMEM)
    }

    /// Leaves the registration to the function's drvdata, from where [`Registration::from_drvdata`]
    /// takes it.
    pub(super) fn into_drvdata(self) {
        let _kept = ManuallyDrop::new(self);
    }

    /// # Safety
    ///
    /// [`Registration::into_drvdata`] was called for this function, and this is the only call
    /// since.
    pub(super) unsafe fn from_drvdata(pdev: &PciDev) -> Self {
        // SAFETY: The drvdata is the device of that registration, which is not null.
        Self(unsafe {
            NonNull::new_unchecked(bindings::dev_get_drvdata(pdev.as_raw_device()).cast())
        })
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        let core = self.0.as_ptr().cast::<bindings::vfio_pci_core_device>();
        // SAFETY: Registered by the type invariant; waits until every user is gone.
        unsafe { bindings::vfio_pci_core_unregister_device(core) };
        // SAFETY: Gives back the reference that this owns, after which it is not used.
        unsafe { bindings::cxl_vfio_put_device(&raw mut (*core).vdev) };
    }
}
