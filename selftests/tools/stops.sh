#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What ends `cxl-vfio test`: a complaint of the kernel, which one of the programs brings about here; and what it does not begin
# with: a device whose window nobody vouches for.
# usage: stops.sh ADDRESS ADDRESS_WITHOUT_WINDOW
set -eu
. /selftests/tools/lib.sh
OTHER=$2
OUT=/tmp/out
PROGRAMS=/tmp/programs

# test_fails ARGUMENT...
test_fails()
{
	! cxl-vfio test "$@" --programs $PROGRAMS > $OUT 2>&1 || {
		cat $OUT
		fail "cxl-vfio test $* did not fail"
	}
}

mkdir $PROGRAMS
for program in /bin/vfio_cxl_*; do
	ln -s "$program" $PROGRAMS/
done
rm $PROGRAMS/vfio_cxl_region_test
cat > $PROGRAMS/vfio_cxl_region_test <<-PROGRAM
	#!/bin/sh
	echo l > /proc/sysrq-trigger
PROGRAM
chmod +x $PROGRAMS/vfio_cxl_region_test

test_fails "$DEVICE"
must_show '^ok 1 vfio_cxl_info_test$' $OUT
must_show '^not ok 2 vfio_cxl_region_test # ' $OUT
must_show '^Bail out! the kernel complains: ' $OUT
must_show '^# driver: cxl_vfio_pci$' $OUT
must_show '^# gate: .*closed: the device is not open' $OUT
must_show '^# answers: true$' $OUT
must_show '^# Totals: pass:1 fail:1 ' $OUT
! grep -q "^ok 3 \|^not ok 3 " $OUT || fail "it went on after that"

test_fails "$DEVICE" --json
must_show '^  "stopped": "the kernel complains: ' $OUT

test_fails "$OTHER"
must_show 'decoder 0 is not committed' $OUT
must_show 'What to do: ' $OUT
! grep -q 'KTAP' $OUT || fail "it began with a device that has no window"
