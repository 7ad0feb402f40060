// SPDX-License-Identifier: GPL-2.0

//! The structures in which the vfio core collects what it tells user space.

use super::bindings;
use kernel::{
    error::to_result,
    num::casts::u32_as_usize,
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};

pub(crate) use super::bindings::{
    cxl_vfio_pci_info_v2,
    cxl_vfio_pci_info_v3,
    cxl_vfio_pci_region_v6,
    CXL_VFIO_PCI_REGION_INFO_CAP_V6,
    VFIO_CXL_CAP_CACHE_CAPABLE,
    VFIO_CXL_CAP_FIRMWARE_COMMITTED,
    VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED,
    VFIO_DEVICE_FEATURE_DMA_BUF,
    VFIO_DEVICE_FEATURE_GET,
    VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY,
    VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
    VFIO_DEVICE_FEATURE_LOW_POWER_EXIT,
    VFIO_DEVICE_FEATURE_MASK,
    VFIO_DEVICE_FEATURE_SET,
    VFIO_DEVICE_FLAGS_CAPS,
    VFIO_DEVICE_FLAGS_CXL,
    VFIO_DEVICE_INFO_CAP_CXL,
    VFIO_PCI_CONFIG_REGION_INDEX,
    VFIO_PCI_ROM_REGION_INDEX,
    VFIO_REGION_INFO_FLAG_MMAP,
    VFIO_REGION_INFO_FLAG_READ,
    VFIO_REGION_INFO_FLAG_WRITE, //
    VFIO_REGION_SUBTYPE_CXL,
    VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
};

/// The size of what VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP is given.
pub(crate) const LOW_POWER_ENTRY_WITH_WAKEUP_LEN: usize =
    core::mem::size_of::<bindings::vfio_device_low_power_entry_with_wakeup>();

/// How many bytes of a user's VFIO_DEVICE_SET_IRQS the core reads.
pub(crate) fn irq_set_len(arg: UserPtr) -> Result<usize> {
    /// As many vectors as MSI-X has. The core refuses more before it reads them.
    const MAX_COUNT: u32 = 2048;

    type Fields = [u32; 5];
    let fields = core::mem::size_of::<Fields>();
    let [_argsz, flags, _index, _start, count]: Fields =
        UserSlice::new(arg, fields).reader().read()?;
    let each = match flags & bindings::VFIO_IRQ_SET_DATA_TYPE_MASK {
        bindings::VFIO_IRQ_SET_DATA_BOOL => core::mem::size_of::<u8>(),
        bindings::VFIO_IRQ_SET_DATA_EVENTFD => core::mem::size_of::<i32>(),
        _ => 0,
    };
    let count = u32_as_usize(count.min(MAX_COUNT));
    Ok(fields.saturating_add(count.saturating_mul(each)))
}

/// How many bytes of a user's VFIO_DEVICE_PCI_HOT_RESET the core reads.
pub(crate) fn hot_reset_len(arg: UserPtr) -> Result<usize> {
    /// As many functions as a bus has. The core refuses more before it reads them.
    const MAX_COUNT: u32 = 256;

    type Fields = [u32; 3];
    let fields = core::mem::size_of::<Fields>();
    let [_argsz, _flags, count]: Fields = UserSlice::new(arg, fields).reader().read()?;
    let count = u32_as_usize(count.min(MAX_COUNT));
    Ok(fields.saturating_add(count.saturating_mul(core::mem::size_of::<i32>())))
}

/// The type of the regions that a CXL device adds.
pub(crate) const VFIO_REGION_TYPE_CXL: u32 =
    bindings::VFIO_REGION_TYPE_PCI_VENDOR_TYPE | bindings::PCI_VENDOR_ID_CXL;

/// `struct vfio_region_info`, as the core filled it in.
#[repr(transparent)]
pub(crate) struct RegionInfo(bindings::vfio_region_info);

