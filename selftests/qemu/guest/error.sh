#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# An uncorrectable error of the device reaches the guest, whose kernel resets the device, and whose driver goes on. A guest that is
# not told is stopped, as by QEMU as it is.
# usage: error.sh ADDRESS told|stopped
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/lib.sh

# Completion Timeout
ERROR=0x4000

told()
{
	start_guest
	guest "echo 0x8000000000000 > \$sys/fill"
	vmctl set acc0 aer-uncorrectable $ERROR
	guest "for i in \$(seq 300); do ! dmesg | grep -q 'works again after an error' || break; sleep 0.2; done; dmesg | grep -i 'aer\|accel'"
	cat /tmp/said
	guest_must_show 'Uncorrectable (Fatal) Error message received'
	guest_must_show 'works again after an error'
	guest "echo 0x9000000000000 > \$sys/fill"
	filled 0x9000000000000
	host_has 0x9000000000000
	must_show 'uncorrectable error, reported to the guest' $T/qemu.log
	: > $T/qemu.log
	stop_guest
}

stopped()
{
	start_guest -global vfio-pci.x-report-errors=off
	vmctl set acc0 aer-uncorrectable $ERROR
	i=0
	until grep -q 'Unrecoverable error detected' $T/qemu.log || [ $i -eq 100 ]; do
		sleep 0.2
		i=$((i + 1))
	done
	must_show 'Unrecoverable error detected' $T/qemu.log
	monitor "info status"
	must_show 'paused (internal-error)' /tmp/monitor
	monitor quit
}

modprobe kvm_amd
bind_to cxl_vfio_pci
pack
case $2 in
told) told ;;
stopped) stopped ;;
esac
