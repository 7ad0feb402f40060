// SPDX-License-Identifier: GPL-2.0

//! The layout of C structures, as the bindings have it, held against what the C compiler of this
//! module saw.
//!
//! The bindings come from libclang and the kernel from another compiler or another version of it: a
//! difference would be silent corruption, so it is looked for once, before anything is registered.

use super::bindings;
use core::mem::{
    offset_of,
    size_of, //
};
use kernel::prelude::*;

/// What is compared, in the order of `layout.c`.
const RUST_LAYOUT: [(&str, usize); 18] = [
    ("sizeof(pci_driver)", size_of::<bindings::pci_driver>()),
    ("pci_driver.probe", offset_of!(bindings::pci_driver, probe)),
    (
        "pci_driver.err_handler",
        offset_of!(bindings::pci_driver, err_handler),
    ),
    (
        "pci_driver.driver_managed_dma",
        offset_of!(bindings::pci_driver, driver_managed_dma),
    ),
    (
        "sizeof(pci_error_handlers)",
        size_of::<bindings::pci_error_handlers>(),
    ),
    ("sizeof(vfio_device)", size_of::<bindings::vfio_device>()),
    ("vfio_device.dev", offset_of!(bindings::vfio_device, dev)),
    (
        "sizeof(vfio_device_ops)",
        size_of::<bindings::vfio_device_ops>(),
    ),
    (
        "vfio_device_ops.match_token_uuid",
        offset_of!(bindings::vfio_device_ops, match_token_uuid),
    ),
    (
        "sizeof(vfio_pci_device_ops)",
        size_of::<bindings::vfio_pci_device_ops>(),
    ),
    (
        "sizeof(vfio_pci_core_device)",
        size_of::<bindings::vfio_pci_core_device>(),
    ),
    (
        "vfio_pci_core_device.pdev",
        offset_of!(bindings::vfio_pci_core_device, pdev),
    ),
    (
        "vfio_pci_core_device.pci_ops",
        offset_of!(bindings::vfio_pci_core_device, pci_ops),
    ),
    (
        "vfio_pci_core_device.region",
        offset_of!(bindings::vfio_pci_core_device, region),
    ),
    (
        "vfio_pci_core_device.memory_lock",
        offset_of!(bindings::vfio_pci_core_device, memory_lock),
    ),
    (
        "sizeof(vfio_pci_region)",
        size_of::<bindings::vfio_pci_region>(),
    ),
    (
        "sizeof(cxl_dev_state)",
        size_of::<bindings::cxl_dev_state>(),
    ),
    (
        "sizeof(cxl_register_map)",
        size_of::<bindings::cxl_register_map>(),
    ),
];

/// Fails with `EINVAL`, naming the first difference, when the two disagree.
pub(crate) fn check() -> Result {
    // SAFETY: A constant of `layout.c`, never written.
    let len = unsafe { bindings::cxl_vfio_c_layout_len };
    if len != RUST_LAYOUT.len() {
        pr_err!(
            "layout table: C has {} entries, Rust {}\n",
            len,
            RUST_LAYOUT.len()
        );
        return Err(EINVAL);
    }
    // SAFETY: The array of `layout.c` has `len` elements and is never written.
    let c_layout = unsafe {
        core::slice::from_raw_parts((&raw const bindings::cxl_vfio_c_layout).cast(), len)
    };
    for ((name, rust), c) in RUST_LAYOUT.iter().zip(c_layout) {
        if rust != c {
            pr_err!("{} is {} in the bindings and {} in C\n", name, rust, c);
            return Err(EINVAL);
        }
    }
    Ok(())
}
