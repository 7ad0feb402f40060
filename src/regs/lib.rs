// SPDX-License-Identifier: GPL-2.0

//! What a guest's access to a CXL register means.
//!
//! A CXL accelerator is given to a virtual machine. Most of it the guest touches directly, but not
//! the registers that decide where its memory appears in the host's address space and whether it
//! is coherent: a wrong write there takes the host down. The guest therefore sees *shadows* of
//! them. This crate is the shadows: it takes a snapshot of what hardware says, answers the guest's
//! reads, applies its writes as the specification (CXL r4.0) wants, and tells its caller which
//! *effects* to perform. It performs nothing itself, allocates nothing, logs nothing, and has no
//! path that panics.
//!
//! # API at a glance
//!
//! | Type | What it is | Made from | Reads and writes |
//! |---|---|---|---|
//! | [`DvsecShadow`] | CXL Device DVSEC, body from 0x04 on | `from_snapshot(&words)` | `read(Access, hardware) -> u64`, `write(Access, u64) -> Effects` |
//! | [`HdmShadow`] | HDM decoders, 1 to 32 | `from_snapshot(&words, Options)` | `read(Access) -> u64`, `write(Access, u64) -> Effects` |
//! | [`RasShadow`] | errors that the host took from the device | `from_snapshot(&words)` | likewise |
//! | [`CapabilityArray`] | CXL.cache/mem capability array | `from_snapshot(&words)` | `read(Access) -> u64` |
//! | [`ComponentMap`] | which shadow an offset of the component block belongs to | `new(&array, &hdm)` | `route(Access)` |
//! | [`locator::Entry`] | where the component block is | `from_snapshot(&words)` | - |
//! | [`Window`] | from a region's offset to page frames | `new(..)` | - |
//!
//! * An [`Access`] is an offset and 1, 2, 4 or 8 bytes, at any alignment. Offsets count from the
//!   first byte of the DVSEC or of the capability.
//! * [`Effects`] are what a write wants performed: a CXL Reset or a write-back, and the few bits that
//!   reach the device.
//! * `reset()` of a shadow is what a CXL Reset of the guest leaves. Any other reset that is not the
//!   guest's own FLR, which changes nothing, ends with a new shadow.
//! * A snapshot is a slice of dwords from the first one on. What is wrong with it is an [`Unfit`].
//! * `fields()`, `header_fields()` and `decoder_fields(n)` iterate over a shadow as name, bits,
//!   value and attribute.
//!
//! # Glossary
//!
//! ## The machine
//!
//! * **CXL** (Compute Express Link): PCI Express with three protocols on one link. *CXL.io* is
//!   PCI itself; *CXL.cache* lets the device cache the host's memory; *CXL.mem* lets the host use
//!   the device's memory as its own.
//! * **Type-2 device**: an accelerator with memory of its own that speaks all three.
//! * **HDM** (host-managed device memory): the part of the device's memory that the host maps and
//!   accesses with CXL.mem.
//! * **HPA**, **DPA** (host, device physical address): where a byte of HDM is for the host's CPUs,
//!   and where it is inside the device.
//! * **Decoder**: a base, a size and a control register in the device: accesses to that range of
//!   host addresses are the device's. A second set sits in the host bridge. **Skip** is how much
//!   DPA a decoder leaves unused below its own.
//! * **Ways**, **granularity** (IW, IG): consecutive pieces of *granularity* bytes go to *ways*
//!   devices in turn (*interleave*). An accelerator uses 1 way.
//! * **Target type**: whether the range is *host-only* coherent or *device* coherent, the kind
//!   that Type-2 devices have. **BI** (back-invalidate) is how the device takes lines back from
//!   the host's caches; **UIO** is unordered I/O by other devices to the range, **ISP** a part of
//!   its interleave.
//! * **Viral**: a device with an uncorrectable error marks all it sends, so that nobody uses it.
//! * **RAS**: registers that report errors.
//!
//! ## Where registers are
//!
//! * **DVSEC** (designated vendor-specific extended capability): a block in PCI configuration
//!   space, named by a vendor id and an id. The *CXL Device DVSEC* ([`dvsec`]) has the switches of
//!   the whole function, the *Register Locator DVSEC* ([`locator`]) says where the rest is.
//! * **BAR**: a window of memory-mapped registers of a PCI function. A **BIR** is a BAR's number.
//! * **Component block**: 64 KiB in a BAR with the registers that every CXL component has. Its
//!   second 4 KiB are the *CXL.cache/mem registers*, which start with the *capability array*
//!   ([`cm`]); among the capabilities are the HDM decoders ([`hdm`]) and RAS ([`ras`]).
//!
//! ## What registers do
//!
//! * **Attribute** ([`attr::Attr`]): what writing a field does. *RO*: nothing. *HwInit*: nothing,
//!   the value is the device's. *Live*: nothing, and the device changes it by itself. *RW*: it
//!   changes. *RWS*: likewise, and the bit is *sticky*: it survives resets. *RWL*: it changes until a lock is set. *RWO*: the first 1 latches. *RW1CS*: a
//!   1 clears, sticky. *RsvdP*, *RsvdZ*: reserved.
//! * **Doorbell**: a bit that reads 0 and starts something when 1 is written.
//! * **Commit**: COMMIT asks a decoder to begin decoding. It checks itself and answers with
//!   COMMITTED or ERROR_NOT_COMMITTED. A committed decoder cannot be changed. Clearing COMMIT
//!   *releases* it.
//! * **Lock**: a decoder that was committed with LOCK_ON_COMMIT cannot be released except by a
//!   reset. CONFIG_LOCK does the same for the DVSEC's Control register.
//! * **WBI** (write-back and invalidate): the device empties its caches of host memory.
//!
//! ## Resets
//!
//! * **FLR** (function level reset): CXL.io only.
//! * **CXL Reset**: the CXL side of the function; optionally clears its memory.
//! * **Conventional reset**: of the whole device, for example by a *hot reset* over the link.
//!
//! # Decisions
//!
//! Beside those in the register tables:
//!
//! * A doorbell of something the device is not capable of is reserved: nothing rings. A doorbell
//!   rung again before its completion rings again.
//! * Ringing Initiate CXL Reset clears CXL_Reset_Complete and CXL_Reset_Error, its completion sets
//!   one of them. Cache_Invalid is the device's, while the guest has caching disabled.
//! * A write that leaves COMMIT at 1 does not ask again: a failed decoder is retried by clearing
//!   COMMIT and setting it.
//! * Writes of one access take effect dword by dword in ascending order.

// The kernel's build adds the attribute to every crate.
#![allow(unused_attributes, clippy::duplicated_attributes)]
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Whatever could panic. selftests/host/check-panic-free looks at what became of the code.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::string_slice,
    clippy::todo,
    clippy::unimplemented,
    clippy::unreachable,
    clippy::unwrap_used
)]

pub mod access;
pub mod attr;
pub mod block;
pub mod cm;
pub mod dvsec;
pub mod effect;
pub mod hdm;
pub mod locator;
pub mod ras;
pub mod table;
pub mod unfit;
pub mod window;

#[doc(inline)]
pub use self::{
    access::Access,
    cm::{
        CapabilityArray,
        ComponentMap, //
    },
    dvsec::DvsecShadow,
    effect::Effects,
    hdm::HdmShadow,
    ras::RasShadow,
    unfit::{
        Block,
        Unfit, //
    },
    window::Window, //
};
