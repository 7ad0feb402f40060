#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# QEMU is killed while its guest writes to the memory. The next one finds it cleared, and uses it.
# usage: killed.sh ADDRESS
set -eu
. /selftests/qemu/guest/lib.sh

ready
start_guest
before=$place
fill 0x8000000000000
host_has 0x8000000000000
guest_does "while :; do echo 0x8000000000000 > \$sys/fill; done"
sleep 1
kill -KILL "$qemu"
wait "$qemu" || echo "ok QEMU was killed, which is status $?"

start_guest
[ "$place" = "$before" ] || fail "the memory moved from $before to $place"
guest "cat \$sys/look"
guest_must_show '^0x0 wrong'
uses 0x9000000000000
echo "ok the next guest"
stop_guest
