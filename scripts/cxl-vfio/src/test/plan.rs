// SPDX-License-Identifier: GPL-2.0

//! Which program has its turn when, and why some have none.

use serde::Serialize;

/// What a program may do to the device, from harmless to not. Opening a device resets it, whatever program does it, as
/// VFIO has it; that is no stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Asks what there is.
    Look,
    /// Writes to what a guest sees of the registers.
    Registers,
    /// Writes to the device's memory.
    Memory,
    /// The same for a while, or again and again.
    Load,
    /// Resets the function in every way, and has it sleep.
    Resets,
    /// Has the kernel believe that the device or its memory failed.
    Inject,
}

pub struct Program {
    pub name: &'static str,
    pub stage: Stage,
    /// After the address: {load} is for how many seconds.
    pub arguments: &'static [&'static str],
}

const fn program(stage: Stage, name: &'static str, arguments: &'static [&'static str]) -> Program {
    Program {
        name,
        stage,
        arguments,
    }
}

/// In the order in which they run. An emulated device has the name acc0; on hardware nobody asks for it.
pub const PROGRAMS: [Program; 29] = [
    program(Stage::Look, "vfio_cxl_info_test", &[]),
    program(Stage::Look, "vfio_cxl_region_test", &[]),
    program(Stage::Look, "vfio_cxl_debugfs_test", &[]),
    program(Stage::Registers, "vfio_cxl_dvsec_test", &[]),
    program(Stage::Registers, "vfio_cxl_config_test", &[]),
    program(Stage::Registers, "vfio_cxl_hdm_test", &[]),
    program(Stage::Registers, "vfio_cxl_commit_test", &[]),
    program(Stage::Registers, "vfio_cxl_component_test", &[]),
    program(Stage::Registers, "vfio_cxl_bar_test", &[]),
    program(Stage::Registers, "vfio_cxl_trace_test", &[]),
    program(Stage::Memory, "vfio_cxl_rw_test", &[]),
    program(Stage::Memory, "vfio_cxl_mmap_test", &[]),
    program(Stage::Memory, "vfio_cxl_gup_test", &[]),
    program(Stage::Memory, "vfio_cxl_huge_test", &[]),
    program(Stage::Memory, "vfio_cxl_dma_test", &[]),
    program(Stage::Memory, "vfio_cxl_kvm_test", &[]),
    program(Stage::Memory, "vfio_cxl_session_test", &[]),
    program(Stage::Load, "vfio_cxl_memspace_test", &[]),
    program(Stage::Load, "vfio_cxl_cycle_test", &["acc0", "200"]),
    program(Stage::Resets, "vfio_cxl_reset_test", &[]),
    program(Stage::Resets, "vfio_cxl_cxlreset_test", &[]),
    program(Stage::Resets, "vfio_cxl_doorbell_test", &[]),
    program(Stage::Resets, "vfio_cxl_power_test", &[]),
    program(Stage::Resets, "vfio_cxl_race_test", &["acc0", "{load}"]),
    program(Stage::Resets, "vfio_cxl_v2_test", &[]),
    program(Stage::Resets, "vfio_cxl_v6_test", &[]),
    program(Stage::Resets, "vfio_cxl_fuzz", &["acc0", "{load}"]),
    program(Stage::Inject, "vfio_cxl_error_test", &[]),
    program(Stage::Inject, "vfio_cxl_poison_test", &[]),
];

/// Programs that have no turn here.
pub const LEFT_OUT: [(&str, &str); 19] = [
    ("vfio_cxl_functions_test", "for a device with two functions; give it the address by hand"),
    ("vfio_cxl_removal_test", "takes the device away from the machine; run it by hand, beside the machine"),
    ("vfio_cxl_unplug_test", "asks the emulator for another device"),
    ("vfio_cxl_restore_test", "asks the emulator how the decoder is; run it by hand on a device whose resets are survived"),
    ("vfio_cxl_clear_test", "changes a parameter that others on the machine rely on"),
    ("vfio_cxl_clearing_test", "has the emulator take long"),
    ("vfio_cxl_quiet_test", "follows the kernel's own functions through a CXL Reset"),
    ("vfio_cxl_caches_test", "follows the kernel's own functions, on a machine whose caches it knows"),
    ("vfio_cxl_writeback_test", "needs the emulator's model of the caches"),
    ("vfio_cxl_hostline_test", "has the emulator hold lines of host memory"),
    ("vfio_cxl_memtype_test", "changes the memory types of the machine"),
    ("vfio_cxl_storm_test", "loads and unloads the module, which others on the machine may use"),
    ("vfio_cxl_failnth_test", "needs a kernel with fault injection"),
    ("vfio_cxl_bind_test", "its question is asked by binding the device before the first program"),
    ("vfio_lifecycle_test", "loads and unloads the module, which others on the machine may use"),
    ("vfio_kernel_test", "the kernel's own programs, which compare with vfio-pci: that loses the decoders of some devices"),
    ("vfio_parity_test", "compares with vfio-pci, which loses the decoders of some devices"),
    ("vfio_parity_dump", "is run by vfio_parity_test"),
    ("vfio_bench", "measures, and judges nothing: make bench"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Every program of selftests/vfio has its turn, or a reason why not.
    #[test]
    fn nothing_is_forgotten() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../selftests/vfio");
        let files = fs::read_dir(folder).expect("the source has it").flatten();
        let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
        let programs: Vec<String> = names
            .filter_map(|name| name.strip_suffix(".c").map(str::to_owned))
            .collect();
        assert!(programs.len() > 25);
        for name in &programs {
            let turns = PROGRAMS
                .iter()
                .filter(|program| program.name == *name)
                .count();
            let reasons = LEFT_OUT
                .iter()
                .filter(|(left_out, _)| left_out == name)
                .count();
            assert_eq!(turns + reasons, 1, "{name}");
        }
        let planned = PROGRAMS.iter().map(|program| program.name);
        for name in planned.chain(LEFT_OUT.iter().map(|(name, _)| *name)) {
            assert!(
                programs.iter().any(|program| program == name),
                "{name} is gone"
            );
        }
    }

    #[test]
    fn harmless_first() {
        assert!(PROGRAMS.is_sorted_by_key(|program| program.stage));
    }
}
