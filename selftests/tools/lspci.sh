#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# lspci shows a bound device, its CXL capabilities and its driver, and all but its power state, its error masks and that it had
# a CXL Reset as under vfio-pci.
# usage: lspci.sh ADDRESS
set -eu
. /selftests/tools/lib.sh

look()
{
	bind_to "$1"
	tools lspci -vvv -s "$DEVICE" > "/tmp/lspci.$1"
}

index_modules
look vfio-pci
look cxl_vfio_pci
must_show 'Kernel driver in use: cxl_vfio_pci$' /tmp/lspci.cxl_vfio_pci
must_show 'Designated Vendor-Specific: Vendor=1e98 ID=0000 ' /tmp/lspci.cxl_vfio_pci
must_show 'CXLCap:.* Mem+' /tmp/lspci.cxl_vfio_pci
must_show 'CXLCtl:.* Mem+' /tmp/lspci.cxl_vfio_pci

# vfio-pci puts an idle device to D3, where this driver keeps one with CXL memory in D0; and it unmasks the internal
# errors that tell of CXL errors. From binding on it clears the memory, by a CXL Reset, which has a bit for being done.
for name in vfio-pci cxl_vfio_pci; do
	sed '/Kernel driver in use/d;s/Status: D[03] /Status: D /;s/\(Uncorr\|Corr\)IntErr[+-]//;s/ResetComplete[+-]//' "/tmp/lspci.$name" > "/tmp/same.$name"
done
diff /tmp/same.vfio-pci /tmp/same.cxl_vfio_pci || fail "more than the driver differs from vfio-pci"
cat /tmp/lspci.cxl_vfio_pci
