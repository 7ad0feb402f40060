# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes the stock Debian kernel that modules are built for and tested on:
#   obj  object tree for KDIR, with the Rust metadata that Debian's header packages lack      packages  these, unpacked
#   modules/lib/modules/VERSION  Debian's modules        vmlinux or Image  the same kernel as QEMU boots it fastest
#   busybox  for a virtual machine, if this machine's is of another architecture
# The metadata is rebuilt from Debian's source with Debian's configuration and compilers, and accepted only when every
# Rust symbol that it exports is one that the stock kernel exports.

unpack_kernel() { # unpack_kernel DIR FILE...
	local dir=$1
	unpack_packages "$dir/packages" "${@:2}"
	mkdir -p "$dir/modules/lib"
	mv "$dir/packages/usr/lib/modules" "$dir/modules/lib/"
	rm -f "$dir/modules/lib/modules/$KERNEL"/{build,source}
	[ ! -f "$dir/packages/usr/bin/busybox" ] || mv "$dir/packages/usr/bin/busybox" "$dir/"
}

# Runs inside the root.
build_metadata() {
	local dir=/cache/kernel/stock headers=/cache/kernel/stock/packages/usr/src/linux-headers-$KERNEL make
	kernel_make stock
	make=(make -C /cache/source "O=$dir/obj" "${KERNEL_MAKE[@]}" "KERNELRELEASE=$KERNEL" "-j$(nproc)")
	mkdir -p "$dir/obj"
	cp "$headers/.config" "$dir/obj/.config"
	"${make[@]}" olddefconfig
	diff <(grep -v '^#' "$headers/.config") <(grep -v '^#' "$dir/obj/.config") ||
		die "the tools of the root change the configuration of kernel $KERNEL (see the lines above)"
	"${make[@]}" prepare
	"${make[@]}" modules_prepare
	cp "$headers/Module.symvers" "$headers/vmlinux" "$dir/obj/"
	case $ARCH in
	x86) /cache/source/scripts/extract-vmlinux "$dir/modules/lib/modules/$KERNEL/vmlinuz.unsigned" >"$dir/vmlinux" ;;
	# Firmware starts it: it is an uncompressed Image, and there is no way to boot an ELF file with ACPI.
	arm64) cp "$dir/modules/lib/modules/$KERNEL/vmlinuz.unsigned" "$dir/Image" ;;
	esac
	depmod -b "$dir/modules" "$KERNEL"
}

check_symbols() {
	local dir=/cache/kernel/stock missing
	missing=$(comm -23 \
		<(sed -nE 's/.*\((.*)\);/\1/p' "$dir"/obj/rust/exports_*_generated.h | sort -u) \
		<(awk '$3 == "vmlinux" { print $2 }' "$dir/obj/Module.symvers" | sort -u))
	[ -z "$missing" ] ||
		die "$(echo "$missing" | wc -l) rebuilt Rust symbols are not in kernel $KERNEL, the first is ${missing%%$'\n'*}"
}

make_kernel() {
	local dir=$1 version=${KERNEL%%-*} names
	names=(linux-{binary-unsigned,base,modules,headers}"-$KERNEL:$DEBIAN" "linux-headers-$version-common" "linux-kbuild-$version")
	[ "$ARCH" = "$NATIVE_ARCH" ] || names+=("busybox-static:$DEBIAN")
	fetch_names "apt: download kernel $KERNEL" "${names[@]}"
	rm -rf "$dir"
	mkdir -p "$dir/packages"
	step "unpack kernel $KERNEL" unpack_kernel "$dir" "${FILES[@]}"
	inside "rebuild its Rust metadata" build_metadata
	inside "compare its Rust symbols with Debian's" check_symbols
}
