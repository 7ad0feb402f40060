#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What a user sees of an accelerator whose memory a Linux guest uses.
# usage: demo.sh ADDRESS
set -eu
. /selftests/qemu/guest/lib.sh
PATTERN=0x0123456789abcdef

# show TITLE: what follows on standard input, indented below it
show()
{
	sed "1s/^/$(printf '%-12s ' "$1")/; 2,\$s/^/             /"
	echo
}

said()
{
	grep -v '^guest:\|^$' /tmp/said
}

ready
grep -A 2 'CXL Window' /proc/iomem | show "Host"
echo "Booting Debian's kernel in a guest, with:"
start_guest
tr '\0' '\n' < "/proc/$qemu/cmdline" | sed -n '/cxl-fmw/p; /^pxb-cxl/p; /^cxl-rp/p; /^vfio-pci/p' | sed 's/^/    /'
echo

guest "grep -A 1 'CXL Window' /proc/iomem"
said | show "Guest"
guest "dmesg | grep 'cxl_accel_example 0'"
said | sed 's/^\[ *[0-9.]*\] //' | show "Kernel"
guest cxl list -R -u
said | show "cxl list"

fill $PATTERN
filled 0x123456789abcdef
echo "$PATTERN at $place, written by the guest's driver" | show "Memory"
host_has $PATTERN
sed 's/^0*//; s/^/0x/' /tmp/host | show "On the host"

reboot_by guest_does reboot -f
filled 0x123456789abcdef
guest_base
echo "$PATTERN at $place, after a reboot of the guest" | show "Memory"
stop_guest
echo "Verdict      PASSED: a stock Linux guest uses the device's memory"
