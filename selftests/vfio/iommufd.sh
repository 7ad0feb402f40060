#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs a test program where there is no container: it opens the device through its own file, bound to an iommufd.
# usage: iommufd.sh PROGRAM [ARGUMENT]...
set -eu
rm -f /dev/vfio/vfio
exec "$@"
