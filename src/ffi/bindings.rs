// SPDX-License-Identifier: GPL-2.0

//! Generated bindings of the headers that the `kernel` crate does not cover, and of our own C
//! helpers.
//!
//! Types that `kernel::bindings` has come from there through the glob import, so a `*mut pci_dev`
//! here is the same type.
#![allow(
    clippy::all,
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    improper_ctypes,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    unused_imports,
    clippy::as_underscore,
    clippy::cast_lossless,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::undocumented_unsafe_blocks
)]
#![cfg_attr(not(CONFIG_RUSTC_HAS_UNNECESSARY_TRANSMUTES), allow(unknown_lints))]
#![allow(unnecessary_transmutes)]

pub(crate) use kernel::bindings::*;
use pin_init::{MaybeZeroable, Zeroable};

// SAFETY: A transparent wrapper of `Storage`, for which bindgen derives nothing.
unsafe impl<Storage> Zeroable for __BindgenBitfieldUnit<Storage> where Storage: Zeroable {}

include!(concat!(
    env!("CXL_VFIO_PCI_OBJ"),
    "/src/ffi/bindings_generated.rs"
));
