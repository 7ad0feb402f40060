#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A Linux guest uses the memory by another generation of the kernel's interface: it sees no difference, but that decoder 0 is
# locked, whatever firmware did.
# usage: interface.sh ADDRESS v2|v6
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/lib.sh

modprobe kvm_amd
echo "$2" > /sys/module/cxl_vfio_pci/parameters/uapi
bind_to cxl_vfio_pci
[ "$(cat "/sys/kernel/debug/cxl_vfio_pci-$DEVICE/uapi")" = "$2" ] || fail "the device does not speak $2"
pack
start_guest
before=$place
guest_must_show "^region0: .* mode=ram locked=1 commit=1 .*driver=cxl_region"
guest_must_show "^decoder2.0: .* target_type=accelerator mode=ram locked=1 region=region0"
[ "$base" != "$place" ] || fail "the guest has the host's address"
no_host_address 2 0x40000

guest "echo 0x4000000000000 > \$sys/fill"
filled 0x4000000000000
host_has 0x4000000000000
echo "ok memory at $base on the host, at $place in the guest"

for method in flr cxl_bus; do
	guest unbind
	guest reset $method
	guest bind_to cxl_accel_example
	filled 0x4000000000000
	echo "ok after a guest's $method reset"
done

reboot_by guest_does reboot -f
filled 0x4000000000000
guest_base
[ "$place" = "$before" ] || fail "the memory moved from $before to $place"
guest "echo 0x5000000000000 > \$sys/fill"
host_has 0x5000000000000
echo "ok after a reboot"
stop_guest
