// SPDX-License-Identifier: GPL-2.0

//! A device that is registered with the vfio core, from binding its function to unbinding it.

use super::{
    bindings,
    callbacks::{
        Callbacks,
        PCI_OPERATIONS,
        PLAIN_OPERATIONS, //
    },
    ops::Operations,
    pci::PciDev,
    vfio::Device, //
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
        to_result, //
    },
    prelude::*,
    sync::Arc, //
};

/// A device that user space can open. Dropping it waits until user space has let go.
///
/// # Invariants
///
/// The device is registered with the vfio core, it is the drvdata of its function, and this owns
/// the first reference.
pub(crate) struct RegisteredDevice<T: Operations> {
    core: NonNull<bindings::vfio_pci_core_device>,
    _state: PhantomData<Device<T>>,
}

impl<T: Operations> RegisteredDevice<T> {
    /// Makes a device for a function that is being bound and that vfio-pci-core alone serves, and
    /// registers it.
    pub(crate) fn plain(pdev: &PciDev) -> Result<Self> {
        Self::without_state(pdev, PLAIN_OPERATIONS.as_raw())
    }

    /// The same for a function that could be more, see [`Operations::plain_operations`].
    pub(crate) fn plain_but_for_writes(pdev: &PciDev) -> Result<Self> {
        Self::without_state(pdev, T::plain_operations().as_raw())
    }

    fn without_state(pdev: &PciDev, ops: *const bindings::vfio_device_ops) -> Result<Self> {
        let size = core::mem::size_of::<bindings::vfio_pci_core_device>();
        // SAFETY: The function is being bound, `size` holds the core's structure, and the table is
        // static.
        let vdev = unsafe { bindings::_vfio_alloc_device(size, pdev.as_raw_device(), ops) };
        // SAFETY: Allocated for this function just now.
        unsafe { Self::register(pdev, from_err_ptr(vdev)?) }
    }

    /// Makes a device with state of the driver's for a function that is being bound, and registers
    /// it.
    pub(crate) fn new(pdev: &PciDev, state: Arc<T>) -> Result<Self> {
        const_assert!(
            offset_of!(Device<T>, core) == 0
                && offset_of!(bindings::vfio_pci_core_device, vdev) == 0,
            "the vfio core allocates and frees the outer structure by the address of the inner"
        );
        const_assert!(
            core::mem::align_of::<Device<T>>() <= 8,
            "the allocator of the vfio core does not align further"
        );

        let size = Layout::new::<Device<T>>().pad_to_align().size();
        let keeps_power = state.keeps_power();
        // SAFETY: The function is being bound, `size` holds a `Device<T>`, and the table is static.
        let vdev = unsafe {
            let ops = T::vfio_operations().as_raw();
            bindings::_vfio_alloc_device(size, pdev.as_raw_device(), ops)
        };
        let vdev = from_err_ptr(vdev)?;
        let device = vdev.cast::<Device<T>>();
        // SAFETY: Allocated and zeroed; `init` wrote the core's part and nobody else knows it yet.
        unsafe { (&raw mut (*device).state).write(state) };
        if keeps_power {
            // SAFETY: As above.
            unsafe { bindings::cxl_vfio_disable_idle_d3(vdev.cast()) };
        }
        // SAFETY: The state is complete; `give_back` retracts it before it goes away.
        let announced = unsafe { bindings::cxl_vfio_announce(pdev.as_raw(), device.cast()) };
        if let Err(error) = to_result(announced) {
            // SAFETY: Nobody else knows it.
            unsafe { Self::give_back(pdev, vdev) };
            return Err(error);
        }
        // SAFETY: Allocated for this function just now.
        let registered = unsafe { Self::register(pdev, vdev) }?;
        // SAFETY: Bound, and in D0 since it was registered. What follows an error that nobody
        // announced is restored from there.
        unsafe { bindings::pci_save_state(pdev.as_raw()) };
        // SAFETY: Registered just now.
        T::bound(unsafe { Device::<T>::from_vfio(vdev) });
        Ok(registered)
    }

    /// # Safety
    ///
    /// `vdev` was allocated for the core's structure and `pdev`, which is being bound, and its state
    /// is complete.
    unsafe fn register(pdev: &PciDev, vdev: *mut bindings::vfio_device) -> Result<Self> {
        let core = vdev.cast::<bindings::vfio_pci_core_device>();
        // SAFETY: Nobody else knows the structure yet.
        unsafe { (*core).pci_ops = &PCI_OPERATIONS };
        // SAFETY: The driver core lets a driver set its drvdata while it probes.
        unsafe { bindings::dev_set_drvdata(pdev.as_raw_device(), core.cast()) };
        // SAFETY: Initialised, and the drvdata of its function as the core demands.
        let registered = to_result(unsafe { bindings::vfio_pci_core_register_device(core) });
        // The core has set its own operations for the driver, and so for other devices, even if this one is
        // not registered.
        // SAFETY: The function is being bound to the driver.
        unsafe {
            bindings::cxl_vfio_call_before_sleep(pdev.as_raw(), Some(Callbacks::<T>::suspend))
        };
        if let Err(error) = registered {
            // SAFETY: Not registered, and not used from here on.
            unsafe { Self::give_back(pdev, vdev) };
            return Err(error);
        }
        // INVARIANT: Registered just now.
        Ok(Self {
            core: NonNull::new(core).ok_or(ENOMEM)?,
            _state: PhantomData,
        })
    }

    /// Gives the first reference back, when nobody can find the device any more.
    ///
    /// # Safety
    ///
    /// `vdev` is the device of `pdev`; it is not registered, and this owns the reference.
    unsafe fn give_back(pdev: &PciDev, vdev: *mut bindings::vfio_device) {
        // SAFETY: Only the address is looked up.
        unsafe { bindings::cxl_vfio_retract(pdev.as_raw()) };
        // SAFETY: By the requirements of this function.
        unsafe { bindings::cxl_vfio_put_device(vdev) };
    }

    /// Leaves the registration to the function's drvdata, from where
    /// [`RegisteredDevice::from_drvdata`] takes it.
    pub(super) fn into_drvdata(self) {
        let _kept = ManuallyDrop::new(self);
    }

    /// # Safety
    ///
    /// [`RegisteredDevice::into_drvdata`] was called for this function, and this is the only call
    /// since.
    pub(super) unsafe fn from_drvdata(pdev: &PciDev) -> Self {
        // SAFETY: The drvdata is the device of that registration, which is not null.
        let core = unsafe {
            NonNull::new_unchecked(bindings::dev_get_drvdata(pdev.as_raw_device()).cast())
        };
        Self {
            core,
            _state: PhantomData,
        }
    }
}

impl<T: Operations> Drop for RegisteredDevice<T> {
    fn drop(&mut self) {
        let core = self.core.as_ptr();
        // SAFETY: Registered by the type invariant, so its function is bound.
        let pdev = unsafe { PciDev::from_raw((*core).pdev) };
        // SAFETY: As above.
        let device = unsafe { Device::<T>::from_drvdata(pdev.as_raw_device()) };
        if let Some(device) = device {
            T::removing(device);
        }
        // SAFETY: Registered by the type invariant; waits until every user is gone.
        unsafe { bindings::vfio_pci_core_unregister_device(core) };
        if let Some(device) = device {
            T::removed(device);
        }
        // SAFETY: Unregistered just now, and not used from here on.
        unsafe { Self::give_back(pdev, &raw mut (*core).vdev) };
    }
}
