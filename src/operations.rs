// SPDX-License-Identifier: GPL-2.0

//! The operations of a bound device: which file answers each request of its user, and each call of
//! the PCI core.

#![forbid(unsafe_code)]

use crate::{
    asked,
    clearing,
    cxl::{
        Cxl,
        Indices,
        Session, //
    },
    errors,
    ffi::{
        callbacks::{
            Regions,
            VfioOperations, //
        },
        info::{
            InfoCaps,
            RegionInfo,
            VFIO_DEVICE_FEATURE_DMA_BUF,
            VFIO_DEVICE_FEATURE_MASK,
            VFIO_PCI_CONFIG_REGION_INDEX,
            VFIO_PCI_ROM_REGION_INDEX,
            VFIO_REGION_INFO_FLAG_MMAP,
            VFIO_REGION_INFO_FLAG_READ,
            VFIO_REGION_INFO_FLAG_WRITE,
            VFIO_REGION_SUBTYPE_CXL,
            VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
            VFIO_REGION_TYPE_CXL, //
        },
        ops::{
            Faults,
            Operations, //
        },
        params, sleep,
        vfio::{
            region_of,
            Device,
            PlainDevice, //
        },
        vma::{
            Area,
            Fault,
            Outcome,
            VmOperations, //
        },
    },
    gate::Reason,
    hardware::Obstacle,
    power,
    region::{
        component,
        component_bar,
        config,
        info,
        memory,
        plain, //
    },
    reset,
    scrub,
    window, //
};
use core::ops::Range;
use kernel::{
    dev_err,
    num::casts::usize_as_u64,
    prelude::*,
    uaccess::UserPtr, //
};

/// The operations of a device that has CXL memory.
static VFIO_OPERATIONS: VfioOperations<Cxl> = VfioOperations::new();

/// Those of a CXL device that is bound as plain PCI.
static PLAIN_OPERATIONS: VfioOperations<Cxl> = VfioOperations::plain();

/// The operations of the areas that are ours.
static VM_OPERATIONS: VmOperations<Cxl> = VmOperations::new();

/// What a part of the device's file is.
enum Region {
    /// Configuration space.
    Config,
    /// The BAR with the component register block.
    ComponentBar,
    /// The memory.
    Memory,
    /// The component registers.
    Component,
    /// What vfio-pci-core alone serves.
    Core,
}

impl Region {
    /// What lies behind an index of an open device.
    #[inline]
    fn of(device: &Device<Cxl>, index: u32) -> Self {
        if index == VFIO_PCI_CONFIG_REGION_INDEX {
            return Self::Config;
        }
        if index == u32::from(device.hardware.layout().bar) {
            return Self::ComponentBar;
        }
        match device.indices() {
            Some(indices) if index == indices.memory => Self::Memory,
            Some(indices) if index == indices.component => Self::Component,
            _ => Self::Core,
        }
    }
}

/// The part of a region that an access asks for.
fn range(offset: u64, count: usize) -> Range<u64> {
    offset..offset.saturating_add(usize_as_u64(count))
}

