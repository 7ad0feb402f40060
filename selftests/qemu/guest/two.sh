#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Two accelerators in one guest, each with a window of its own: neither sees what is written to the other.
# usage: two.sh ADDRESS ADDRESS
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/lib.sh

modprobe kvm_amd
for DEVICE in $1 $2; do
	SYSFS=/sys/bus/pci/devices/$DEVICE
	bind_to cxl_vfio_pci
done
pack
DEVICES="$1 $2"
DEVICE=$1
start_guest
cat /tmp/said
guest_must_show '^region1: .* commit=1'
guest "find_device 1; echo 0x5000000000000 > \$sys/fill"
guest "find_device 2; echo 0x6000000000000 > \$sys/fill"
filled 0x6000000000000
guest "find_device 1"
filled 0x5000000000000
host_has 0x5000000000000
reboot_by guest_does reboot -f
filled 0x5000000000000
guest "find_device 2"
filled 0x6000000000000
stop_guest
