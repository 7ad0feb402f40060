// SPDX-License-Identifier: GPL-2.0

//! User mappings of a device: setting them up, and answering their faults.

use super::{
    bindings,
    ops::Operations,
    vfio::{
        region_of,
        Device,
        MemoryLock, //
    },
};
use core::{
    marker::PhantomData,
    ops::Range, //
};
use kernel::{
    ffi::{
        c_uint,
        c_ulong, //
    },
    num::casts::{
        arch::u64_as_usize,
        usize_as_u64, //
    },
};

/// The shifts of the sizes in which this kernel's page tables map memory.
pub(crate) const PAGE_SHIFT: u32 = bindings::cxl_vfio_level_CXL_VFIO_PTE_SHIFT;
pub(crate) const PMD_SHIFT: u32 = bindings::cxl_vfio_level_CXL_VFIO_PMD_SHIFT;
pub(crate) const PUD_SHIFT: u32 = bindings::cxl_vfio_level_CXL_VFIO_PUD_SHIFT;

/// The size of a page.
pub(crate) const PAGE_LEN: u64 = 1 << PAGE_SHIFT;

// CAST: Widening.
const _: () = assert!(PAGE_LEN == kernel::page::PAGE_SIZE as u64);

/// How much a fault of a small page maps, so that a user who touches all of it comes less often: as
/// much as the kernel maps around a fault of a file by itself.
const AROUND_LEN: c_ulong = 64 << 10;

const _: () = assert!(AROUND_LEN >= PAGE_LEN as c_ulong && AROUND_LEN <= 1 << PMD_SHIFT);

/// The page frame that a physical address lies in.
pub(crate) const fn page_frame(address: u64) -> u64 {
    address >> PAGE_SHIFT
}

/// The physical address of a page frame; `None` if there is no such address.
pub(crate) const fn address(pfn: u64) -> Option<u64> {
    let address = pfn << PAGE_SHIFT;
    if address >> PAGE_SHIFT == pfn {
        Some(address)
    } else {
        None
    }
}

/// The beginning of the page that a byte lies in.
pub(crate) const fn page_align_down(at: u64) -> u64 {
    at >> PAGE_SHIFT << PAGE_SHIFT
}

/// The end of the page that the byte below lies in.
pub(crate) const fn page_align_up(at: u64) -> u64 {
    page_align_down(at.saturating_add((1 << PAGE_SHIFT) - 1))
}

/// The operations of the areas of one kind of device.
///
/// Its address says that an area is ours, so it has to be a static, which only the type that
/// implements [`Operations`] can declare.
#[repr(transparent)]
pub(crate) struct VmOperations<T>(bindings::vm_operations_struct, PhantomData<fn() -> T>);

// SAFETY: Never written.
unsafe impl<T> Sync for VmOperations<T> {}

impl<T: Operations> VmOperations<T> {
    /// Makes the table for a static.
    pub(crate) const fn new() -> Self {
        Self(
            bindings::vm_operations_struct {
                fault: Some(Self::fault),
                huge_fault: Some(Self::huge_fault),
                #[cfg(CONFIG_ARCH_SUPPORTS_PUD_PFNMAP)]
                may_split: Some(bindings::cxl_vfio_vma_may_split),
                #[cfg(CONFIG_ARCH_SUPPORTS_PUD_PFNMAP)]
                open: Some(bindings::cxl_vfio_vma_open),
                ..pin_init::zeroed()
            },
            PhantomData,
        )
    }

    pub(super) fn as_raw(&self) -> *const bindings::vm_operations_struct {
        &self.0
    }

    extern "C" fn fault(vmf: *mut bindings::vm_fault) -> bindings::vm_fault_t {
        Self::huge_fault(vmf, 0)
    }

    extern "C" fn huge_fault(vmf: *mut bindings::vm_fault, order: c_uint) -> bindings::vm_fault_t {
        // SAFETY: A fault in an area that `Area::take` set up.
        let outcome = match unsafe { Fault::new(vmf, order) } {
            Some(fault) => {
                // SAFETY: As above; the fault keeps its area.
                let area = unsafe { RawArea::new((*vmf).__bindgen_anon_1.vma) };
                match area.device() {
                    Some(device) if T::faults_wait(device) => fault.retried_after_waiting(device),
                    Some(device) => T::fault(device, &fault),
                    None => Outcome::SIGBUS,
                }
            }
            None => Outcome::FALLBACK,
        };
        outcome.0
    }
}

/// An area of an address space, of which only what is asked for is read: the kernel changes other
/// fields meanwhile, so there are no references to the whole.
#[derive(Copy, Clone)]
pub(super) struct RawArea(*mut bindings::vm_area_struct);

impl RawArea {
    /// # Safety
    ///
    /// For as long as the value is used, `vma` is valid, and a lock or its being new keeps its
    /// bounds, flags and operations.
    pub(super) unsafe fn new(vma: *mut bindings::vm_area_struct) -> Self {
        Self(vma)
    }

