#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A Linux guest finds the accelerator's memory with its own cxl-core, and its driver uses it: the host sees what it wrote, and
# nothing in the guest tells the host's address. The memory is there again after the driver was unbound, and unloaded.
# usage: use.sh ADDRESS LOCKED BAR OFFSET; decoder 0 is locked or not, the component registers are there
set -eu
. /selftests/qemu/guest/lib.sh
locked=$2

ready
start_guest
cat /tmp/said
guest_must_show "^region0: .* mode=ram locked=1 commit=1 .*driver=cxl_region"
guest_must_show "^decoder1.0: .* target_type=accelerator locked=$locked region=region0"
guest_must_show "^decoder2.0: .* target_type=accelerator .*region=region0"
echo "# memory at $base on the host, at $place in the guest"
[ "$base" != "$place" ] || fail "the guest has the host's address"

uses 0x1000000000000
monitor "xp /1gx $place"
must_show ': 0x0001000000000000' /tmp/monitor
guest cxl list -v -v -v
guest_must_show accelmem_capable
no_host_address "$3" "$4"

guest bind_to cxl_accel_example
filled 0x1000000000000
guest "unbind; rmmod cxl_accel_example; modprobe cxl_accel_example"
filled 0x1000000000000
echo "ok after rebinding and reloading"
stop_guest
