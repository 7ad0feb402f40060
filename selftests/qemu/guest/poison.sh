#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A page of the memory fails on the host while a guest has it. The host and the device go on, and so does the guest until it touches
# that page: then it gets a machine check, or its QEMU ends; the next guest works.
# usage: poison.sh ADDRESS
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/lib.sh

modprobe kvm_amd
bind_to cxl_vfio_pci
pack
start_guest
guest "echo 0xb000000000000 > \$sys/fill"
# Not the first page: the guest is to read others, too.
echo $((base + 0x100000)) > /sys/devices/system/memory/hard_offline_page
guest true
echo "# after the failure, before the guest touches the page:"
cat $T/qemu.log
echo 'cat $sys/look' >&8
i=0
while [ -d "/proc/$qemu" ] && ! tail -n 20 $console | grep -qi 'hardware error\|machine check\|memory failure' && [ $i -lt 150 ]; do
	sleep 0.2
	i=$((i + 1))
done
echo "# when the guest touches it:"
tail -n 12 $console
cat $T/qemu.log
[ ! -d "/proc/$qemu" ] || kill -KILL "$qemu"
wait $qemu || :
start_guest
guest "echo 0xc000000000000 > \$sys/fill"
filled 0xc000000000000
stop_guest