impl RegionInfo {
    /// # Safety
    ///
    /// `info` is valid for reads and writes for `'a`, and nobody else uses it.
    pub(super) unsafe fn from_raw<'a>(info: *mut bindings::vfio_region_info) -> &'a mut Self {
        // SAFETY: A transparent wrapper, and the caller's promise.
        unsafe { &mut *info.cast() }
    }

    /// The index that is asked about.
    pub(crate) fn index(&self) -> u32 {
        self.0.index
    }

    /// Whether the region can be mapped at least in part.
    pub(crate) fn can_mmap(&self) -> bool {
        self.0.flags & VFIO_REGION_INFO_FLAG_MMAP != 0
    }

    /// Says that the region cannot be mapped.
    pub(crate) fn forbid_mmap(&mut self) {
        self.0.flags &= !VFIO_REGION_INFO_FLAG_MMAP;
    }
}

/// A chain of capabilities that is being collected.
#[repr(transparent)]
pub(crate) struct InfoCaps(bindings::vfio_info_cap);

impl InfoCaps {
    /// # Safety
    ///
    /// As for [`RegionInfo::from_raw`].
    pub(super) unsafe fn from_raw<'a>(caps: *mut bindings::vfio_info_cap) -> &'a mut Self {
        // SAFETY: A transparent wrapper, and the caller's promise.
        unsafe { &mut *caps.cast() }
    }

    /// Adds a capability.
    pub(crate) fn add(&mut self, cap: &mut Capability) -> Result {
        // SAFETY: The chain is valid, and the capability is complete up to the given size, with a
        // header at its start, for which it is aligned.
        to_result(unsafe {
            bindings::vfio_info_add_capability(&mut self.0, cap.bytes.as_mut_ptr().cast(), cap.len)
        })
    }

    /// Says that only these `(offset, size)` areas of the region can be mapped.
    pub(crate) fn add_sparse_mmap(&mut self, areas: &[(u64, u64)]) -> Result {
        /// Between, before and behind the parts of a hole.
        const MAX_AREAS: usize = 4;

        #[repr(C)]
        struct Sparse {
            header: bindings::vfio_info_cap_header,
            nr_areas: u32,
            reserved: u32,
            areas: [bindings::vfio_region_sparse_mmap_area; MAX_AREAS],
        }
        const_assert!(
            core::mem::offset_of!(Sparse, areas)
                == core::mem::size_of::<bindings::vfio_region_info_cap_sparse_mmap>(),
            "the areas follow the C structure"
        );

        if areas.len() > MAX_AREAS {
            return Err(E2BIG);
        }
        let mut sparse = Sparse {
            header: bindings::vfio_info_cap_header {
                // CAST: Both are 1.
                id: bindings::VFIO_REGION_INFO_CAP_SPARSE_MMAP as u16,
                version: 1,
                next: 0,
            },
            nr_areas: 0,
            reserved: 0,
            areas: pin_init::zeroed(),
        };
        for (area, &(offset, size)) in sparse.areas.iter_mut().zip(areas) {
            *area = bindings::vfio_region_sparse_mmap_area { offset, size };
            sparse.nr_areas += 1;
        }
        let unused = MAX_AREAS.saturating_sub(areas.len())
            * core::mem::size_of::<bindings::vfio_region_sparse_mmap_area>();
        // SAFETY: The chain is valid, and the capability is complete up to the given size.
        to_result(unsafe {
            bindings::vfio_info_add_capability(
                &mut self.0,
                &mut sparse.header,
                core::mem::size_of::<Sparse>() - unused,
            )
        })
    }
}

/// `struct vfio_device_info`.
#[repr(transparent)]
#[derive(Copy, Clone)]
pub(crate) struct DeviceInfo(pub(crate) bindings::vfio_device_info);

impl DeviceInfo {
    /// What every version of the structure has: up to `num_irqs`.
    pub(crate) const MIN_LEN: usize = core::mem::offset_of!(bindings::vfio_device_info, cap_offset);

