#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A guest that UEFI firmware started uses the memory.
# usage: uefi.sh ADDRESS
set -eu
. /selftests/qemu/guest/lib.sh
KERNEL=/mnt/bin/guest-vmlinuz

ready
start_guest -bios /usr/share/ovmf/OVMF.fd
guest "dmesg | grep 'efi: EFI v'"
grep -o 'EFI v.*' /tmp/said
uses 0xb000000000000
reboot_by guest_does reboot -f
in_its_place
filled 0xb000000000000
echo "ok after a reboot"
stop_guest
