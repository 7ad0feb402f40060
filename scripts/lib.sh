# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, what is built for which architecture, and how they speak.

CLONE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${CXL_VFIO_PCI_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/cxl-vfio-pci}
SUITE=trixie

say() { printf '%s\n' "$*" >&2; }

die() {
	say "${0##*/}: $*"
	exit 1
}

# An architecture as uname -m and QEMU, as the kernel's make and as Debian name it. ARCH is the kernel's name of the one that
# is built for, by default this machine's. What is made to run here is of the NATIVE one.
ARCHITECTURES='
x86_64 x86 amd64
aarch64 arm64 arm64
'
architecture() { # architecture NAME: the row with it
	awk -v name="$1" '$1 == name || $2 == name { print; found = 1 } END { exit !found }' <<<"$ARCHITECTURES" ||
		die "the architecture $1 is none of:$(awk 'NF { printf " %s", $2 }' <<<"$ARCHITECTURES")"
}
read -r NATIVE_MACHINE NATIVE_ARCH NATIVE_DEBIAN <<<"$(architecture "$(uname -m)")"
read -r MACHINE ARCH DEBIAN <<<"$(architecture "${ARCH:-$NATIVE_ARCH}")"
[ -n "$NATIVE_MACHINE" ] && [ -n "$MACHINE" ] || exit 1
TRIPLET=$MACHINE-linux-gnu

# Debian's name of the kernel that is tested on: version and flavour. Debian drops a kernel when the next one comes; then
# prepare takes that one, and this file has its name until the cache is removed.
KERNEL_TAKEN=$CACHE/kernel-taken-$DEBIAN
KERNEL_NAMED=${KERNEL:-}
KERNEL=${KERNEL:-$(cat "$KERNEL_TAKEN" 2>/dev/null || echo "7.3.4+deb13-$DEBIAN")}

# kernel_make stock|debug|64k: leaves in the array KERNEL_MAKE how make is told to build with the compilers of that kernel.
kernel_make() {
	KERNEL_MAKE=("ARCH=$ARCH")
	case $1 in
	stock | 64k) KERNEL_MAKE+=("CC=$TRIPLET-gcc-14" HOSTCC=gcc-14) ;;
	# Only clang instruments Rust code for KASAN; -19 is the one that Debian's bindgen and rustc are used with.
	debug) KERNEL_MAKE+=(LLVM=-19) ;;
	*) die "'$1' is none of stock, debug and 64k" ;;
	esac
	[ "$ARCH" = "$NATIVE_ARCH" ] || KERNEL_MAKE+=("CROSS_COMPILE=$TRIPLET-")
	# Debian's configuration of arm64 has a vDSO for 32-bit programs, and Kconfig drops it without a compiler for them. clang is one.
	[ "$ARCH" != arm64 ] || KERNEL_MAKE+=(CROSS_COMPILE_COMPAT=arm-linux-gnueabihf-
		"CC_COMPAT=clang-19 --target=arm-linux-gnueabihf" LD_COMPAT=ld.lld-19)
}

need_command() { # need_command COMMAND PACKAGE
	command -v "$1" >/dev/null || die "the command '$1' is missing: install the package $2 and run this again"
}

# need_namespaces: leaves in the array NAMESPACES what unshare must be told to mount as this user.
need_namespaces() {
	need_command unshare util-linux
	NAMESPACES=(--mount --pid --fork --kill-child)
	[ "$(id -u)" -ne 0 ] || return 0
	unshare --user --map-root-user true 2>/dev/null ||
		die "this user may not create user namespaces: run as root, or set kernel.unprivileged_userns_clone to 1"
	NAMESPACES+=(--user --map-root-user)
}

# copy_metadata KERNEL SOURCE KDIR COMMON: what Debian's headers lack for modules in Rust, from a prepared kernel into the
# directories of its headers.
copy_metadata() {
	mkdir -p "$3"/{rust/bindings,rust/kernel,scripts} "$4/rust"
	cp "$1"/obj/rust/lib*.rmeta "$1"/obj/rust/lib{macros,pin_init_internal,zerocopy_derive}.so "$3/rust/"
	cp "$1"/obj/rust/bindings/bindings_generated.rs "$3/rust/bindings/"
	cp "$1"/obj/rust/kernel/generated_arch_*.rs "$3/rust/kernel/"
	# Where the target is not one of rustc's own.
	if [ -f "$1/obj/scripts/target.json" ]; then cp "$1/obj/scripts/target.json" "$3/scripts/"; fi
	cp "$2"/rust/{Makefile,bindgen_parameters} "$4/rust/"
	cp "$2"/.clippy.toml "$2"/.rustfmt.toml "$4/"
}