    /// Reads the first `len` bytes of the structure from user space; the rest is zero.
    pub(crate) fn read(from: UserPtr, len: usize) -> Result<Self> {
        let mut info = Self(pin_init::zeroed());
        let bytes = info.as_bytes_mut().get_mut(..len).ok_or(EINVAL)?;
        UserSlice::new(from, len).reader().read_slice(bytes)?;
        Ok(info)
    }

    /// Writes the first `len` bytes of the structure to user space.
    pub(crate) fn write(&self, to: UserPtr, len: usize) -> Result {
        let bytes = self.as_bytes().get(..len).ok_or(EINVAL)?;
        UserSlice::new(to, len).writer().write_slice(bytes)
    }
}

// SAFETY: Six integers; every bit pattern is valid.
unsafe impl FromBytes for DeviceInfo {}
// SAFETY: Six integers, without padding.
unsafe impl AsBytes for DeviceInfo {}

/// A capability for a chain of capabilities, whose header is at its start.
#[repr(C, align(8))]
pub(crate) struct Capability {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Capability {
    /// The longest one.
    const MAX: usize = core::mem::size_of::<cxl_vfio_pci_info_v3>();

    /// Makes one, with a header of this id that leads nowhere yet.
    pub(crate) fn new<T: HasHeader>(id: u32, mut cap: T) -> Self {
        const { assert!(core::mem::size_of::<T>() <= Self::MAX) };
        *cap.header() = bindings::vfio_info_cap_header {
            // CAST: Ids are small.
            id: id as u16,
            version: 1,
            next: 0,
        };
        let mut bytes = [0; Self::MAX];
        for (byte, &of_cap) in bytes.iter_mut().zip(cap.as_bytes()) {
            *byte = of_cap;
        }
        Self {
            bytes,
            len: core::mem::size_of::<T>(),
        }
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }

    /// Its bytes, with the offset of the capability behind it.
    pub(crate) fn bytes_before(&mut self, next: u32) -> &[u8] {
        const NEXT: usize = core::mem::offset_of!(bindings::vfio_info_cap_header, next);

        let link = self.bytes.iter_mut().skip(NEXT);
        for (byte, of_next) in link.zip(next.to_ne_bytes()) {
            *byte = of_next;
        }
        self.bytes()
    }
}

/// A structure of the user interface that is a capability.
pub(crate) trait HasHeader: AsBytes {
    /// Its header.
    fn header(&mut self) -> &mut bindings::vfio_info_cap_header;
}

macro_rules! capabilities {
    ($($type:ident: $len:literal { $($field:ident: $offset:literal,)* })*) => {
        $(
            // SAFETY: Integers without padding: the fields below are all of them.
            unsafe impl AsBytes for $type {}

            impl HasHeader for $type {
                fn header(&mut self) -> &mut bindings::vfio_info_cap_header {
                    &mut self.header
                }
            }

            const _: () = {
                assert!(core::mem::size_of::<$type>() == $len);
                assert!(core::mem::offset_of!($type, header) == 0);
                $(assert!(core::mem::offset_of!($type, $field) == $offset);)*
            };
        )*
    };
}

capabilities! {
    cxl_vfio_pci_info_v2: 32 {
        hdm_regs_bar_index: 8,
        reserved: 9,
        flags: 12,
        hdm_regs_offset: 16,
        dpa_region_index: 24,
        comp_regs_region_index: 28,
    }
    cxl_vfio_pci_info_v3: 48 {
        flags: 8,
        hdm_region_idx: 12,
        comp_reg_region_idx: 16,
        comp_reg_bar: 20,
        reserved: 24,
        reserved2: 28,
        comp_reg_offset: 32,
        comp_reg_size: 40,
    }
    cxl_vfio_pci_region_v6: 24 {
        bar: 8,
        reserved: 12,
        offset: 16,
    }
}
