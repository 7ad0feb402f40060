// SPDX-License-Identifier: GPL-2.0

//! What differs between processors: what KVM must be able to do, how the guest's CPU starts, and where it reads and writes the
//! ports that it answers at.

#[cfg(target_arch = "x86_64")]
#[path = "cpu/x86.rs"]
mod architecture;

#[cfg(target_arch = "aarch64")]
#[path = "cpu/arm64.rs"]
mod architecture;

pub use architecture::{at, create_vm, port, set_up, start};