    /// Where it begins and ends.
    pub(super) fn bounds(self) -> (c_ulong, c_ulong) {
        // SAFETY: By the requirements of `new`; this variant of the union is always valid.
        unsafe {
            (
                (*self.0).__bindgen_anon_1.__bindgen_anon_1.vm_start,
                (*self.0).__bindgen_anon_1.__bindgen_anon_1.vm_end,
            )
        }
    }

    /// Its size.
    pub(super) fn len(self) -> u64 {
        let (start, end) = self.bounds();
        // CAST: unsigned long is 64 bits where this driver builds.
        end.saturating_sub(start) as u64
    }

    /// Where in its file it begins, in pages.
    pub(super) fn pgoff(self) -> u64 {
        // SAFETY: By the requirements of `new`.
        // CAST: As in `len`.
        unsafe { (*self.0).vm_pgoff as u64 }
    }

    fn flags(self) -> bindings::vm_flags_t {
        // SAFETY: By the requirements of `new`; this variant of the union is always valid.
        unsafe { (*self.0).__bindgen_anon_2.vm_flags }
    }

    /// The device, if the operations say that the area is ours.
    pub(super) fn device<'a, T: Operations>(self) -> Option<&'a Device<T>> {
        // SAFETY: By the requirements of `new`.
        let (ops, device) = unsafe { ((*self.0).vm_ops, (*self.0).vm_private_data) };
        core::ptr::eq(ops, T::vm_operations().as_raw()).then(|| {
            // SAFETY: `Area::take` stored both; the device lives as long as its file is open, which
            // the area keeps.
            unsafe { Device::from_vfio(device.cast()) }
        })
    }
}

/// A new area of a user's address space, that the user asked to map a part of the device's file.
pub(crate) struct Area<'a, T: Operations> {
    device: &'a Device<T>,
    vma: RawArea,
}

impl<'a, T: Operations> Area<'a, T> {
    /// # Safety
    ///
    /// `vma` is being set up and belongs to the caller for `'a`.
    pub(super) unsafe fn new(device: &'a Device<T>, vma: *mut bindings::vm_area_struct) -> Self {
        // SAFETY: By the requirements of this function.
        let vma = unsafe { RawArea::new(vma) };
        Self { device, vma }
    }

    /// The region, and the offset in it at which the area begins.
    pub(crate) fn start(&self) -> (u32, u64) {
        let pgoff = self.vma.pgoff();
        match pgoff.checked_shl(PAGE_SHIFT) {
            Some(pos) if pos >> PAGE_SHIFT == pgoff => region_of(pos),
            _ => (u32::MAX, 0),
        }
    }

    /// The size of the area.
    pub(crate) fn len(&self) -> u64 {
        self.vma.len()
    }

    /// Whether writes reach the device, and not a copy of the user's own.
    pub(crate) fn is_shared(&self) -> bool {
        self.vma.flags() & bindings::VM_SHARED as bindings::vm_flags_t != 0
    }

    /// Takes the area for cacheable memory.
    pub(crate) fn take_memory(&mut self, ops: &'static VmOperations<T>) {
        self.take(ops);
    }

    /// Takes the area for device registers, which are not cached.
    pub(crate) fn take_registers(&mut self, ops: &'static VmOperations<T>) {
        // SAFETY: As in `take`.
        unsafe { bindings::cxl_vfio_vma_uncached(self.vma.0) };
        self.take(ops);
    }

    fn take(&mut self, ops: &'static VmOperations<T>) {
        // SAFETY: The area is being set up and belongs to this value, by the requirements of `new`.
        unsafe {
            bindings::cxl_vfio_vma_take(self.vma.0, &ops.0, self.device.as_vfio().cast());
        }
    }
}

/// What a fault leads to.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(crate) struct Outcome(bindings::vm_fault_t);

impl Outcome {
    /// The user's access was wrong: the process gets SIGBUS.
    pub(crate) const SIGBUS: Self = Self(bindings::vm_fault_reason_VM_FAULT_SIGBUS);

    /// The memory failed: the process gets SIGBUS as from a machine check.
    pub(crate) const HWPOISON: Self = Self(bindings::vm_fault_reason_VM_FAULT_HWPOISON);

    /// A mapping of this size is not possible: a smaller one shall be tried.
    pub(crate) const FALLBACK: Self = Self(bindings::vm_fault_reason_VM_FAULT_FALLBACK);

    /// Whether a page was mapped.
    pub(crate) fn is_mapped(self) -> bool {
        self == Self(bindings::vm_fault_reason_VM_FAULT_NOPAGE)
    }
}

/// A fault, for a mapping of `PAGE_SIZE << order` bytes that lies within its area.
pub(crate) struct Fault<'a> {
    vmf: *mut bindings::vm_fault,
    order: u32,
    region: u32,
    offset: u64,
    /// What of the area a fault may map in small pages: its own page, and what is around.
    around: Range<c_ulong>,
    /// Where in it the page is that was touched.
    start: c_ulong,
    _call: PhantomData<&'a ()>,
}

