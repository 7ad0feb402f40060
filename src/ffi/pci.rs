// SPDX-License-Identifier: GPL-2.0

//! The PCI driver, as vfio-pci-core needs it.
//!
//! `kernel::pci::Driver` cannot express it: the core wants its own structure as drvdata, writes to
//! the driver structure (`driver->pm`), and needs an err_handler, `driver_managed_dma` and ids that
//! match for a driver_override only.

use super::{
    bindings,
    bound::Caller,
    ops::Operations,
    registered::RegisteredDevice,
    vfio, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    device,
    devres,
    error::{
        from_result,
        to_result, //
    },
    prelude::*,
    str::CStrExt,
    sync::aref::{
        ARef,
        AlwaysRefCounted, //
    },
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

/// What a CXL driver asks of the function.
impl PciDev {
    /// Whether the function trained its link as CXL.
    pub(crate) fn is_cxl(&self) -> bool {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::cxl_vfio_is_cxl(self.as_raw()) }
    }

    /// Whether the function was found to be gone.
    pub(crate) fn is_disconnected(&self) -> bool {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::cxl_vfio_is_disconnected(self.as_raw()) }
    }

    /// Whether the port above passes a reset of its bus on: one that is CXL masks it by default
    /// (8.1.5.2).
    pub(crate) fn passes_bus_resets(&self) -> bool {
        // SAFETY: Valid by the type invariant; a function's port outlives it.
        unsafe { bindings::cxl_vfio_passes_bus_resets(self.as_raw()) }
    }

    /// Whether the PCI core may reset the function alone, which it prefers to a reset of its bus.
    pub(crate) fn may_be_reset_alone(&self) -> bool {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::cxl_vfio_may_be_reset_alone(self.as_raw()) }
    }

    /// Has the IOMMU neither translate for the function nor wait for it to answer an invalidation,
    /// until the matching [`PciDev::translate`]. Within a reset by the PCI core, and may be nested.
    pub(crate) fn block_translation(&self) -> Result {
        // SAFETY: Valid by the type invariant. Bound, and the device lock is held, so that the function
        // leaves its IOMMU group after the reset.
        to_result(unsafe { bindings::pci_dev_reset_iommu_prepare(self.as_raw()) })
    }

    /// Ends what [`PciDev::block_translation`] began.
    pub(crate) fn translate(&self) {
        // SAFETY: As there.
        unsafe { bindings::pci_dev_reset_iommu_done(self.as_raw()) };
    }

    /// Whether the function may use ATS, as the IOMMU core asks for that.
    pub(crate) fn may_use_ats(&self) -> bool {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::cxl_vfio_may_use_ats(self.as_raw()) }
    }

    /// Whether configuration space reads as anything else than all-ones.
    pub(crate) fn answers(&self) -> bool {
        !self.is_disconnected() && self.read_config16(0) != u16::MAX
    }

    /// Whether the function is in D0, as far as the PCI core knows.
    pub(crate) fn is_in_d0(&self) -> bool {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::cxl_vfio_is_in_d0(self.as_raw()) }
    }

    /// The offset of the power management capability; 0 if there is none.
    pub(crate) fn pm_cap(&self) -> u8 {
        // SAFETY: Valid by the type invariant; set once at enumeration.
        unsafe { (*self.as_raw()).pm_cap }
    }

    /// The offset of the PCI Express capability; 0 if there is none.
    pub(crate) fn pcie_cap(&self) -> u8 {
        // SAFETY: Valid by the type invariant; set once at enumeration.
        unsafe { (*self.as_raw()).pcie_cap }
    }

    /// The offset of the Advanced Features capability.
    pub(crate) fn find_advanced_features(&self) -> Option<u8> {
        // SAFETY: Valid by the type invariant.
        let offset = unsafe {
            // CAST: 0x13.
            bindings::pci_find_capability(self.as_raw(), bindings::PCI_CAP_ID_AF as c_int)
        };
        (offset != 0).then_some(offset)
    }

    /// The offset of the CXL DVSEC with this id in configuration space.
    pub(crate) fn find_cxl_dvsec(&self, id: u16) -> Option<u16> {
        // SAFETY: Valid by the type invariant.
        let offset = unsafe {
            bindings::pci_find_dvsec_capability(
                self.as_raw(),
                // CAST: 0x1e98.
                bindings::PCI_VENDOR_ID_CXL as u16,
                id,
            )
        };
        (offset != 0).then_some(offset)
    }

    /// The offsets of the extended capabilities with this id in configuration space.
    pub(crate) fn extended_capabilities(&self, id: u16) -> impl Iterator<Item = u16> + '_ {
        core::iter::successors(self.next_extended(0, id), move |&at| {
            self.next_extended(at, id)
        })
    }

    fn next_extended(&self, after: u16, id: u16) -> Option<u16> {
        // SAFETY: Valid by the type invariant.
        let at = unsafe { bindings::pci_find_next_ext_capability(self.as_raw(), after, id.into()) };
        (at != 0).then_some(at)
    }

    /// The size of configuration space.
    pub(crate) fn config_len(&self) -> u64 {
        // SAFETY: Valid by the type invariant; set once at enumeration.
        let len = unsafe { (*self.as_raw()).cfg_size };
        u64::try_from(len).unwrap_or(0)
    }

    /// Reads a word of configuration space, all-ones where nothing answers.
    pub(crate) fn read_config16(&self, offset: u16) -> u16 {
        let mut value = u16::MAX;
        // SAFETY: Valid by the type invariant; on failure the value is all-ones.
        unsafe { bindings::pci_read_config_word(self.as_raw(), offset.into(), &mut value) };
        value
    }

    /// Reads a dword of configuration space, all-ones where nothing answers.
    pub(crate) fn read_config32(&self, offset: u16) -> u32 {
        let mut value = u32::MAX;
        // SAFETY: As in `read_config16`.
        unsafe { bindings::pci_read_config_dword(self.as_raw(), offset.into(), &mut value) };
        value
    }

    /// Writes a word of configuration space.
    pub(crate) fn write_config16(&self, offset: u16, value: u16) {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::pci_write_config_word(self.as_raw(), offset.into(), value) };
    }

    /// Writes a byte of configuration space.
    pub(crate) fn write_config8(&self, offset: u16, value: u8) {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::pci_write_config_byte(self.as_raw(), offset.into(), value) };
    }

    /// Writes a dword of configuration space.
    pub(crate) fn write_config32(&self, offset: u16, value: u32) {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::pci_write_config_dword(self.as_raw(), offset.into(), value) };
    }

    /// The size of a BAR; 0 if it does not exist.
    pub(crate) fn bar_len(&self, bar: u8) -> u64 {
        if u32::from(bar) >= bindings::PCI_STD_NUM_BARS {
            return 0;
        }
        // SAFETY: Valid by the type invariant, and the BAR number is checked above.
        unsafe { bindings::pci_resource_len(self.as_raw(), bar.into()) }
    }

    /// The physical address of a BAR; 0 if it does not exist.
    pub(crate) fn bar_start(&self, bar: u8) -> u64 {
        if u32::from(bar) >= bindings::PCI_STD_NUM_BARS {
            return 0;
        }
        // SAFETY: As in `bar_len`.
        unsafe { bindings::pci_resource_start(self.as_raw(), bar.into()) }
    }

    /// Whether a BAR is memory, and not I/O ports.
    pub(crate) fn bar_is_memory(&self, bar: u8) -> bool {
        self.bar_len(bar) != 0
            // SAFETY: Valid by the type invariant; `bar_len` checked the BAR number.
            && unsafe { bindings::cxl_vfio_bar_is_memory(self.as_raw(), bar.into()) }
    }

    /// Enables the function's memory until the value is dropped.
    pub(crate) fn enable_memory(&self) -> Result<EnabledMemory> {
        let command = self.read_config16(EnabledMemory::COMMAND);
        // SAFETY: Valid by the type invariant, and being bound.
        to_result(unsafe { bindings::pci_enable_device_mem(self.as_raw()) })?;
        Ok(EnabledMemory {
            pdev: self.into(),
            was_enabled: command & EnabledMemory::MEMORY_SPACE != 0,
        })
    }

    /// Hands a value to the driver core, which drops it when the function is unbound or its binding
    /// fails: the last one handed over first.
    pub(crate) fn drop_on_unbind<T: Send + 'static>(&self, value: T) -> Result {
        // SAFETY: A `PciDev` is bound to this driver, or about to be.
        let device = unsafe { device::Device::<device::Bound>::from_raw(self.as_raw_device()) };
        devres::register::<T, core::convert::Infallible>(device, value, GFP_KERNEL)
    }
}

