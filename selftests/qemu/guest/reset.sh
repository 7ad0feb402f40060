#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The memory is in its place, with what was written, after the resets that a guest can do and those of its machine.
# usage: reset.sh ADDRESS
set -eu
. /selftests/qemu/guest/lib.sh

ready
start_guest
fill 0x2000000000000

survives_resets 0x2000000000000

# By the guest, by its machine, and once more: QEMU uses VFIO_DEVICE_RESET each time.
for way in "guest_does reboot -f" "monitor system_reset" "guest_does reboot -f"; do
	reboot_by $way
	filled 0x2000000000000
	in_its_place
	echo "ok after $way"
done

# A guest that cannot sleep says so; the memory stays.
try "cat /sys/power/state; echo mem > /sys/power/state" || :
grep -v '^guest: done' /tmp/said | grep . > /tmp/answer || :
filled 0x2000000000000
echo "ok after the attempt to suspend: $(cat /tmp/answer)"
host_has 0x2000000000000
stop_guest
