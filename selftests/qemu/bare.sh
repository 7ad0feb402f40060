#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A QEMU that passes CXL memory through gives it to a guest that knows decoders, and no ACPI: it uses the memory where it is
# committed, at the host's address or in a fixed memory window, moves it, and uses it there. The next guest finds it where the
# first one did, and cleared. A guest that has RAM there is refused.
# usage: bare.sh ADDRESS FIRST-DWORD-OF-A-BAR
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/payload.sh

# With the firmware that the payload is started by, which is Debian's.
run_bare()
{
	run_payload /mnt/bin/qemu-cxl -L /usr/share/qemu -L /usr/share/seabios
	grep -v '^[0-9a-f]*:\|^$' /tmp/payload.log
	! grep -q '^not ok' /tmp/payload.log || fail "$(grep -m 1 '^not ok' /tmp/payload.log)"
	must_show '^ok it can be written there$' /tmp/payload.log
}

bind_to cxl_vfio_pci
PLUGGED=bus=link,x-cxl-host-address=on
run_bare
guest_sees_capabilities
guest_sees_bars
must_show "^bar .* begins with $2$" /tmp/payload.log
run_bare
must_show '^memory begins with 00000000$' /tmp/payload.log

base=$(dmesg | sed -n "s/.*cxl_vfio_pci $DEVICE: CXL memory \(0x[0-9a-f]*\)-.*/\1/p" | tail -n 1)
run_guest 20 /mnt/bin/qemu-cxl -L /usr/share/qemu -L /usr/share/seabios -m 256M,slots=1,maxmem=32G \
	-object memory-backend-ram,id=ram,size=128M -device "pc-dimm,memdev=ram,addr=$base" > /tmp/refused.log 2>&1 &&
	fail "QEMU ended without a word"
must_show "the guest has RAM at $base, where the CXL memory is committed" /tmp/refused.log
run_bare
grep "^decoder 0 at $(printf %016x "$base") " /tmp/payload.log || fail "decoder 0 is not where it is on the host"

# Below a CXL host bridge the same guest works with guest physical addresses.
MACHINE="-M q35,cxl=on,cxl-fmw.0.targets.0=cxl,cxl-fmw.0.size=512M
	-device pxb-cxl,id=cxl,bus=pcie.0,bus_nr=12,hdm_for_passthrough=true -device cxl-rp,id=link,bus=cxl,chassis=1,slot=1"
PLUGGED=bus=link
run_bare
! grep "^decoder 0 at $(printf %016x "$base") " /tmp/payload.log || fail "decoder 0 is where it is on the host"
