#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A window in the guest's memory: how long it takes until the guest's first instruction and until its kernel is up, and how large
# the pages are that KVM maps it with after the guest touched all of it.
# usage: sizes.sh ADDRESS WINDOW LARGEST; the fixed memory window's size, and "1g" or "2m"
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/lib.sh
WINDOW=$2

centiseconds()
{
	sed 's/ .*//; s/\.//' /proc/uptime
}

pages()
{
	cat "/sys/kernel/debug/kvm/pages_$1"
}

modprobe kvm_amd
bind_to cxl_vfio_pci
pack
# Stopped before the first instruction: what VFIO_IOMMU_MAP_DMA of all memory takes is in this time.
start=$(centiseconds)
topology -S
until grep -q '(qemu)' $T/monitor.log; do
	[ -d "/proc/$qemu" ] || fail "QEMU ended: $(cat $T/qemu.log)"
	sleep 0.05
done
monitor "info status"
must_show paused /tmp/monitor
echo "# $(($(centiseconds) - start)) cs until QEMU is ready"
monitor cont
wait_for '^guest: up' 240
echo "# $(($(centiseconds) - start)) cs until the guest is up"
base=$(dmesg | sed -n "s/.*cxl_vfio_pci $DEVICE: CXL memory \(0x[0-9a-f]*\)-.*/\1/p" | tail -n 1)
guest load_cxl
guest_base
echo "# memory at $base on the host, at $place in the guest"
[ $((base % 0x40000000)) -eq $((place % 0x40000000)) ] || fail "the guest's address is not congruent to the host's"
before=$(pages "$3")
guest "echo 0x7000000000000 > \$sys/fill"
filled 0x7000000000000
host_has 0x7000000000000
echo "# KVM has $(pages 1g) pages of 1 GiB, $(pages 2m) of 2 MiB, $(pages 4k) of 4 KiB"
[ "$(pages "$3")" -gt "$before" ] || fail "KVM maps nothing with pages of $3"
stop_guest
