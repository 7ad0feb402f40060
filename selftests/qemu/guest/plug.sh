#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The device leaves a running guest and comes back: its memory is in its place, and cleared, because between the two the device
# had no user.
# usage: plug.sh ADDRESS
set -eu
. /selftests/qemu/guest/lib.sh

ready
start_guest
fill 0x6000000000000
host_has 0x6000000000000

monitor device_del acc0
guest "for i in \$(seq 300); do [ -e \$sys ] || break; sleep 0.2; done; ! [ -e \$sys ]"
# The guest's kernel forgets the device first, and then switches the slot off.
i=0
while monitor info pci && grep -q 1b36:00c2 /tmp/monitor; do
	[ $i -lt 50 ] || fail "QEMU still has the device"
	i=$((i + 1))
	sleep 0.5
done
echo "ok the device is gone"

monitor device_add "vfio-pci,id=acc0,host=$DEVICE,bus=rp0"
guest "for i in \$(seq 300); do [ ! -e \$sys/look ] || break; sleep 0.2; done; [ -e \$sys/look ]"
in_its_place
guest "cat \$sys/look"
guest_must_show '^0x0 wrong'
uses 0x7000000000000
echo "ok the device is back"
stop_guest
