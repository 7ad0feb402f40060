#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The device is unplugged from a running guest and plugged in again; QEMU is killed in the middle, and the next one starts: each
# finds the memory, and finds it cleared.
# usage: plug.sh ADDRESS
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/lib.sh

modprobe kvm_amd
bind_to cxl_vfio_pci
pack
start_guest
guest "echo 0x3000000000000 > \$sys/fill"
filled 0x3000000000000

monitor "device_del acc0"
guest "while [ -e \$sys ]; do sleep 0.2; done"
guest settle
# The fixed memory window has room again, and the group may still be on its way.
monitor "device_add vfio-pci,id=acc1,host=$DEVICE,bus=rp0"
must_show device_add /tmp/monitor
guest "while [ ! -e \$sys/look ]; do sleep 0.2; done"
filled 0x0 || fail "what was unplugged was not cleared"
guest "echo 0x3000000000000 > \$sys/fill"
filled 0x3000000000000
echo "ok plugged in again"
no_warnings

kill -KILL $qemu
wait $qemu || :
start_guest
guest "cat \$sys/look"
guest_must_show '^0 wrong\|^0x0 wrong'
guest "echo 0x4000000000000 > \$sys/fill"
filled 0x4000000000000
echo "ok after QEMU was killed"
stop_guest
