#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A window of the host that begins at a multiple of 1 GiB: how large the pages are by which KVM maps it.
# usage: windows.sh ADDRESS MEBIBYTES WINDOW; the guest's fixed memory window, with room for the same offset in 1 GiB
set -eu
. /selftests/qemu/guest/lib.sh
size=$(($2 << 20))
WINDOW=$3

# Pages by which KVM maps guests, of one size
pages()
{
	cat "/sys/kernel/debug/kvm/pages_$1"
}

ready
start_guest
guest_must_show "^region0: .* size=$(printf 0x%x $size) .* commit=1"
before=$(pages 1g)
before_2m=$(pages 2m)
uses 0xa000000000000
echo "# KVM maps $(pages 4k) pages of 4 KiB, $(pages 2m) of 2 MiB, $(pages 1g) of 1 GiB"
if [ $((place % (1 << 30))) -eq 0 ] && [ $size -ge $((1 << 30)) ]; then
	[ "$(pages 1g)" -eq $((size >> 30)) ] || fail "not all of the window is in pages of 1 GiB; $before were there before"
else
	[ "$(pages 2m)" -ge $((before_2m + (size >> 22))) ] || fail "not half of the window is in pages of 2 MiB"
fi
stop_guest
