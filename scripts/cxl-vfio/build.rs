// SPDX-License-Identifier: GPL-2.0

//! The version is the module's, which stands in Kbuild.

use std::{
    env,
    fs, //
};

fn main() {
    let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let file = format!("{folder}/../../Kbuild");
    let text = fs::read_to_string(&file).expect("Kbuild is in the source");
    let mut lines = text.lines();
    let version = lines.find_map(|line| line.strip_prefix("cxl-vfio-pci-version := "));
    let version = version.expect("Kbuild has the version");
    println!("cargo:rustc-env=CXL_VFIO_PCI_VERSION={version}");
    println!("cargo:rerun-if-changed={file}");
}
