#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest this module binds the device, too, and gives it to a user of VFIO there.
# usage: nested.sh ADDRESS
set -eu
. /selftests/qemu/guest/lib.sh

ready
IOMMU=yes
start_guest
guest load_vfio
guest bind_to cxl_vfio_pci
guest "cxl-vfio show \$device"
cat /tmp/said
guest_must_show PASSED
guest bind_to cxl_accel_example
stop_guest