impl Operations for Cxl {
    fn vfio_operations() -> &'static VfioOperations<Self> {
        &VFIO_OPERATIONS
    }

    fn vm_operations() -> &'static VmOperations<Self> {
        &VM_OPERATIONS
    }

    fn keeps_power(&self) -> bool {
        !params::cxl_idle_d3()
    }

    fn bound(device: &Device<Self>) {
        scrub::bound(device);
    }

    fn during_open(device: &Device<Self>, open: impl FnOnce() -> Result) -> Result {
        clearing::before_open(device).map_err(|reason| clearing::refuse(device, reason))?;
        device.calls.during_open(open)?
    }

    fn during_close(device: &Device<Self>, close: impl FnOnce()) {
        device.calls.during_close(|| {
            reset::restore_after_error(device);
            // What that put back, and a reset that was waited for, may have enabled its caches again.
            reset::stop_caching(device);
            close();
        });
    }

    fn opened(device: &Device<Self>, regions: &mut Regions<'_, Self>) -> Result {
        let failed = |reason: Reason| {
            // A user may try again and again.
            if sleep::may_log() {
                dev_err!(
                    device.pdev(),
                    "device memory is not usable: {}\n",
                    format_args!("{reason}")
                );
            }
            match reason {
                Reason::Hardware(obstacle) => obstacle.errno(),
                reason => reason.errno(),
            }
        };
        let not_ready = |obstacle| failed(Reason::Hardware(obstacle));
        reset::opened(device)?;
        // First the hardware, which the reset at open may have changed: the shadows start from it.
        match device.hardware.restore(device.gate.commit()) {
            // The first access waits for it.
            Ok(()) | Err(Obstacle::Inactive { .. }) => (),
            Err(obstacle) => return Err(not_ready(obstacle)),
        }
        let read_write = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
        let copies = if params::memory_read_write() {
            read_write
        } else {
            0
        };
        let indices = Indices {
            memory: regions.add(
                VFIO_REGION_TYPE_CXL,
                VFIO_REGION_SUBTYPE_CXL,
                device.window.size(),
                copies | VFIO_REGION_INFO_FLAG_MMAP,
            )?,
            component: regions.add(
                VFIO_REGION_TYPE_CXL,
                VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
                component::len(device),
                read_write,
            )?,
        };
        let session = Session::new(device)?;
        device.start_session(indices, session);
        match window::open(device) {
            // The first access waits until it is active; a user may reset what is in error.
            Ok(()) | Err(Reason::Hardware(Obstacle::Inactive { .. }) | Reason::Error) => Ok(()),
            Err(reason) => {
                window::close(device, Reason::NotOpen);
                device.end_session();
                Err(failed(reason))
            }
        }
    }

    fn closing(device: &Device<Self>) {
        asked::wait(device);
        // Held until the core is done: its last reset calls nobody.
        window::hold(device);
        reset::stop_caching(device);
    }

    fn closed(device: &Device<Self>) {
        device.end_session();
        reset::after_close(device);
        window::leave_closed(device, Reason::NotOpen);
        clearing::begin(device);
    }

    fn removing(device: &Device<Self>) {
        // What was pulled out does not come back: its users lose the memory before they let go.
        clearing::give_up(device);
        if !device.pdev().answers() {
            window::close(device, Reason::Hardware(Obstacle::Gone));
        }
    }

    fn removed(device: &Device<Self>) {
        clearing::cancel(device);
        // The next driver gets a window without lines of the last user's.
        let _awake = device.wake_up();
        window::hold(device);
        reset::restore_after_error(device);
        window::leave_closed(device, Reason::NotOpen);
    }

    fn ioctl(device: &Device<Self>, cmd: u32, arg: UserPtr) -> Result<c_long> {
        device.wait_for_cxl_reset()?;
        match cmd {
            info::VFIO_DEVICE_GET_INFO => info::get_device_info(device, arg),
            info::VFIO_DEVICE_RESET => reset::device_reset(device, || device.core_ioctl(cmd, arg)),
            info::VFIO_DEVICE_PCI_HOT_RESET => {
                reset::hot_reset(device, arg, || device.core_ioctl(cmd, arg))
            }
            info::VFIO_DEVICE_SET_IRQS => {
                power::set_irqs(device, arg, || device.core_ioctl(cmd, arg))
            }
            // The kernel writes registers for the user then.
            info::VFIO_DEVICE_IOEVENTFD => {
                clearing::wait_for_registers(device)?;
                device.core_ioctl(cmd, arg)
            }
            _ => device.core_ioctl(cmd, arg),
        }
    }

    fn feature(device: &Device<Self>, flags: u32, arg: UserPtr, argsz: usize) -> Result<c_int> {
        device.wait_for_cxl_reset()?;
        if flags & VFIO_DEVICE_FEATURE_MASK == VFIO_DEVICE_FEATURE_DMA_BUF {
            let index = info::asks_for_dma_buf_of(flags, arg, argsz)?;
            if index.is_some_and(|index| matches!(Region::of(device, index), Region::Memory)) {
                // Documentation/dma-buf.md says what the kernel is missing.
                return Err(EOPNOTSUPP);
            }
            clearing::wait_for_registers(device)?;
        }
        if power::is_low_power_feature(flags) {
            return power::feature(device, flags, arg, argsz);
        }
        device.core_feature(flags, arg, argsz)
    }

    fn during_region_info(
        device: &Device<Self>,
        index: u32,
        answer: impl FnOnce() -> Result,
    ) -> Result {
        if index == VFIO_PCI_ROM_REGION_INDEX {
            power::look_at_rom(device, answer)
        } else {
            answer()
        }
    }

    fn region_info(device: &Device<Self>, info: &mut RegionInfo, caps: &mut InfoCaps) -> Result {
        match Region::of(device, info.index()) {
            Region::ComponentBar => info::correct_component_bar(device, info, caps),
            Region::Component => info::describe_component(device, caps),
            Region::Config | Region::Memory | Region::Core => Ok(()),
        }
    }

    #[inline]
    fn leaves_read_to_core(device: &Device<Self>, pos: u64, count: usize) -> bool {
        let (index, offset) = region_of(pos);
        match Region::of(device, index) {
            Region::Config => config::leaves_read_to_core(device, &range(offset, count)),
            // Nothing sleeps behind a shadow: the core would wake the function up for it.
            Region::ComponentBar | Region::Component => false,
            // The core calls back for the memory, which is added to its own regions.
            Region::Memory => true,
            Region::Core => !device.clearing.is_due() && !device.is_in_cxl_reset(),
        }
    }

    #[inline]
    fn leaves_write_to_core(device: &Device<Self>, pos: u64, count: usize) -> bool {
        let (index, offset) = region_of(pos);
        match Region::of(device, index) {
            Region::Config => config::leaves_write_to_core(device, &range(offset, count)),
            Region::ComponentBar | Region::Component => false,
            Region::Memory => true,
            Region::Core => !device.clearing.is_due() && !device.is_in_cxl_reset(),
        }
    }

    fn read(device: &Device<Self>, to: UserPtr, count: usize, pos: u64) -> Result<usize> {
        let (index, offset) = region_of(pos);
        match Region::of(device, index) {
            Region::Config => config::read(device, to, range(offset, count)),
            Region::ComponentBar => {
                clearing::wait_for_registers(device)?;
                component_bar::read(device, to, range(offset, count))
            }
            Region::Component => component::read(device, to, count, offset),
            Region::Memory => device.core_read(to, count, pos),
            Region::Core => {
                clearing::wait_for_registers(device)?;
                device.core_read(to, count, pos)
            }
        }
    }

    fn write(device: &Device<Self>, from: UserPtr, count: usize, pos: u64) -> Result<usize> {
        let (index, offset) = region_of(pos);
        match Region::of(device, index) {
            Region::Config => config::write(device, from, range(offset, count)),
            Region::ComponentBar => {
                clearing::wait_for_registers(device)?;
                component_bar::write(device, from, range(offset, count))
            }
            Region::Component => component::write(device, from, count, offset),
            Region::Memory => device.core_write(from, count, pos),
            Region::Core => {
                clearing::wait_for_registers(device)?;
                device.core_write(from, count, pos)
            }
        }
    }

    fn read_region(
        device: &Device<Self>,
        index: u32,
        to: UserPtr,
        count: usize,
        offset: u64,
    ) -> Result<usize> {
        match Region::of(device, index) {
            Region::Memory => memory::read(device, to, count, offset),
            Region::Config | Region::ComponentBar | Region::Component | Region::Core => Err(EINVAL),
        }
    }

    fn write_region(
        device: &Device<Self>,
        index: u32,
        from: UserPtr,
        count: usize,
        offset: u64,
    ) -> Result<usize> {
        match Region::of(device, index) {
            Region::Memory => memory::write(device, from, count, offset),
            Region::Config | Region::ComponentBar | Region::Component | Region::Core => Err(EINVAL),
        }
    }

    fn mmap(device: &Device<Self>, area: &mut Area<'_, Self>) -> Result<Faults> {
        let (index, offset) = area.start();
        match Region::of(device, index) {
            Region::Memory => memory::mmap(device, area, offset)?,
            Region::ComponentBar => {
                clearing::wait_for_registers(device)?;
                component_bar::mmap(device, area, offset)?
            }
            Region::Config | Region::Component | Region::Core => {
                clearing::wait_for_registers(device)?;
                return Ok(Faults::Core);
            }
        }
        Ok(Faults::Driver)
    }

    fn faults_wait(device: &Device<Self>) -> bool {
        device.clearing.is_due()
    }

    fn wait_for_faults(device: &Device<Self>) {
        // If it was in vain, the fault finds out why.
        let _ = clearing::wait(device);
    }

    fn fault(device: &Device<Self>, fault: &Fault<'_>) -> Outcome {
        match Region::of(device, fault.region()) {
            Region::Memory => memory::fault(device, fault),
            Region::ComponentBar => component_bar::fault(device, fault),
            Region::Config | Region::Component | Region::Core => Outcome::SIGBUS,
        }
    }

    fn offset_of_frame(device: &Device<Self>, region: u32, pfn: u64) -> Option<u64> {
        match Region::of(device, region) {
            Region::Memory => memory::offset_of_frame(device, pfn),
            Region::Config | Region::ComponentBar | Region::Component | Region::Core => None,
        }
    }

    fn frame_failed(device: &Device<Self>, offset: u64) {
        device.failed.add(device, offset);
    }

    fn run_work(device: &Device<Self>) {
        window::unmap_failed(device);
    }

    fn run_job(device: &Device<Self>) -> Option<u32> {
        reset::make_asked(device);
        scrub::run(device)
    }

    fn suspending(device: &Device<Self>) {
        window::hold(device);
        power::flush_after_error(device);
        reset::stop_caching(device);
        window::leave_closed(device, Reason::Suspended);
    }

    fn shutting_down(device: &Device<Self>) {
        clearing::give_up(device);
        // For good: nobody opens the window for the kernel that comes next.
        window::hold(device);
        power::flush_after_error(device);
        reset::stop_caching(device);
    }

    fn reset_prepare(device: &Device<Self>) {
        reset::prepare(device);
    }

    fn reset_done(device: &Device<Self>) {
        reset::done(device);
        device.calls.end_reset();
    }

    fn error_detected(device: &Device<Self>) {
        errors::uncorrectable(device);
    }

    fn slot_reset(device: &Device<Self>) -> bool {
        reset::slot_reset(device)
    }

    fn error_corrected(device: &Device<Self>) {
        errors::corrected(device);
    }

    fn plain_operations() -> &'static VfioOperations<Self> {
        &PLAIN_OPERATIONS
    }

    fn write_plain(device: &PlainDevice, from: UserPtr, count: usize, pos: u64) -> Result<usize> {
        plain::write(device, from, count, pos)
    }
}
