#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What cxl-vfio says about a device without binding it is what the driver says when it is bound.
# usage: preflight.sh ADDRESS...
set -eu

for address in "$@"; do
	before=$(hexdump -C "/sys/bus/pci/devices/$address/config")
	sentence=$(cxl-vfio check "$address" | sed -n 's/^  BAD  *it would not be bound: //p')
	[ "$before" = "$(hexdump -C "/sys/bus/pci/devices/$address/config")" ] || {
		echo "$address: the check changes configuration space"
		exit 1
	}
	said=$(cxl-vfio bind --force "$address" 2>&1 | sed -n "s/^cxl-vfio: $address: not bound: \(.*\)\. It has no driver, as before$/\1/p")
	echo "# $address: $sentence"
	[ -n "$sentence" ] && [ "$sentence" = "$said" ] || {
		echo "$address: the driver says: $said"
		exit 1
	}
done
