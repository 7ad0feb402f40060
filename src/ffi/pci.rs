// SPDX-License-Identifier: GPL-2.0

//! The PCI driver, as vfio-pci-core needs it.
//!
//! `kernel::pci::Driver` cannot express it: the core wants its own structure as drvdata, writes to
//! the driver structure
//! (`driver->pm`), and needs an err_handler, `driver_managed_dma` and ids that match for a
//! driver_override only.

use super::{
    bindings,
    vfio, //
};
use core::marker::PhantomData;
use kernel::{
    device,
    error::{
        from_result,
        to_result, //
    },
    prelude::*,
    str::CStrExt,
    types::Opaque, //
};

/// A PCI function that is bound to this driver, or about to be.
///
/// # Invariants
///
/// The `struct pci_dev` is valid for as long as the reference is.
#[repr(transparent)]
pub(crate) struct PciDev(Opaque<bindings::pci_dev>);

impl PciDev {
    /// # Safety
    ///
    /// `pdev` is valid, and stays so for `'a`.
    pub(super) unsafe fn from_raw<'a>(pdev: *mut bindings::pci_dev) -> &'a Self {
        // SAFETY: `PciDev` is a transparent wrapper, and the caller guarantees validity.
        unsafe { &*pdev.cast() }
    }

    pub(super) fn as_raw(&self) -> *mut bindings::pci_dev {
        self.0.get()
    }

    pub(super) fn as_raw_device(&self) -> *mut bindings::device {
        // SAFETY: Valid by the type invariant; only the address is taken.
        unsafe { &raw mut (*self.as_raw()).dev }
    }

    /// The vendor id.
    pub(crate) fn vendor(&self) -> u16 {
        // SAFETY: Valid by the type invariant; set once at enumeration.
        unsafe { (*self.as_raw()).vendor }
    }

    /// The device id.
    pub(crate) fn device(&self) -> u16 {
        // SAFETY: Valid by the type invariant; set once at enumeration.
        unsafe { (*self.as_raw()).device }
    }
}

impl AsRef<device::Device> for PciDev {
    fn as_ref(&self) -> &device::Device {
        // SAFETY: The embedded device lives as long as the function.
        unsafe { device::Device::from_raw(self.as_raw_device()) }
    }
}

/// What a driver decides.
pub(crate) trait Driver: 'static {
    /// Its name on the bus. By the rule of the vfio core it is also the name in its operations.
    const NAME: &'static CStr;

    /// What it keeps for each function.
    type Device: vfio::Operations;

    /// Takes a function: what is returned lives until the function is unbound.
    fn probe(pdev: &PciDev) -> Result<vfio::Registration<Self::Device>>;

    /// Creates or removes virtual functions, for a write to `sriov_numvfs`.
    fn sriov_configure(
        device: &vfio::Device<Self::Device>,
        virtual_functions: c_int,
    ) -> Result<c_int>;
}

/// A registered driver.
///
/// # Invariants
///
/// The structure is registered with the PCI core, and stays at its address until it is
/// unregistered.
#[pin_data(PinnedDrop)]
pub(crate) struct Registration<T: Driver> {
    #[pin]
    driver: Opaque<bindings::pci_driver>,
    _callbacks: PhantomData<T>,
}

// SAFETY: Nothing is reached through a shared reference.
unsafe impl<T: Driver> Sync for Registration<T> {}
// SAFETY: Unregistering is allowed from any thread.
unsafe impl<T: Driver> Send for Registration<T> {}

impl<T: Driver> Registration<T> {
    const ERROR_HANDLERS: bindings::pci_error_handlers = bindings::pci_error_handlers {
        error_detected: Some(bindings::vfio_pci_core_aer_err_detected),
        ..pin_init::zeroed()
    };

    /// Registers the driver and adds the ids of the module parameter.
    pub(crate) fn new(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let driver = bindings::pci_driver {
            name: T::NAME.as_char_ptr(),
            // CAST: The table is an array in C, declared without its length.
            id_table: (&raw const bindings::cxl_vfio_pci_table).cast(),
            probe: Some(Self::probe),
            remove: Some(Self::remove),
            sriov_configure: Some(Self::sriov_configure),
            err_handler: &Self::ERROR_HANDLERS,
            driver_managed_dma: true,
            ..pin_init::zeroed()
        };
        try_pin_init!(Self {
            driver <- Opaque::try_ffi_init(move |slot: *mut bindings::pci_driver| {
                // SAFETY: `slot` is valid for writes and pinned.
                unsafe { slot.write(driver) };
                // SAFETY: The structure is complete and is unregistered before it goes away; the
                // name and the module live as long as the module does.
                to_result(unsafe {
                    bindings::__pci_register_driver(slot, module.as_ptr(), T::NAME.as_char_ptr())
                })?;
                // SAFETY: Registered just now.
                unsafe { bindings::cxl_vfio_add_ids(slot) };
                Ok::<_, Error>(())
            }),
            _callbacks: PhantomData,
        })
    }

    extern "C" fn probe(
        pdev: *mut bindings::pci_dev,
        _id: *const bindings::pci_device_id,
    ) -> c_int {
        // SAFETY: The PCI core holds the device lock and a reference during the call.
        let pdev = unsafe { PciDev::from_raw(pdev) };
        from_result(|| {
            T::probe(pdev)?.into_drvdata();
            Ok(0)
        })
    }

    extern "C" fn remove(pdev: *mut bindings::pci_dev) {
        // SAFETY: As in `probe`.
        let pdev = unsafe { PciDev::from_raw(pdev) };
        // SAFETY: `probe` succeeded, so its registration is there, and the core calls this once for
        // it.
        drop(unsafe { vfio::Registration::<T::Device>::from_drvdata(pdev) });
    }

    extern "C" fn sriov_configure(pdev: *mut bindings::pci_dev, virtual_functions: c_int) -> c_int {
        // SAFETY: The PCI core holds the device lock and found this driver bound.
        let pdev = unsafe { PciDev::from_raw(pdev) };
        // SAFETY: Bound, so the registration is there, and the device lock keeps it.
        let device = unsafe { vfio::Device::<T::Device>::from_drvdata(pdev) };
        from_result(|| T::sriov_configure(device, virtual_functions))
    }
}

#[pinned_drop]
impl<T: Driver> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: Registered by the type invariant.
        unsafe { bindings::pci_unregister_driver(self.driver.get()) };
    }
}
