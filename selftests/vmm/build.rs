// SPDX-License-Identifier: GPL-2.0

//! Compiles the guest, which the VMM carries within itself.

use std::{env, ffi::OsStr, fs, path::PathBuf, process::Command};

const CFLAGS: &[&str] = &[
    "-std=gnu11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-ffreestanding",
    "-fno-pic",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    // Nothing sets the floating point unit up.
    "-mgeneral-regs-only",
    "-nostdlib",
    "-static",
    "-no-pie",
    "-Wl,--build-id=none,-z,noexecstack",
];

/// What one architecture needs.
fn more_cflags(architecture: &str) -> &'static [&'static str] {
    match architecture {
        // No interrupt is ever taken.
        "x86_64" => &["-fcf-protection=none", "-mno-red-zone"],
        // Without translation, an access that is not aligned is a fault.
        "aarch64" => &["-mstrict-align"],
        _ => panic!("there is no guest for {architecture}"),
    }
}

/// The guest, and what it shares with other guests that have no operating system.
const SOURCES: &[&str] = &["guest", "../freestanding"];

fn run<I: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = I>) {
    let status = Command::new(program).args(arguments).status();
    match status {
        Ok(status) if status.success() => (),
        Ok(status) => panic!("{program} failed: {status}"),
        Err(error) => panic!("{program} cannot be run: {error}"),
    }
}

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut sources: Vec<PathBuf> = SOURCES
        .iter()
        .flat_map(|directory| fs::read_dir(directory).expect("the guest's sources are missing"))
        .map(|entry| entry.expect("the guest's sources cannot be read").path())
        .filter(|path| matches!(path.extension(), Some(e) if e == "c" || e == "S"))
        .collect();
    sources.sort();
    let elf = out.join("guest.elf");
    let variable = |name| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let architecture = variable("CARGO_CFG_TARGET_ARCH");
    let prefix = match variable("HOST") == variable("TARGET") {
        true => String::new(),
        false => format!("{architecture}-linux-gnu-"),
    };
    let mut arguments: Vec<PathBuf> = CFLAGS.iter().map(PathBuf::from).collect();
    arguments.extend(more_cflags(&architecture).iter().map(PathBuf::from));
    arguments.extend(["-Iguest", "-I../freestanding", "-I../../include/uapi"].map(PathBuf::from));
    arguments.extend(["-T", "guest/guest.lds", "-o"].map(PathBuf::from));
    arguments.push(elf.clone());
    arguments.extend(sources);
    run(&format!("{prefix}gcc"), arguments);
    run(
        &format!("{prefix}objcopy"),
        [
            "-O".into(),
            "binary".into(),
            elf.into_os_string(),
            out.join("guest.bin").into_os_string(),
        ],
    );
    for directory in SOURCES {
        println!("cargo:rerun-if-changed={directory}");
    }
    println!("cargo:rerun-if-changed=../../include/uapi/cxl/cxl_regs.h");
}