// SAFETY: A `struct pci_dev` is counted, and freed when the last reference is gone.
unsafe impl AlwaysRefCounted for PciDev {
    fn inc_ref(&self) {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::pci_dev_get(self.as_raw()) };
    }

    unsafe fn dec_ref(pdev: NonNull<Self>) {
        // SAFETY: The caller owns a reference.
        unsafe { bindings::pci_dev_put(pdev.cast().as_ptr()) };
    }
}

// SAFETY: Counted, and used from every thread.
unsafe impl Send for PciDev {}
// SAFETY: The PCI core locks what needs it.
unsafe impl Sync for PciDev {}

/// A function whose memory decoding is enabled, as one of the users that the PCI core counts.
pub(crate) struct EnabledMemory {
    pdev: ARef<PciDev>,
    was_enabled: bool,
}

impl EnabledMemory {
    // CAST: Both fit.
    const COMMAND: u16 = bindings::PCI_COMMAND as u16;
    const MEMORY_SPACE: u16 = bindings::PCI_COMMAND_MEMORY as u16;
}

impl Drop for EnabledMemory {
    fn drop(&mut self) {
        // SAFETY: Enabled once for this value, which holds a reference.
        unsafe { bindings::pci_disable_device(self.pdev.as_raw()) };
        // The PCI core leaves Memory Space enabled; while a driver is bound, nobody else wants it.
        if !self.was_enabled {
            let command = self.pdev.read_config16(Self::COMMAND);
            // One that is gone reads ones.
            if command != u16::MAX {
                self.pdev
                    .write_config16(Self::COMMAND, command & !Self::MEMORY_SPACE);
            }
        }
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
    /// What it keeps for a function that vfio-pci-core does not serve alone.
    type Device: Operations;

    /// Takes a function: what is returned lives until the function is unbound.
    fn probe(pdev: &PciDev) -> Result<RegisteredDevice<Self::Device>>;

    /// Whether a write to `sriov_numvfs` may create virtual functions.
    fn allows_virtual_functions() -> bool;
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
        error_detected: Some(Self::error_detected),
        slot_reset: Some(Self::slot_reset),
        cor_error_detected: Some(Self::error_corrected),
        reset_prepare: Some(Self::reset_prepare),
        reset_done: Some(Self::reset_done),
        ..pin_init::zeroed()
    };

