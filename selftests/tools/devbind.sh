#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# dpdk-devbind binds what has driver_override set, and unbinds.
# usage: devbind.sh ADDRESS
set -eu
. /selftests/tools/lib.sh

devbind()
{
	tools dpdk-devbind.py "$@"
}

index_modules
release
# It sets driver_override for drivers that it knows only.
devbind -b cxl_vfio_pci "$DEVICE" > /tmp/error 2>&1 || true
must_show 'Cannot bind to driver cxl_vfio_pci' /tmp/error
driver_must_be none

# With an override it does; the list of baseband devices has the accelerator.
echo cxl_vfio_pci > "$SYSFS/driver_override"
devbind -b cxl_vfio_pci "$DEVICE"
driver_must_be cxl_vfio_pci
devbind --status-dev baseband > /tmp/status
cat /tmp/status
must_show "^$DEVICE .* drv=cxl_vfio_pci" /tmp/status
devbind -u "$DEVICE"
driver_must_be none
