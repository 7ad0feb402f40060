#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A guest with two accelerators, of which firmware locked one: each has its own memory.
# usage: two.sh ADDRESS ADDRESS
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/lib.sh
DEVICES="$1 $2"

# each COMMAND...: with n, and for each device the address as the host knows it, in the order in which the guest finds them
each()
{
	n=0
	for DEVICE in $DEVICES; do
		n=$((n + 1))
		SYSFS=/sys/bus/pci/devices/$DEVICE
		base=$(host_base "$DEVICE")
		"$@"
	done
}

fill()
{
	guest "find_device $n; echo 0x${n}000000000000 > \$sys/fill"
}

look()
{
	guest "find_device $n"
	filled "0x${n}000000000000"
	host_has "0x${n}000000000000"
}

modprobe kvm_amd
each bind_to cxl_vfio_pci
pack
start_guest
guest_must_show "^region1: .* commit=1 .*driver=cxl_region"
each fill
each look
echo "ok each has what was written to it"
reboot_by guest_does reboot -f
each look
echo "ok after a reboot"
guest "find_device 1; unbind; reset flr; bind_to cxl_accel_example"
each look
echo "ok after a reset of one"
stop_guest
