# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes something from the source of exactly that QEMU which the toolchain root has.

unpack_qemu() { dpkg-source --no-check -x "/cache/apt-source/$1" "/cache/${PLACE[$THING]}/source"; }
build_qemu() { "/src/$1" "/cache/${PLACE[$THING]}/source" "/cache/${PLACE[$THING]}/$2"; }

make_qemu() { # make_qemu DIR BUILD OUTPUT: BUILD is a program of the clone that is given the source and what it makes
	local dir=$1 version
	version=$(versions qemu-system-x86 | cut -d_ -f2)
	version=${version/\%3a/:}
	[ -n "$version" ] || die "the toolchain root has no qemu-system-x86"
	fetch_source "apt: download the source of QEMU $version" qemu "$version"
	rm -rf "$dir"
	mkdir -p "$dir"
	inside "unpack the source of QEMU for ${WHAT[$THING]}" unpack_qemu "${DSC##*/}"
	inside "compile ${WHAT[$THING]}" build_qemu "$2" "$3"
	rm -rf "$dir/source"
}
