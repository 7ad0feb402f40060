#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What the VMM refuses, and says so, before it starts a guest: each other generation of the interface than the one that it was
# made for, or a processor with which KVM gives no guest the memory.
# usage: refused.sh interface|processor ADDRESS
set -eu
. /selftests/vmm/bind.sh

refused() { # refused SENTENCE ARGUMENT...: the VMM with these arguments ends with it
	local sentence=$1 status=0

	shift
	cxl_vmm container "$@" > /tmp/said || status=$?
	sed 's/^/# /' /tmp/said
	[ $status -ne 0 ]
	grep -q "^Bail out! $sentence" /tmp/said
	# Nothing was asked of a guest.
	! grep -q '^ok' /tmp/said
}

case $1 in
interface)
	for there in v2 v3 v6; do
		bind "$2" $there
		for wanted in v2 v3 v6; do
			[ $wanted = $there ] ||
				refused "the device speaks $there, not $wanted: bind it again after" "$2" $wanted
		done
	done
	;;
processor)
	bind "$2"
	refused "KVM cannot give a guest .* FEAT_S2FWB and CTR_EL0.DIC$" "$2"
	;;
esac
