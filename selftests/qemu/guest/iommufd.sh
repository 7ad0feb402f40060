#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# QEMU opens the device through its own file, with an iommufd, which maps no memory without pages: it says what that means, and
# goes on.
# usage: iommufd.sh ADDRESS
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/qemu.sh

modprobe kvm_amd
bind_to cxl_vfio_pci
stays 60 -M kernel-irqchip=split,cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=256M $BRIDGE -object iommufd,id=iommufd \
	-device "vfio-pci,host=$DEVICE,bus=rp0,iommufd=iommufd"
must_show "$DEVICE: no device reaches the CXL memory by DMA: iommufd maps no memory without pages" /tmp/qemu.log
cat /tmp/qemu.log
