#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cxl list has the memory device, its endpoint decoder and its region while the device is bound, and not after.
# usage: cxl.sh ADDRESS SIZE
set -eu
. /selftests/tools/lib.sh
size=$2

bind_to cxl_vfio_pci
tools cxl list -M > /tmp/memdevs
must_show "\"host\":\"$DEVICE\"" /tmp/memdevs
tools cxl list -R > /tmp/regions
must_show "\"size\":$size" /tmp/regions
must_show '"type":"ram"' /tmp/regions
must_show '"decode_state":"commit"' /tmp/regions
tools cxl list -M -R -u
release
tools cxl list -M > /tmp/memdevs
! grep -q "$DEVICE" /tmp/memdevs || fail "a memory device is left"
tools cxl list -R > /tmp/regions
! grep -q '"region"' /tmp/regions || fail "a region is left"
