// SPDX-License-Identifier: GPL-2.0

//! The object that a bound function is: whom each request of its user goes to.

#![forbid(unsafe_code)]

use crate::{
    errors,
    ffi::{
        info::{
            InfoCaps,
            RegionInfo,
            VFIO_DEVICE_FEATURE_DMA_BUF,
            VFIO_DEVICE_FEATURE_MASK,
            VFIO_PCI_CONFIG_REGION_INDEX,
            VFIO_PCI_NUM_REGIONS,
            VFIO_REGION_INFO_FLAG_MMAP,
            VFIO_REGION_INFO_FLAG_READ,
            VFIO_REGION_INFO_FLAG_WRITE,
            VFIO_REGION_SUBTYPE_CXL,
            VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
            VFIO_REGION_TYPE_CXL, //
        },
        ops::{
            Operations,
            Regions,
            Taken, //
        },
        params,
        vfio::{
            region_of,
            Device,
            Locked, //
        },
        vma::{
            self,
            Area,
            Outcome,
            VmOperations, //
        },
    },
    gate::Reason,
    hardware::Fault,
    passthrough::{
        Indices,
        Passthrough,
        Session, //
    },
    power,
    region::{
        component,
        component_bar,
        config,
        info,
        memory, //
    },
    reset,
};
use core::ops::Range;
use kernel::{
    dev_err,
    prelude::*,
    uaccess::UserPtr, //
};

/// The operations of the areas that are ours.
static VM_OPERATIONS: VmOperations<Passthrough> = VmOperations::new();

/// The part of a region that an access asks for.
fn range(offset: u64, count: usize) -> Range<u64> {
    // CAST: Widening.
    offset..offset.saturating_add(count as u64)
}

impl Operations for Passthrough {
    const NAME: &'static CStr = c"cxl_vfio_pci";

    fn keeps_power(&self) -> bool {
        !self.is_plain() && !params::allow_idle_d3()
    }

    fn is_plain(&self) -> bool {
        self.is_plain_pci()
    }

    fn opened(device: &Device<Self>, regions: &mut Regions<'_, Self>) -> Result {
        let cxl = device.cxl()?;
        let failed = |fault: Fault| {
            dev_err!(
                device.pdev(),
                "device memory is not usable: {}\n",
                format_args!("{fault}")
            );
            fault.errno()
        };
        reset::scrub(device, cxl, Locked::No).map_err(failed)?;
        // First the hardware, which the reset at open may have changed: the shadows start from it.
        cxl.hardware.wait_active().map_err(failed)?;
        let commit = &cxl.gate.window().commit;
        cxl.hardware.restore(commit).map_err(failed)?;
        let read_write = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
        let indices = Indices {
            memory: regions.add(
                VFIO_REGION_TYPE_CXL,
                VFIO_REGION_SUBTYPE_CXL,
                cxl.window.size(),
                read_write | VFIO_REGION_INFO_FLAG_MMAP,
            )?,
            component: regions.add(
                VFIO_REGION_TYPE_CXL,
                VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
                component::LEN,
                read_write,
            )?,
        };
        let session = Session::new(device, cxl, indices)?;
        cxl.start_session(session);
        reset::open(device, cxl).inspect_err(|_| cxl.end_session())
    }