impl Fault<'_> {
    /// # Safety
    ///
    /// `vmf` is a fault that is being handled, in an area whose private data is a `vfio_device`.
    unsafe fn new(vmf: *mut bindings::vm_fault, order: c_uint) -> Option<Self> {
        // SAFETY: By the requirements of this function.
        let (vma, address) = unsafe {
            let fault = &raw const (*vmf).__bindgen_anon_1;
            (RawArea::new((*fault).vma), (*fault).address)
        };
        let (vm_start, vm_end) = vma.bounds();
        let size: c_ulong = 1usize.checked_shl(PAGE_SHIFT.checked_add(order)?)?;
        let start = address & !size.wrapping_sub(1);
        if start < vm_start || start.checked_add(size)? > vm_end {
            return None;
        }
        // CAST: As in `RawArea::len`.
        let pos = (vma.pgoff())
            .checked_shl(PAGE_SHIFT)?
            .checked_add(start.checked_sub(vm_start)? as u64)?;
        let (region, offset) = region_of(pos);
        let around = start & !(AROUND_LEN - 1);
        Some(Self {
            vmf,
            order,
            region,
            offset,
            around: around.max(vm_start)..around.saturating_add(AROUND_LEN).min(vm_end),
            start,
            _call: PhantomData,
        })
    }

    /// Waits for what faults of the device have to wait for, and then has the fault asked for again; if
    /// that is possible, in which case others use the address space meanwhile.
    fn retried_after_waiting<T: Operations>(self, device: &Device<T>) -> Outcome {
        let mut file = core::ptr::null_mut();
        // SAFETY: The fault is being handled, and not looked at again if this gives up its lock.
        if !unsafe { bindings::cxl_vfio_unlock_fault(self.vmf, &mut file) } {
            return T::fault(device, &self);
        }
        if !file.is_null() {
            T::wait_for_faults(device);
            // SAFETY: Taken just now; it has kept the device.
            unsafe { bindings::cxl_vfio_put_file(file) };
        }
        Outcome(bindings::vm_fault_reason_VM_FAULT_RETRY)
    }

    /// The part of the region that a fault maps around the page that was touched.
    pub(crate) fn around(&self) -> Range<u64> {
        let before = usize_as_u64(self.start.saturating_sub(self.around.start));
        let after = usize_as_u64(self.around.end.saturating_sub(self.start));
        self.offset.saturating_sub(before)..self.offset.saturating_add(after)
    }

    /// Maps the pages of [`Fault::around`] that are not mapped yet, after the page itself, whose
    /// frame is `pfn`. The gate that let the fault in is still held, so nothing is unmapped meanwhile.
    pub(crate) fn map_around(&self, pfn: u64) {
        let before = self.start.saturating_sub(self.around.start) >> PAGE_SHIFT;
        let Some(first) = u64_as_usize(pfn).checked_sub(before) else {
            return;
        };
        // SAFETY: The fault is being handled and its page is mapped, so the page table is there; the
        // range lies in the area, and within what one page table maps.
        unsafe {
            bindings::cxl_vfio_map_around(self.vmf, self.around.start, self.around.len(), first)
        };
    }

    /// The region.
    pub(crate) fn region(&self) -> u32 {
        self.region
    }

    /// The offset in the region at which the mapping would begin.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The size of the mapping, as a power of two in pages.
    pub(crate) fn order(&self) -> u32 {
        self.order
    }

    /// The size of the mapping.
    pub(crate) fn len(&self) -> u64 {
        1u64.checked_shl(PAGE_SHIFT.saturating_add(self.order))
            .unwrap_or(u64::MAX)
    }

    /// Maps page frames as vfio-pci-core does: only while Memory Space is enabled and the user has
    /// not put the device to sleep.
    pub(crate) fn insert<T: Operations>(
        &self,
        device: &Device<T>,
        _lock: &MemoryLock<'_>,
        pfn: u64,
    ) -> Outcome {
        match self.aligned(pfn) {
            // SAFETY: The fault is being handled, and the core's memory lock is held.
            Some(pfn) => Outcome(unsafe {
                bindings::vfio_pci_vmf_insert_pfn(device.as_raw(), self.vmf, pfn, self.order)
            }),
            None => Outcome::FALLBACK,
        }
    }

    /// Maps page frames whether Memory Space is enabled or not.
    pub(crate) fn insert_always(&self, pfn: u64) -> Outcome {
        match self.aligned(pfn) {
            Some(pfn) => {
                // SAFETY: The fault is being handled.
                let ret = unsafe { bindings::cxl_vfio_insert_pfn(self.vmf, pfn, self.order) };
                Outcome(ret)
            }
            None => Outcome::FALLBACK,
        }
    }

    /// Whether the page frame is as aligned as a mapping of this size has to be.
    pub(crate) fn fits(&self, pfn: u64) -> bool {
        self.aligned(pfn).is_some()
    }

    fn aligned(&self, pfn: u64) -> Option<c_ulong> {
        let mask = 1u64.checked_shl(self.order)?.wrapping_sub(1);
        if pfn & mask != 0 {
            return None;
        }
        c_ulong::try_from(pfn).ok()
    }
}
