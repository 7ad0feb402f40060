#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A guest with two accelerators, of which firmware locked one: each has its own memory.
# usage: two.sh ADDRESS ADDRESS
set -eu
. /selftests/qemu/guest/lib.sh
DEVICES="$1 $2"

# each COMMAND...: with n, and for each device the address as the host knows it, in the order in which the guest finds them
each()
{
	n=0
	for DEVICE in $DEVICES; do
		n=$((n + 1))
		base=$(host_base "$DEVICE")
		"$@"
	done
}

write_own()
{
	guest "find_device $n"
	fill "0x${n}000000000000"
}

look()
{
	guest "find_device $n"
	filled "0x${n}000000000000"
	host_has "0x${n}000000000000"
}

ready
start_guest
guest_must_show "^region1: .* commit=1 .*driver=cxl_region"
each write_own
each look
echo "ok each has what was written to it"
reboot_by guest_does reboot -f
each look
echo "ok after a reboot"
guest "find_device 1; unbind; reset flr; bind_to cxl_accel_example"
each look
echo "ok after a reset of one"
stop_guest
