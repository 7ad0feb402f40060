#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kunit.sh MODULE SUITE CASE...: loads a module on a kernel with kunit.autorun=1, which runs its suites
# then, and gives their results to the harness. A kernel with CONFIG_KUNIT_DEBUGFS could run them
# later, too, but whether a kernel has that is not its module's affair.
#
# Suite and cases are named because a module without them loads as well.
set -eu

module=$1
suite=$2
shift 2

mark="kunit.sh: $module $$"
echo "$mark" > /dev/kmsg
modprobe "$module"
# Results as KUnit printed them; what others said meanwhile is a comment.
dmesg | sed 's/^\[[^]]*\] //' | sed "1,/$mark/d" > /tmp/kunit
sed -E '/^ *(KTAP version|1\.\.|ok|not ok|#)/!s/^/# /' /tmp/kunit

for case in "$@"; do
	grep -qE "^ +ok [0-9]+ $case\$" /tmp/kunit || {
		echo "# no result of $case that is ok"
		exit 1
	}
done
grep -qE "^ok [0-9]+ $suite\$" /tmp/kunit || {
	echo "# no result of the suite $suite that is ok"
	exit 1
}
