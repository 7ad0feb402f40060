# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes Rust's library for an architecture that is not this machine's, which programs for a virtual machine are built with.

make_rust_library() {
	fetch_names "apt: download Rust's library for $ARCH" "libstd-rust-dev:$DEBIAN"
	rm -rf "$1"
	mkdir -p "$1"
	step "unpack Rust's library for $ARCH" unpack_packages "$1" "${FILES[@]}"
}
