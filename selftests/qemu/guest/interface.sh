#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A Linux guest uses the memory by another generation of the kernel's interface: it sees no difference, but that decoder 0 is
# locked, whatever firmware did.
# usage: interface.sh ADDRESS v2|v6
set -eu
. /selftests/qemu/guest/lib.sh

echo "$2" > /sys/module/cxl_vfio_pci/parameters/uapi
ready
[ "$(cat "/sys/kernel/debug/cxl_vfio_pci-$DEVICE/uapi")" = "$2" ] || fail "the device does not speak $2"
start_guest
guest_must_show "^region0: .* mode=ram locked=1 commit=1 .*driver=cxl_region"
guest_must_show "^decoder2.0: .* target_type=accelerator mode=ram locked=1 region=region0"
[ "$base" != "$place" ] || fail "the guest has the host's address"
no_host_address 2 0x40000

uses 0x4000000000000
echo "ok memory at $base on the host, at $place in the guest"

survives_resets 0x4000000000000

reboot_by guest_does reboot -f
filled 0x4000000000000
in_its_place
uses 0x5000000000000
echo "ok after a reboot"
stop_guest
