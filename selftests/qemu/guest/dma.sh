#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The device copies from its memory to the guest's RAM, and to its own memory by way of the guest's address, with and without an
# IOMMU in the guest.
# usage: dma.sh ADDRESS
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/lib.sh

modprobe kvm_amd
bind_to cxl_vfio_pci
pack
for IOMMU in "" yes; do
	start_guest
	guest "cat \$sys/dma"
	guest_must_show '^ram 1 memory 1'
	[ -z "$IOMMU" ] || {
		guest "basename \$(readlink \$sys/iommu_group)"
		guest_must_show '^[0-9]'
	}
	stop_guest
	echo "ok ${IOMMU:+behind an IOMMU}"
done
