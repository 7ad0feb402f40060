#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A window that firmware reserved for a purpose: dax offers it, and cxl-vfio says how it is given up.
# usage: reserved.sh ADDRESS
set -eu
. /selftests/tools/lib.sh

cxl-vfio check "$DEVICE" > /tmp/before || true
cat /tmp/before
must_show "Soft Reserved" /tmp/before
