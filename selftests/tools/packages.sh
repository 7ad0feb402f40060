#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The packages on a machine with Debian installed, step by step, over its boots.
# usage: packages.sh STEP ADDRESS
set -eu
step=$1
shift
. "${0%/*}/lib.sh"

UNIT=cxl-vfio@$DEVICE.service
BEFORE=/var/tmp/before
OUT=/tmp/out

# apt COMMAND...: as a person has it who answers no questions
apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@" > $OUT 2>&1 || {
		cat $OUT
		fail "apt-get $* failed"
	}
}

# What is installed, without what is logged, cached and counted of every package.
files()
{
	find /boot /etc /opt /srv /usr /var -xdev \( -path /var/backups -o -path /var/cache -o -path /var/lib/apt -o -path /var/log \
		-o -path /var/tmp -o -path /var/lib/systemd -o -name '*-old' -o -name '*.pyc' \) -prune -o ! -type d -print | sort
}

# property UNIT NAME
property()
{
	systemctl show --property "$2" --value "$1"
}

kernel_says()
{
	dmesg | grep -q -- "$1" || fail "the kernel log has no '$1'"
}

install_packages()
{
	files > $BEFORE
	apt install /run/build/deb/cxl-vfio-pci_*.deb "/run/build/deb/cxl-vfio-pci-modules-$(uname -r)"_*.deb \
		/run/build/deb/cxl-vfio-pci-tests_*.deb
	version=$(dpkg-query -W -f '${Version}' cxl-vfio-pci)
	[ "$(modinfo -F version cxl-vfio-pci)" = "$version" ] || fail "the module's version is not the package's"
	cxl-vfio --version | grep -qF "$version" || fail "the tool's version is not the package's"
	cxl-vfio check "$DEVICE" > $OUT || {
		cat $OUT
		fail "cxl-vfio check finds something against the device"
	}
	cxl-vfio bind --persist "$DEVICE"
	driver_must_be cxl_vfio_pci
}

# At boot, by what --persist left, and before libvirt could choose a driver.
bound_at_boot()
{
	driver_must_be cxl_vfio_pci
	kernel_says "cxl_vfio_pci $DEVICE: CXL memory .* passed through"
	[ "$(property "$UNIT" Result)" = success ] || fail "$UNIT: $(property "$UNIT" Result)"
	bound=$(property "$UNIT" ExecMainExitTimestampMonotonic)
	libvirt=$(property libvirtd.service ExecMainStartTimestampMonotonic)
	echo "# bound $bound us after the boot, libvirtd started after $libvirt us"
	[ "$bound" -gt 0 ] && [ "$bound" -le "$libvirt" ] || fail "libvirtd started before the device was bound"
	# Not by luck: systemd may not start it before.
	case " $(property libvirtd.service After) " in
	*" $UNIT "*) ;;
	*) fail "libvirtd does not wait for $UNIT" ;;
	esac
}

# The same packages with a higher version, while a program works with the device.
upgrade_in_use()
{
	state=$(property "$UNIT" ActiveState)
	while [ ! -e /tmp/upgraded ]; do
		/usr/libexec/cxl-vfio-pci/selftests/vfio_cxl_fuzz "$DEVICE" acc0 60 > /tmp/user 2>&1 || exit
	done &
	user=$!
	for _ in $(seq 30); do
		! grep -q 'not open$' "/sys/kernel/debug/cxl_vfio_pci-$DEVICE/gate" || sleep 1
	done
	mkdir -p /tmp/new
	for package in cxl-vfio-pci "cxl-vfio-pci-modules-$(uname -r)"; do
		rm -rf /tmp/tree
		dpkg-deb -R "/run/build/deb/$package"_*.deb /tmp/tree
		sed -i 's/^Version: .*/&+new/' /tmp/tree/DEBIAN/control
		dpkg-deb -b -Znone /tmp/tree /tmp/new > $OUT
	done
	kill -0 $user || fail "the device is not in use any more: $(tail -n 3 /tmp/user)"
	apt install /tmp/new/*.deb
	case $(dpkg-query -W -f '${Version}' cxl-vfio-pci) in
	*+new) ;;
	*) fail "nothing was upgraded" ;;
	esac
	kill -0 $user || fail "the device is not in use any more: $(tail -n 3 /tmp/user)"
	driver_must_be cxl_vfio_pci
	: > /tmp/upgraded
	wait $user || {
		tail -n 20 /tmp/user
		fail "its user noticed the upgrade"
	}
	tail -n 1 /tmp/user
	[ "$(property "$UNIT" ActiveState)" = "$state" ] || fail "$UNIT was $state, and is $(property "$UNIT" ActiveState)"
}

# What Secure Boot does: the kernel loads signed modules only.
unsigned_is_refused()
{
	cxl-vfio unbind "$DEVICE"
	modprobe -r cxl_vfio_pci
	echo 1 > /sys/module/module/parameters/sig_enforce
	! cxl-vfio bind "$DEVICE" > $OUT 2>&1 || fail "a module without a signature was loaded"
	cat $OUT
	must_show 'the kernel loads signed modules only' $OUT
	must_show 'mokutil --import' $OUT
	driver_must_be none
	! cxl-vfio check > $OUT 2>&1 || fail "the check has nothing against a module without a signature"
	must_show 'BAD .*the kernel loads signed modules only' $OUT
}

purge()
{
	apt purge 'cxl-vfio-pci*'
	! modprobe -n cxl-vfio-pci 2> /dev/null || fail "modprobe knows the module"
	files > /var/tmp/after
	diff $BEFORE /var/tmp/after || fail "these files came, or went"
	! systemctl --quiet is-active "$UNIT" || fail "$UNIT is active"
}

$step
