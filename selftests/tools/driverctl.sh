#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# driverctl binds, lists, remembers for the next boot, and takes it back.
# usage: driverctl.sh ADDRESS
set -eu
. /selftests/tools/lib.sh

release
tools driverctl set-override "$DEVICE" cxl_vfio_pci
driver_must_be cxl_vfio_pci
tools driverctl list-overrides | grep -qx "$DEVICE cxl_vfio_pci" || fail "it does not list the override"
tools driverctl list-persisted | grep -qx "$DEVICE cxl_vfio_pci" || fail "it does not remember the override"
# Without probing: no other driver takes the device, which driverctl would call a failure.
tools driverctl --noprobe unset-override "$DEVICE"
driver_must_be none "the override is gone"
[ -z "$(tools driverctl list-persisted)" ] || fail "it remembers an override that is gone"
