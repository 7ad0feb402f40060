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
CHOSEN=/var/tmp/chosen
KIND=$(sed 's/^0x//' "$SYSFS/vendor" "$SYSFS/device" | tr a-f A-F | paste -sd:)
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
	dmesg > /tmp/log
	grep -q -- "$1" /tmp/log || fail "the kernel log has no '$1'"
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

# A kernel of the series beside the one that runs: its package brings the module, and a boot loader takes it from now on.
second_kernel()
{
	for other in /lib/modules/*; do
		other=${other##*/}
		[ "$other" = "$(uname -r)" ] || break
	done
	# From now on the whole kind, written as KubeVirt does.
	cxl-vfio unbind --persist "$DEVICE"
	cxl-vfio bind --persist "$KIND"
	apt install "/run/build/deb/cxl-vfio-pci-modules-$other"_*.deb
	[ "$(modinfo -k "$other" -F vermagic cxl-vfio-pci | cut -d' ' -f1)" = "$other" ] || fail "$other has no module"
	ln -sf "vmlinuz-$other" /boot/vmlinuz
	ln -sf "initrd.img-$other" /boot/initrd.img
	echo "$other" > $CHOSEN
}

chosen_kernel()
{
	[ "$(uname -r)" = "$(cat $CHOSEN)" ] || fail "kernel $(uname -r) was booted, not $(cat $CHOSEN)"
	echo "# $(uname -v)"
	UNIT=cxl-vfio@$(echo "$KIND" | tr A-F a-f).service
	bound_at_boot
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

# The package of `make deb` without a key, on a machine whose firmware demands signatures.
unsigned_is_refused()
{
	kernel_says 'Secure boot enabled'
	apt install /run/build/deb/cxl-vfio-pci_*.deb "/run/build/deb/cxl-vfio-pci-modules-$(uname -r)"_*.deb
	! modprobe cxl-vfio-pci 2> $OUT || fail "a module without a signature was loaded"
	cat $OUT
	must_show 'Key was rejected by service' $OUT
	for command in check "check $DEVICE" "bind $DEVICE"; do
		! cxl-vfio $command > $OUT 2>&1 || fail "cxl-vfio $command has nothing against a module without a signature"
		must_show 'the kernel loads signed modules only (Secure Boot is on), and this one has no signature' $OUT
		must_show 'mokutil --import' $OUT
	done
	cat $OUT
	driver_must_be none
}

# As the owner of the machine mends that, whose key its firmware knows.
signed_is_bound()
{
	/usr/lib/linux-kbuild-*/scripts/sign-file sha256 /var/lib/dkms/mok.key /var/lib/dkms/mok.pub "$(modinfo -n cxl-vfio-pci)"
	cxl-vfio check "$DEVICE" > $OUT || {
		cat $OUT
		fail "cxl-vfio check finds something against the device"
	}
	must_show 'unknown .*the kernel is locked down' $OUT
	cxl-vfio bind "$DEVICE"
	driver_must_be cxl_vfio_pci
	kernel_says "cxl_vfio_pci $DEVICE: CXL memory .* passed through"
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
