#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Gives a device to cxl-vfio-pci and that to the VMM: run.sh container|iommufd ADDRESS [v2|v3|v6]
set -eu

[ $# -lt 3 ] || echo "$3" > /sys/module/cxl_vfio_pci/parameters/uapi

device=/sys/bus/pci/devices/$2
if [ -e "$device/driver" ]; then
	echo "$2" > "$device/driver/unbind"
	# Linux 7.3 queues work when a memory device goes, which unbinds whatever driver its function has by then.
	sleep 1
fi
echo cxl_vfio_pci > "$device/driver_override"
echo "$2" > /sys/bus/pci/drivers_probe
exec cxl_vmm "$@"
