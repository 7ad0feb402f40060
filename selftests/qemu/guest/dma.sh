#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The device copies from its memory to the guest's RAM, and to its own memory by the guest's address of it.
# usage: dma.sh ADDRESS type1|iommu; with a virtual IOMMU the guest gives it bus addresses
set -eu
. /selftests/qemu/guest/lib.sh

ready
[ "$2" = type1 ] || IOMMU=yes
start_guest
if [ -n "$IOMMU" ]; then
	guest "ls -d \$sys/iommu_group"
	guest "cat \$sys/iommu_group/type"
	guest_must_show '^DMA'
fi
for round in 1 2; do
	guest "cat \$sys/dma"
	guest_must_show '^ram 1 memory 1$'
	echo "ok both copies, round $round"
	[ $round -eq 2 ] || reboot_by guest_does reboot -f
done
stop_guest
