#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Memory that firmware reserved for a purpose: whoever comes first has it, the host or the driver.
# usage: soft-reserved.sh ADDRESS
set -eu
. /selftests/tools/lib.sh
OUT=/tmp/out
BASE=$((0x110000000))
SIZE=$((0x10000000))

# says PATTERN... -- COMMAND...: what it says has them all
says()
{
	rm -f /tmp/patterns
	while [ "$1" != -- ]; do
		echo "$1" >> /tmp/patterns
		shift
	done
	shift
	status=0
	"$@" > $OUT 2>&1 || status=$?
	while read -r pattern; do
		must_show "$pattern" $OUT
	done < /tmp/patterns
}

iomem()
{
	grep -q "$1" /proc/iomem
}

modprobe device_dax
modprobe kmem
says 'firmware committed its memory at 0x110000000-' -- cxl-vfio check "$DEVICE"
[ $status -eq 0 ] || fail "something stands in the way of memory that nobody has"

# The host comes first.
modprobe dax_hmem
for _ in 1 2 3 4 5 6 7 8 9 10; do
	! iomem 'System RAM (kmem)' || break
	sleep 1
done
dax=$(basename /sys/bus/dax/devices/dax*)
says 'BAD .*the host uses its memory itself (System RAM (kmem))' "reconfigure-device --mode=devdax --force $dax" \
	'blacklist dax_hmem' -- cxl-vfio check "$DEVICE"
[ $status -ne 0 ] || fail "nothing stands in the way of memory that the host uses"
says 'the host uses its memory itself' 'What to do: ' -- cxl-vfio bind "$DEVICE"
[ $status -ne 0 ] || fail "it was bound"
says 'not bound: memory 0x110000000, size 0x10000000, is in use' -- cxl-vfio bind --force "$DEVICE"
driver_must_be none

# What daxctl does: the blocks of memory, the driver, the other driver.
block=$((0x$(cat /sys/devices/system/memory/block_size_bytes)))
for number in $(seq $((BASE / block)) $(((BASE + SIZE) / block - 1))); do
	[ "$(cat "/sys/devices/system/memory/memory$number/state")" = offline ] ||
		echo offline > "/sys/devices/system/memory/memory$number/state"
done
echo "$dax" > /sys/bus/dax/drivers/kmem/unbind
echo "$dax" > /sys/bus/dax/drivers/device_dax/new_id
[ "$(basename "$(readlink "/sys/bus/dax/devices/$dax/driver")")" = device_dax ] || fail "$dax has another driver"
says "BAD .*$dax has its memory: the host offers it as a dax device" "echo $dax > /sys/bus/dax/drivers/device_dax/unbind" -- \
	cxl-vfio check "$DEVICE"
echo "$dax" > /sys/bus/dax/drivers/device_dax/unbind
says 'CXL memory 0x110000000-0x11fffffff passed through' -- cxl-vfio bind "$DEVICE"
driver_must_be cxl_vfio_pci
modprobe -r dax_hmem
cxl-vfio unbind "$DEVICE"

# The driver comes first.
cxl-vfio bind "$DEVICE"
modprobe dax_hmem
sleep 3
! iomem dax || fail "the host took memory that is passed through"
says '^Verdict      PASSED' -- cxl-vfio show "$DEVICE"
