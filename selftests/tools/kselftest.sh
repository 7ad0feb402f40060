#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The test programs by the kernel's own runner, on a device and on an address that has none.
# usage: kselftest.sh ADDRESS
set -eu
. "${0%/*}/lib.sh"

# It writes beside itself.
cp -r /run/build/kselftest /tmp/kselftest
cd /tmp/kselftest
programs="info rw dvsec"

# run ADDRESS: what it says of these programs
run()
{
	set -- "$1" $(printf ' -t cxl_vfio_pci:vfio_cxl_%s_test' $programs)
	address=$1
	shift
	VFIO_SELFTESTS_BDF=$address ./run_kselftest.sh "$@" 2>&1 | cat > /tmp/out
}

run "$DEVICE"
for program in $programs; do
	grep -q "^ok [0-9]* selftests: cxl_vfio_pci: vfio_cxl_${program}_test$" /tmp/out || {
		cat /tmp/out
		ls -l /dev/vfio "$SYSFS/"
		dmesg | tail -n 30
		fail "vfio_cxl_${program}_test failed"
	}
done
must_show '^# Totals: pass:3 fail:0 ' /tmp/out
run 0000:ff:1f.7
must_show '^# Totals: pass:0 fail:0 .*skip:3' /tmp/out
