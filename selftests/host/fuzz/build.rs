// SPDX-License-Identifier: GPL-2.0

//! Links libFuzzer: the archive that clang brings holds `main` and calls the target.
//!
//! `libfuzzer-sys` would build the same code from crates.io; taking the compiler's own needs no
//! registry and no C++ compiler. `run-fuzz` names the archive.

fn main() {
    println!("cargo:rerun-if-env-changed=LIBFUZZER");
    let Ok(archive) = std::env::var("LIBFUZZER") else {
        panic!("LIBFUZZER does not name libclang_rt.fuzzer: run selftests/host/run-fuzz");
    };
    println!("cargo:rerun-if-changed={archive}");
    // rustc links with -nodefaultlibs and puts its libraries in front of these.
    for arg in [archive.as_str(), "-lstdc++", "-lm", "-lc"] {
        println!("cargo:rustc-link-arg={arg}");
    }
}
