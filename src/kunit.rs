// SPDX-License-Identifier: GPL-2.0

//! What KUnit runs in a kernel that has it: the register core's conformance table, compiled with
//! the kernel's flags and executed where the driver executes.

use kernel::prelude::*;

// On the host it is a crate of its own, which shows more.
#[allow(unreachable_pub, unused_imports)]
#[path = "../selftests/host/vectors/mod.rs"]
mod vectors;

#[kunit_tests(cxl_vfio_pci)]
mod tests {
    use super::*;

    /// KUnit prints the condition that failed, so the row comes first.
    #[test]
    fn vectors() -> Result {
        let rows = vectors::replay().map_err(|failure| {
            pr_err!("vector {}\n", core::format_args!("{failure}"));
            EINVAL
        })?;
        pr_info!("{rows} vectors hold\n");
        assert_eq!(rows, vectors::cases().count() + vectors::refusals().count());
        Ok(())
    }
}
