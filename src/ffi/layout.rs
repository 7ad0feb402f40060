// SPDX-License-Identifier: GPL-2.0

//! The layout of C structures, as the bindings have it, held against what the C compiler of this
//! module saw, and their sizes against the kernel that runs.
//!
//! The bindings come from libclang and the kernel from another compiler or another version of it: a
//! difference would be silent corruption, so it is looked for once, before anything is registered.

use super::bindings;
use core::mem::{
    offset_of,
    size_of, //
};
use kernel::{
    prelude::*,
    str::CStrExt, //
};

/// One thing that is compared.
struct Row {
    what: &'static CStr,
    value: usize,
    /// Whether the kernel's own debug information has it, and not that of a module.
    core: bool,
}

macro_rules! row {
    ($what:expr, $value:expr, $core:expr) => {
        Row {
            what: kernel::c_str!($what),
            value: $value,
            core: $core,
        }
    };
}

macro_rules! size {
    ($type:ident) => {
        row!(stringify!($type), size_of::<bindings::$type>(), false)
    };
    ($type:ident, core) => {
        row!(stringify!($type), size_of::<bindings::$type>(), true)
    };
    // cxl-core allocates what a size from here says.
    ($type:ident, cxl_core) => {
        row!(
            stringify!($type),
            size_of::<bindings::$type>(),
            cfg!(CONFIG_CXL_BUS = "y")
        )
    };
}

macro_rules! field {
    ($type:ident, $($field:ident).+) => {
        field!($type, $($field).+ at $($field).+)
    };
    ($type:ident, $($field:ident).+ at $($path:ident).+) => {
        row!(
            concat!(stringify!($type), ".", stringify!($($field).+)),
            offset_of!(bindings::$type, $($path).+),
            false
        )
    };
}

/// What is compared, in the order of `layout.c`.
const RUST_LAYOUT: [Row; 71] = [
    size!(pci_driver, core),
    field!(pci_driver, id_table),
    field!(pci_driver, probe),
    field!(pci_driver, remove),
    field!(pci_driver, sriov_configure),
    field!(pci_driver, err_handler),
    field!(pci_driver, driver_managed_dma),
    size!(pci_error_handlers, core),
    field!(pci_error_handlers, error_detected),
    field!(pci_error_handlers, slot_reset),
    field!(pci_error_handlers, reset_prepare),
    field!(pci_error_handlers, reset_done),
    field!(pci_error_handlers, cor_error_detected),
    size!(pci_dev, core),
    field!(pci_dev, vendor),
    field!(pci_dev, device),
    field!(pci_dev, pm_cap),
    field!(pci_dev, pcie_cap),
    field!(pci_dev, cfg_size),
    field!(pci_dev, dev),
    size!(rw_semaphore, core),
    size!(work_struct, core),
    size!(seq_file, core),
    field!(seq_file, private),
    size!(vm_operations_struct, core),
    field!(vm_operations_struct, open),
    field!(vm_operations_struct, may_split),
    field!(vm_operations_struct, fault),
    field!(vm_operations_struct, huge_fault),
    size!(vm_fault, core),
    field!(vm_fault, vma at __bindgen_anon_1.vma),
    field!(vm_fault, address at __bindgen_anon_1.address),
    size!(vm_area_struct, core),
    field!(vm_area_struct, vm_start at __bindgen_anon_1.__bindgen_anon_1.vm_start),
    field!(vm_area_struct, vm_end at __bindgen_anon_1.__bindgen_anon_1.vm_end),
    field!(vm_area_struct, vm_flags at __bindgen_anon_2.vm_flags),
    field!(vm_area_struct, vm_ops),
    field!(vm_area_struct, vm_pgoff),
    field!(vm_area_struct, vm_private_data),
    field!(inode, i_mapping),
    size!(range, core),
    field!(range, start),
    field!(range, end),
    size!(pfn_address_space),
    field!(pfn_address_space, node.start),
    field!(pfn_address_space, node.last),
    field!(pfn_address_space, pfn_to_vma_pgoff),
    field!(pfn_address_space, mapping),
    size!(vfio_device),
    field!(vfio_device, dev),
    field!(vfio_device, ops),
    field!(vfio_device, inode),
    size!(vfio_device_ops),
    field!(vfio_device_ops, match_token_uuid),
    size!(vfio_pci_device_ops),
    size!(vfio_pci_core_device),
    field!(vfio_pci_core_device, pdev),
    field!(vfio_pci_core_device, pci_ops),
    field!(vfio_pci_core_device, num_regions),
    field!(vfio_pci_core_device, region),
    field!(vfio_pci_core_device, msix_bar),
    field!(vfio_pci_core_device, msix_size),
    field!(vfio_pci_core_device, msix_offset),
    field!(vfio_pci_core_device, pm_runtime_engaged),
    field!(vfio_pci_core_device, memory_lock),
    size!(vfio_pci_region),
    size!(vfio_pci_regops),
    size!(cxl_dev_state, cxl_core),
    field!(cxl_dev_state, reg_map),
    field!(cxl_dev_state, media_ready),
    size!(cxl_register_map, cxl_core),
];

/// Fails with `EINVAL`, naming the first difference, when two disagree.
pub(crate) fn check() -> Result {
    // SAFETY: A constant of `layout.c`, never written.
    let len = unsafe { bindings::cxl_vfio_c_layout_len };
    // SAFETY: The array of `layout.c` has `len` elements and is never written.
    let c_layout = unsafe {
        let first = (&raw const bindings::cxl_vfio_c_layout).cast::<bindings::cxl_vfio_layout>();
        core::slice::from_raw_parts(first, len)
    };
    if len != RUST_LAYOUT.len() {
        pr_err!(
            "layout table: C has {} entries, Rust {}\n",
            len,
            RUST_LAYOUT.len()
        );
        return Err(EINVAL);
    }
    for (rust, c) in RUST_LAYOUT.iter().zip(c_layout) {
        let what = rust.what.to_str().unwrap_or("?");
        // SAFETY: A constant string.
        if unsafe { CStr::from_char_ptr(c.what) } != rust.what || rust.value != c.value {
            pr_err!(
                "{} is {} in the bindings and {} in C\n",
                what,
                rust.value,
                c.value
            );
            return Err(EINVAL);
        }
        if !rust.core {
            continue;
        }
        // SAFETY: A constant string.
        let running = unsafe { bindings::cxl_vfio_running_size(rust.what.as_char_ptr()) };
        if running != 0 && running != rust.value {
            pr_err!(
                "{} is {} here and {} in the kernel that runs: built for another kernel\n",
                what,
                rust.value,
                running
            );
            return Err(EINVAL);
        }
    }
    Ok(())
}
