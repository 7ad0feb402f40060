#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The test programs as the owner of a device runs them.
# usage: test.sh ADDRESS [OPTION]...
set -eu
. /selftests/tools/lib.sh
shift

status=0
cxl-vfio test "$DEVICE" --programs /bin "$@" > /tmp/out 2>&1 || status=$?
grep -v '^# #\|^# ok' /tmp/out
# Who has no turn is named with a reason; who has one takes it.
! grep -q '# SKIP see the lines above' /tmp/out || fail "a program has its turn and skips itself"
exit $status
