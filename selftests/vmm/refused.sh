#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A VMM that was made for one generation of the interface meets each other one: it says so, and starts no guest.
# usage: refused.sh ADDRESS
set -eu
. /selftests/vmm/bind.sh

for there in v2 v3 v6; do
	bind "$1" $there
	for wanted in v2 v3 v6; do
		[ $wanted != $there ] || continue
		status=0
		cxl_vmm container "$1" $wanted > /tmp/said || status=$?
		sed 's/^/# /' /tmp/said
		[ $status -ne 0 ]
		grep -q "^Bail out! the device speaks $there, not $wanted: bind it again after" /tmp/said
		# Nothing was asked of a guest.
		! grep -q '^ok' /tmp/said
	done
done
