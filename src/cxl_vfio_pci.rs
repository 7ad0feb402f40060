// SPDX-License-Identifier: GPL-2.0

//! VFIO driver for CXL Type-2 accelerators, built on vfio-pci-core.
//!
//! [`driver`] says what binding means and [`operations`] who answers for a bound function;
//! everything `unsafe` is in [`ffi`], which knows nothing of either.

mod acquire;
mod asked;
mod boxed;
mod caches;
mod calls;
mod clearing;
mod counters;
mod cxl;
mod debug;
mod driver;
mod errors;
mod failed;
mod ffi;
mod gate;
mod hardware;
mod interface;
#[cfg(CONFIG_KUNIT = "y")]
mod kunit;
mod named;
mod operations;
mod power;
mod ranges;
mod refusal;
mod region;
mod reset;
mod scrub;
mod shadows;
mod window;

use kernel::prelude::*;

module! {
    type: CxlVfioPci,
    name: "cxl_vfio_pci",
    authors: ["The cxl-vfio-pci maintainers"],
    description: "VFIO driver for CXL Type-2 accelerators",
    license: "GPL",
    imports_ns: ["CXL", "DEVMEM"],
}

/// What is alive while the module is loaded: its registration with the PCI core, and what that needs.
#[pin_data]
struct CxlVfioPci {
    // Dropped in this order.
    #[pin]
    _driver: ffi::pci::Registration<driver::Driver>,
    _jobs: ffi::job::Queue,
}

impl kernel::InPlaceModule for CxlVfioPci {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _: { ffi::layout::check()? },
            _jobs: ffi::job::Queue::new()?,
            _driver <- ffi::pci::Registration::new(module),
            _: { driver::announce_parameters() },
        })
    }
}
