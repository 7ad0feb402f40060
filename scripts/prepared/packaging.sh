# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes the tree in which packages are packed, and a Debian is installed.

. "$CLONE/scripts/prepared/packages.sh"

finish_packaging() {
	ln -sf mawk "$1/usr/bin/awk"
	ln -sf which.debianutils "$1/usr/bin/which"
	ln -sf fakeroot-sysv "$1/usr/bin/fakeroot"
	printf '%s\n' root:x:0:0:root:/tmp:/bin/sh man:x:6:12:man:/var/cache/man:/bin/sh >"$1/etc/passwd"
	printf '%s\n' root:x:0: man:x:12: >"$1/etc/group"
}

make_packaging() {
	make_packages "$1" packaging
}
