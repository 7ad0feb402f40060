#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The kernel knows a NUMA node that has neither processors nor memory, but a device.
# usage: initiator.sh ADDRESS
set -eu
. "${0%/*}/lib.sh"

nodes=$(cat /sys/devices/system/node/has_generic_initiator)
[ "$nodes" = 1 ] || fail "nodes with a generic initiator: '$nodes'"
[ -z "$(cat /sys/devices/system/node/node1/cpulist)" ] || fail "node 1 has processors"