    /// Registers the driver and adds the ids of the module parameter.
    pub(crate) fn new(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let driver = bindings::pci_driver {
            name: super::NAME.as_char_ptr(),
            // CAST: The table is an array in C, declared without its length.
            id_table: (&raw const bindings::cxl_vfio_pci_table).cast(),
            probe: Some(Self::probe),
            remove: Some(Self::remove),
            shutdown: Some(Self::shutdown),
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
                    bindings::__pci_register_driver(slot, module.as_ptr(), super::NAME.as_char_ptr())
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
        drop(unsafe { RegisteredDevice::<T::Device>::from_drvdata(pdev) });
    }

    extern "C" fn shutdown(pdev: *mut bindings::pci_dev) {
        // SAFETY: The PCI core holds the device lock, and has waked up the function.
        if let Some(device) = unsafe { Self::device(pdev) } {
            T::Device::shutting_down(device);
        }
    }

    /// The device of a function, unless vfio-pci-core alone serves it.
    ///
    /// # Safety
    ///
    /// The PCI core calls this driver for the function, which is bound, and `'a` is the call.
    unsafe fn device<'a>(pdev: *mut bindings::pci_dev) -> Option<&'a vfio::Device<T::Device>> {
        // SAFETY: The PCI core holds a reference during the call.
        let pdev = unsafe { PciDev::from_raw::<'a>(pdev) };
        // SAFETY: The PCI core holds the device lock, and a driver's handlers are called while it
        // is bound, when the registration is there.
        unsafe { vfio::Device::from_drvdata(pdev.as_raw_device()) }
    }

    extern "C" fn error_detected(
        pdev: *mut bindings::pci_dev,
        state: bindings::pci_channel_state_t,
    ) -> bindings::pci_ers_result_t {
        // SAFETY: Called by the PCI core.
        let device = unsafe { Self::device(pdev) };
        if let Some(device) = device {
            T::Device::error_detected(device);
        }
        // SAFETY: As above; the core signals the user's eventfd.
        let vote = unsafe { bindings::vfio_pci_core_aer_err_detected(pdev, state) };
        match device {
            // The link will be reset in any case; this asks for a call when it was.
            Some(_) if state == bindings::pci_channel_io_frozen => {
                bindings::pci_ers_result_PCI_ERS_RESULT_NEED_RESET
            }
            _ => vote,
        }
    }

    extern "C" fn slot_reset(pdev: *mut bindings::pci_dev) -> bindings::pci_ers_result_t {
        // SAFETY: Called by the PCI core.
        let device = unsafe { Self::device(pdev) };
        if device.is_none_or(T::Device::slot_reset) {
            bindings::pci_ers_result_PCI_ERS_RESULT_RECOVERED
        } else {
            bindings::pci_ers_result_PCI_ERS_RESULT_DISCONNECT
        }
    }

    extern "C" fn error_corrected(pdev: *mut bindings::pci_dev) {
        // The PCI core holds a reference, but not the device lock: the function is being bound or
        // unbound, and may even have another driver by now.
        let caller = Caller::new(pdev);
        if let Some(device) = caller.device::<T::Device>() {
            T::Device::error_corrected(device);
        }
    }

    extern "C" fn reset_prepare(pdev: *mut bindings::pci_dev) {
        // SAFETY: Called by the PCI core.
        if let Some(device) = unsafe { Self::device(pdev) } {
            T::Device::reset_prepare(device);
        }
    }

    extern "C" fn reset_done(pdev: *mut bindings::pci_dev) {
        // SAFETY: Called by the PCI core.
        if let Some(device) = unsafe { Self::device(pdev) } {
            T::Device::reset_done(device);
        }
    }

    extern "C" fn sriov_configure(pdev: *mut bindings::pci_dev, virtual_functions: c_int) -> c_int {
        if !T::allows_virtual_functions() {
            return ENOENT.to_errno();
        }
        // SAFETY: The PCI core holds the device lock and found this driver bound.
        let pdev = unsafe { PciDev::from_raw(pdev) };
        // SAFETY: Bound, so the drvdata is the core's structure, and the device lock keeps it.
        unsafe {
            let core = bindings::dev_get_drvdata(pdev.as_raw_device()).cast();
            bindings::vfio_pci_core_sriov_configure(core, virtual_functions)
        }
    }
}

#[pinned_drop]
impl<T: Driver> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: Registered by the type invariant.
        unsafe { bindings::pci_unregister_driver(self.driver.get()) };
        // The PCI core may have read `error_corrected` before, and be about to call it.
        // SAFETY: Only waits.
        unsafe { bindings::cxl_vfio_wait_for_callers() };
    }
}
