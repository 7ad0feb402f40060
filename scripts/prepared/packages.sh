# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes a file tree of Debian packages. They are only unpacked: no maintainer script runs, so neither root nor subordinate
# user ids are needed, and the result depends on the packages alone. finish_... does what the scripts would have done, as
# far as anything depends on it.

finish_root() {
	ln -sf mawk "$1/usr/bin/awk"
	ln -sf gcc "$1/usr/bin/cc"
	printf 'root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$1/etc/group"
}

finish_tools() {
	ln -sf mawk "$1/usr/bin/awk"
	ln -sf which.debianutils "$1/usr/bin/which"
	rm -rf "$1/var/run" "$1/var/lock"
	ln -s /run "$1/var/run"
	ln -s /run/lock "$1/var/lock"
	printf '%s\n' 'root:x:0:0:root:/tmp:/bin/sh' 'libvirt-qemu:x:64055:104::/var/lib/libvirt:/bin/sh' \
		'nobody:x:65534:65534:nobody:/:/bin/sh' >"$1/etc/passwd"
	printf '%s\n' root:x:0: kvm:x:104: libvirt-qemu:x:64055: nogroup:x:65534: >"$1/etc/group"
	# Where a VM mounts something.
	mkdir -p "$1/mnt" "$1/usr/lib/modules"
	# A VM compiles Python's library ten times slower, and anew for each program.
	step "Python's library" "$CLONE/scripts/toolroot" --root "$1" python3 -m compileall -q /usr/lib/python3.13
}

finish_gnuplot() {
	ln -s gnuplot-nox "$1/usr/bin/gnuplot"
}

make_packages() { # make_packages DIR root|tools|gnuplot
	local dir=$1
	local -n packages=${2^^}_PACKAGES
	fetch_packages "apt: download ${#packages[@]} packages of $THING and what they need" "${packages[@]}"
	rm -rf "$dir"
	# Where toolroot mounts something.
	mkdir -p "$dir"/{src,cache}
	step "unpack ${#FILES[@]} packages" unpack_packages "$dir" "${FILES[@]}"
	printf '%s\n' "${FILES[@]##*/}" >"$dir/packages.list"
	step "library cache of $THING" "$CLONE/scripts/toolroot" --root "$dir" ldconfig
	"finish_$2" "$dir"
}
