#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# setpci reads and writes the device's registers while it is bound: the physical ones, whatever a user of the device sees.
# usage: setpci.sh ADDRESS
set -eu
. /selftests/tools/lib.sh

read_register()
{
	tools setpci -s "$DEVICE" "$1"
}

bind_to cxl_vfio_pci
[ "0x$(read_register VENDOR_ID)" = "$(cat "$SYSFS/vendor")" ] || fail "it reads another vendor"
[ "$(read_register ECAP23+4.w)" = 1e98 ] || fail "the DVSEC's vendor is $(read_register ECAP23+4.w)"

before=$(read_register CACHE_LINE_SIZE)
tools setpci -s "$DEVICE" CACHE_LINE_SIZE=08
after=$(read_register CACHE_LINE_SIZE)
tools setpci -s "$DEVICE" "CACHE_LINE_SIZE=$before"
[ "$after" = 08 ] || fail "a written register reads $after"
