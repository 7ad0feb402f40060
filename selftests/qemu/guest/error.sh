#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# An uncorrectable error of the device reaches the guest, whose kernel resets the device, and whose driver goes on. A guest that is
# not told is stopped, as by QEMU as it is.
# usage: error.sh ADDRESS told|stopped
set -eu
. /selftests/qemu/guest/lib.sh

# Completion Timeout
ERROR=0x4000

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

ready
case $2 in
told) told ;;
stopped) stopped ;;
esac
