#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Gives a device to cxl-vfio-pci and that to the VMM: run.sh container|iommufd ADDRESS
set -eu

device=/sys/bus/pci/devices/$2
[ ! -e "$device/driver" ] || echo "$2" > "$device/driver/unbind"
echo cxl_vfio_pci > "$device/driver_override"
echo "$2" > /sys/bus/pci/drivers_probe
exec cxl_vmm "$@"
