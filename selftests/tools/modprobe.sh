#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# One modprobe of the module is enough: cxl-core then knows its way to the memory.
# usage: modprobe.sh ADDRESS
set -eu
. /selftests/tools/lib.sh

[ ! -e /sys/module/cxl_acpi ] || fail "cxl_acpi is loaded already"
index_modules
tools modprobe cxl-vfio-pci
bind_to cxl_vfio_pci
dmesg | grep -q "cxl_vfio_pci $DEVICE: .*memory" || fail "it was bound without its memory"
