# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes the source of a Debian kernel, for all of its architectures and flavours.

unpack_source() { # unpack_source DIR FILE
	dpkg-deb -x "$2" "$1.package"
	tar -C "$1" --strip-components=1 -xf "$1.package"/usr/src/linux-source-*.tar.xz
	rm -rf "$1.package"
}

make_source() {
	local dir=$1 version=${KERNEL%%+*} found
	fetch_names "apt: download the source of kernel $version" "linux-source-${version%.*}"
	rm -rf "$dir" "$dir.package"
	mkdir -p "$dir"
	step "unpack the source of kernel $version" unpack_source "$dir" "${FILES[0]}"
	found=$(awk '/^(VERSION|PATCHLEVEL|SUBLEVEL) =/ { printf "%s%s", dot, $3; dot = "." }' "$dir/Makefile")
	[ "$found" = "$version" ] || die "Debian has the source of kernel $found now, and not of $version (see KERNEL in the README)"
}
