# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by tests of what QEMU says before a guest runs. A CXL host bridge with a root port for a device, and
# run SECONDS OPTION...: QEMU with these, for so long at most. What it says is in /tmp/qemu.log.

BRIDGE="-device pxb-cxl,id=cxl0,bus=pcie.0,bus_nr=12,hdm_for_passthrough=true -device cxl-rp,id=rp0,bus=cxl0,chassis=1,slot=1"
WITH=				# what QEMU runs in

run()
{
	seconds=$1
	shift
	tools $WITH timeout "$seconds" /mnt/bin/qemu-cxl -L /usr/share/qemu -L /usr/share/seabios -nodefaults -no-user-config \
		-display none -S -accel kvm -cpu host -m 256M -M q35,cxl=on "$@" > /tmp/qemu.log 2>&1 < /dev/null
}

# stays SECONDS OPTION...: it starts, and waits for somebody to end it
stays()
{
	status=0
	run "$@" || status=$?
	[ $status -eq 124 ] || [ $status -eq 0 ] || fail "QEMU ended with $status: $(cat /tmp/qemu.log)"
}
