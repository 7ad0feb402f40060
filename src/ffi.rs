// SPDX-License-Identifier: GPL-2.0

//! The C side: raw bindings, C helpers, and safe wrappers of the PCI core and of vfio-pci-core.
//!
//! This is the only place with `unsafe`. It holds no policy: what a device means is decided by the
//! callers, through the traits [`pci::Driver`] and [`ops::Operations`].

pub(crate) mod aer;
pub(crate) mod awake;
mod bindings;
mod bound;
pub(crate) mod caches;
pub(crate) mod callbacks;
pub(crate) mod clear;
pub(crate) mod cxl;
pub(crate) mod debugfs;
pub(crate) mod info;
pub(crate) mod io;
pub(crate) mod job;
pub(crate) mod layout;
pub(crate) mod ops;
pub(crate) mod params;
pub(crate) mod pci;
pub(crate) mod pfns;
pub(crate) mod quiet;
pub(crate) mod read_once;
pub(crate) mod registered;
pub(crate) mod rwsem;
pub(crate) mod sleep;
pub(crate) mod trace;
pub(crate) mod user;
pub(crate) mod vfio;
pub(crate) mod vma;

use kernel::prelude::*;

/// The name of the module, of its PCI driver and, by the rule of the vfio core, of its operations.
const NAME: &CStr = c"cxl_vfio_pci";
