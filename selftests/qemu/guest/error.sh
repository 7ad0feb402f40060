#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# An uncorrectable error of the device reaches the guest, whose kernel resets the device, and whose driver goes on. A guest that is
# not told is stopped, as by QEMU as it is. Memory that fails is a memory error of the guest's; one that touches it is stopped.
# usage: error.sh ADDRESS told|stopped|poison
set -eu
. /selftests/qemu/guest/lib.sh

# Completion Timeout
ERROR=0x4000
# What fails, in the memory: the guest's driver looks at this page.
PAGE=0x40000

told()
{
	start_guest
	fill 0x8000000000000
	vmctl set acc0 aer-uncorrectable $ERROR
	guest "for i in \$(seq 300); do ! dmesg | grep -q 'works again after an error' || break; sleep 0.2; done; dmesg | grep -i 'aer\|accel'"
	cat /tmp/said
	guest_must_show 'Uncorrectable (Fatal) Error message received'
	guest_must_show 'works again after an error'
	uses 0x9000000000000
	must_show 'uncorrectable error, reported to the guest' $T/qemu.log
	: > $T/qemu.log
	stop_guest
}

stopped()
{
	start_guest -global vfio-pci.x-report-errors=off
	vmctl set acc0 aer-uncorrectable $ERROR
	is_stopped 'Unrecoverable error detected'
}

# is_stopped REASON, that QEMU gives
is_stopped()
{
	i=0
	until grep -q "$1" $T/qemu.log || [ $i -eq 100 ]; do
		sleep 0.2
		i=$((i + 1))
	done
	must_show "$1" $T/qemu.log
	monitor "info status"
	must_show 'paused (internal-error)' /tmp/monitor
	echo quit >&9
	qemu_ends
}

# The kernel's own injection stands in for a failure that the platform reports.
poison()
{
	start_guest
	uses 0x8000000000000
	# On AMD it is no exception: the guest's kernel looks for such errors now and then, by default each five minutes.
	guest "echo 1 > /sys/devices/system/machinecheck/machinecheck0/check_interval"
	echo $((base + PAGE)) > /sys/devices/system/memory/hard_offline_page
	sleep 1
	cat $T/qemu.log
	guest "for i in \$(seq 100); do ! dmesg | grep -q 'Hardware Error' || break; sleep 0.2; done; dmesg | grep -i 'Hardware Error\|mce'"
	cat /tmp/said
	guest_must_show "$(printf %x $((place + PAGE)))"
	guest_does "cat \$sys/look"
	is_stopped 'kvm run failed'
	# The next guest has a device that was reset since.
	start_guest
	uses 0x9000000000000
	stop_guest
}

ready
case $2 in
told) told ;;
stopped) stopped ;;
poison) poison ;;
esac
