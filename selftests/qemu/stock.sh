#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Stock QEMU, which knows nothing of CXL memory, gives the device to a guest: its capabilities and BARs are there, its
# component registers are not.
# usage: stock.sh ADDRESS FIRST-DWORD-OF-A-BAR
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/payload.sh

bind_to cxl_vfio_pci
run_payload qemu-system-x86_64
guest_sees_capabilities
guest_sees_bars
must_show "^bar .* begins with $2$" /tmp/payload.log
must_show '^component registers in bar .* begin with ffffffff$' /tmp/payload.log
grep -v '^[0-9a-f]*: ' /tmp/payload.log
# Nothing of a guest is left: the next one gets the same device.
run_payload qemu-system-x86_64
