// SPDX-License-Identifier: GPL-2.0

//! What a driver decides about its devices.

use super::{
    callbacks::{
        Regions,
        VfioOperations, //
    },
    info::{
        InfoCaps,
        RegionInfo, //
    },
    vfio::{
        Device,
        PlainDevice, //
    },
    vma::{
        Area,
        Fault,
        Outcome,
        VmOperations, //
    },
};
use kernel::{
    prelude::*,
    uaccess::UserPtr, //
};

/// What a driver decides about its devices. vfio-pci-core alone serves those that it registers as
/// plain: none of this is called for them.
pub(crate) trait Operations: Sized + Send + Sync + 'static {
    /// The table of [`Self::opened`] and what follows it.
    fn vfio_operations() -> &'static VfioOperations<Self>;

    /// The operations of the areas that [`Operations::mmap`] takes.
    fn vm_operations() -> &'static VmOperations<Self>;

    /// Whether the function stays in D0 while nobody has it open.
    fn keeps_power(&self) -> bool;

    /// The function is bound, and users may open it from now on.
    fn bound(device: &Device<Self>);

    /// Runs `open`, in which the core enables and resets the device, and calls [`Self::opened`].
    fn during_open(device: &Device<Self>, open: impl FnOnce() -> Result) -> Result;

    /// Runs `close`, in which the core resets and disables the device, and calls [`Self::closed`].
    fn during_close(device: &Device<Self>, close: impl FnOnce());

    /// A user opened the device, and the core enabled and reset it.
    fn opened(device: &Device<Self>, regions: &mut Regions<'_, Self>) -> Result;

    /// The last user lets go, or opening failed; the core is about to reset and disable the function.
    fn closing(device: &Device<Self>);

    /// The core has reset and disabled the function.
    fn closed(device: &Device<Self>);

    /// The function is being unbound; its users have not been asked to let go yet.
    fn removing(device: &Device<Self>);

    /// The function is being unbound, and its last user has let go.
    fn removed(device: &Device<Self>);

    /// An ioctl that the vfio core does not answer itself.
    fn ioctl(device: &Device<Self>, cmd: u32, arg: UserPtr) -> Result<c_long>;

    /// VFIO_DEVICE_FEATURE.
    fn feature(device: &Device<Self>, flags: u32, arg: UserPtr, argsz: usize) -> Result<c_int>;

    /// VFIO_DEVICE_GET_REGION_INFO of this region: `answer` has the core answer it.
    fn during_region_info(
        device: &Device<Self>,
        index: u32,
        answer: impl FnOnce() -> Result,
    ) -> Result;

    /// After that: `info` and `caps` hold the core's answer, to be corrected.
    fn region_info(device: &Device<Self>, info: &mut RegionInfo, caps: &mut InfoCaps) -> Result;

    /// Whether the core alone serves a read at a file offset. It does so for most, and those shall
    /// cost what they cost under vfio-pci: nothing else is asked about them.
    fn leaves_read_to_core(device: &Device<Self>, pos: u64, count: usize) -> bool;

    /// The same for a write.
    fn leaves_write_to_core(device: &Device<Self>, pos: u64, count: usize) -> bool;

    /// A read of at least one byte at a file offset that is not left to the core.
    fn read(device: &Device<Self>, to: UserPtr, count: usize, pos: u64) -> Result<usize>;

    /// A write of at least one byte at a file offset that is not left to the core.
    fn write(device: &Device<Self>, from: UserPtr, count: usize, pos: u64) -> Result<usize>;

    /// A read of a region that [`Regions::add`] added; the function is awake.
    fn read_region(
        device: &Device<Self>,
        index: u32,
        to: UserPtr,
        count: usize,
        offset: u64,
    ) -> Result<usize>;

    /// A write to a region that [`Regions::add`] added; the function is awake.
    fn write_region(
        device: &Device<Self>,
        index: u32,
        from: UserPtr,
        count: usize,
        offset: u64,
    ) -> Result<usize>;

    /// An mmap.
    fn mmap(device: &Device<Self>, area: &mut Area<'_, Self>) -> Result<Faults>;

    /// Whether a fault may have to wait for long.
    fn faults_wait(device: &Device<Self>) -> bool;

    /// Waits for what a fault has to wait for; in vain, if the process is being killed.
    fn wait_for_faults(device: &Device<Self>);

    /// A fault in an area that [`Operations::mmap`] took.
    fn fault(device: &Device<Self>, fault: &Fault<'_>) -> Outcome;

    /// The offset in a region at which it has a page frame. Must not sleep.
    fn offset_of_frame(device: &Device<Self>, region: u32, pfn: u64) -> Option<u64>;

    /// Memory at this offset in a region failed. Must not sleep.
    fn frame_failed(device: &Device<Self>, offset: u64);

    /// What [`super::job::Once`] does.
    fn run_work(device: &Device<Self>);

    /// The next step of what [`super::job::Steps`] does; in how many milliseconds the one after it
    /// follows, if there is one.
    fn run_job(device: &Device<Self>) -> Option<u32>;

    /// The system is about to sleep, and its users are frozen.
    fn suspending(device: &Device<Self>);

    /// The system is about to power off, or to start another kernel; its users may still run.
    fn shutting_down(device: &Device<Self>);

    /// The PCI core is about to reset the function.
    fn reset_prepare(device: &Device<Self>);

    /// The PCI core has reset the function, or tried to.
    fn reset_done(device: &Device<Self>);

    /// An error was reported that the function may not survive.
    fn error_detected(device: &Device<Self>);

    /// The link was reset because of an error, and with it the function, whose configuration space
    /// is not restored. Whether the function is there again.
    fn slot_reset(device: &Device<Self>) -> bool;

    /// An error was reported that the hardware corrected.
    fn error_corrected(device: &Device<Self>);

    /// The table of functions that are bound as plain PCI although they could be more.
    fn plain_operations() -> &'static VfioOperations<Self>;

    /// A write of at least one byte to such a function.
    fn write_plain(device: &PlainDevice, from: UserPtr, count: usize, pos: u64) -> Result<usize>;
}

/// Who answers the faults of an area.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) enum Faults {
    /// The driver: they come to [`Operations::fault`].
    Driver,
    /// vfio-pci-core, which is asked to map the area.
    Core,
}
