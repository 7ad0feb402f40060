#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The device is unplugged from a running guest and plugged in again; QEMU is killed in the middle, and the next one starts: each
# finds the memory, and finds it cleared.
# usage: plug.sh ADDRESS
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/lib.sh

# Nothing is left of what was written.
cleared()
{
	guest "cat \$sys/look"
	guest_must_show '^0 wrong'
}

modprobe kvm_amd
bind_to cxl_vfio_pci
pack
start_guest
guest "echo 0x3000000000000 > \$sys/fill"
filled 0x3000000000000

monitor "device_del acc0"
guest "while [ -e \$sys ]; do sleep 0.2; done"
guest settle
monitor "device_add vfio-pci,id=acc1,host=$DEVICE,bus=rp0"
! grep -i error /tmp/monitor || fail "the device cannot be plugged in again"
guest "while [ ! -e \$sys/look ]; do sleep 0.2; done"
cleared
guest "echo 0x3000000000000 > \$sys/fill"
filled 0x3000000000000
echo "ok plugged in again"
no_warnings

kill -KILL $qemu
wait $qemu || :
start_guest
cleared
guest "echo 0x4000000000000 > \$sys/fill"
filled 0x4000000000000
echo "ok after QEMU was killed"
stop_guest
