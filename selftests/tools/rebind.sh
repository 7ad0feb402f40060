#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Unbinding and binding again at once, as scripts do: with cxl-core's work queue flushed between, none is lost.
# usage: rebind.sh ADDRESS TIMES
set -eu
. /selftests/tools/lib.sh

for _ in $(seq "$2"); do
	bind_to cxl_vfio_pci
	# What cxl-core still does would be done by then.
	settle
	driver_must_be cxl_vfio_pci "cxl-core took it away"
done