    fn closing(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            reset::close(device, cxl, Reason::NotOpen);
        }
    }

    fn closed(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            cxl.end_session();
            reset::after_close(device, cxl);
        }
    }

    fn removing(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            // What was pulled out does not come back: its users lose the memory before they let go.
            if !device.pdev().answers() {
                reset::close(device, cxl, Reason::Hardware(Fault::Gone));
            }
        }
    }

    fn removed(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            reset::after_removal(device, cxl);
        }
    }

    fn ioctl(device: &Device<Self>, cmd: u32, arg: UserPtr) -> Result<c_long> {
        match cmd {
            info::VFIO_DEVICE_GET_INFO => info::get_device_info(device, device.cxl()?, arg),
            info::VFIO_DEVICE_RESET => {
                reset::device_reset(device, device.cxl()?, || device.core_ioctl(cmd, arg))
            }
            _ => device.core_ioctl(cmd, arg),
        }
    }

    fn feature(device: &Device<Self>, flags: u32, arg: UserPtr, argsz: usize) -> Result<c_int> {
        if flags & VFIO_DEVICE_FEATURE_MASK == VFIO_DEVICE_FEATURE_DMA_BUF
            && info::asks_for_dma_buf_of(flags, arg, argsz)?
                == Some(device.cxl()?.indices()?.memory)
        {
            // Documentation/dma-buf.md says what the kernel is missing.
            return Err(EOPNOTSUPP);
        }
        if power::is_low_power_feature(flags) {
            return power::feature(device, device.cxl()?, || {
                device.core_feature(flags, arg, argsz)
            });
        }
        device.core_feature(flags, arg, argsz)
    }

    fn region_info(device: &Device<Self>, info: &mut RegionInfo, caps: &mut InfoCaps) -> Result {
        info::get_region_info(device.cxl()?, info, caps)
    }

    fn leaves_to_core(device: &Device<Self>, pos: u64, count: usize, write: bool) -> bool {
        let Ok(cxl) = device.cxl() else {
            return false;
        };
        let (index, offset) = region_of(pos);
        if index == VFIO_PCI_CONFIG_REGION_INDEX {
            let access = range(offset, count);
            if write {
                config::leaves_write_to_core(device, cxl, &access)
            } else {
                config::leaves_read_to_core(cxl, &access)
            }
        } else {
            index != u32::from(cxl.hardware.layout().bar)
        }
    }

    fn read(device: &Device<Self>, to: UserPtr, count: usize, pos: u64) -> Result<usize> {
        let cxl = device.cxl()?;
        let (index, offset) = region_of(pos);
        if index == VFIO_PCI_CONFIG_REGION_INDEX {
            config::read(device, cxl, to, range(offset, count))
        } else {
            component_bar::access(device, cxl, to, range(offset, count), false)
        }
    }

    fn write(device: &Device<Self>, from: UserPtr, count: usize, pos: u64) -> Result<usize> {
        let cxl = device.cxl()?;
        let (index, offset) = region_of(pos);
        if index == VFIO_PCI_CONFIG_REGION_INDEX {
            config::write(device, cxl, from, range(offset, count))
        } else {
            component_bar::access(device, cxl, from, range(offset, count), true)
        }
    }

    fn read_region(
        device: &Device<Self>,
        index: u32,
        to: UserPtr,
        count: usize,
        offset: u64,
    ) -> Result<usize> {
        let cxl = device.cxl()?;
        if index == cxl.indices()?.memory {
            memory::read(device, cxl, to, count, offset)
        } else {
            component::read(device, cxl, to, count, offset)
        }
    }

    fn write_region(
        device: &Device<Self>,
        index: u32,
        from: UserPtr,
        count: usize,
        offset: u64,
    ) -> Result<usize> {
        let cxl = device.cxl()?;
        if index == cxl.indices()?.memory {
            memory::write(device, cxl, from, count, offset)
        } else {
            component::write(device, cxl, from, count, offset)
        }
    }

    fn mmap(device: &Device<Self>, area: &mut Area<'_, Self>) -> Result<Taken> {
        let cxl = device.cxl()?;
        let (index, offset) = area.start();
        if index == cxl.indices()?.memory {
            memory::mmap(cxl, area, offset)?;
        } else if index == u32::from(cxl.hardware.layout().bar) {
            component_bar::mmap(cxl, area, offset)?;
        } else {
            return Ok(Taken::No);
        }
        Ok(Taken::Yes)
    }

    fn vm_operations() -> &'static VmOperations<Self> {
        &VM_OPERATIONS
    }

    fn offset_of_frame(device: &Device<Self>, region: u32, pfn: u64) -> Option<u64> {
        let cxl = device.cxl().ok()?;
        // The memory is the only region behind the PCI ones that can be mapped.
        if region < VFIO_PCI_NUM_REGIONS {
            return None;
        }
        memory::offset_of_frame(cxl, pfn)
    }

    fn frame_failed(device: &Device<Self>, offset: u64) {
        if let Ok(cxl) = device.cxl() {
            cxl.failed.add(device, offset);
        }
    }

    fn later(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            reset::unmap_failed(device, cxl);
        }
    }

    fn fault(device: &Device<Self>, fault: &vma::Fault<'_>) -> Outcome {
        let Ok(cxl) = device.cxl() else {
            return Outcome::SIGBUS;
        };
        if fault.region() == u32::from(cxl.hardware.layout().bar) {
            component_bar::fault(device, cxl, fault)
        } else {
            memory::fault(device, cxl, fault)
        }
    }

    fn suspending(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            reset::close(device, cxl, Reason::Suspended);
        }
    }

    fn reset_prepare(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            reset::prepare(device, cxl);
        }
    }

    fn reset_done(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            reset::done(device, cxl);
        }
    }

    fn error_detected(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            errors::uncorrectable(device, cxl);
        }
    }

    fn slot_reset(device: &Device<Self>) -> bool {
        device
            .cxl()
            .map_or(true, |cxl| reset::slot_reset(device, cxl))
    }

    fn error_corrected(device: &Device<Self>) {
        if let Ok(cxl) = device.cxl() {
            errors::corrected(device, cxl);
        }
    }
}
