#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Gives a device to cxl-vfio-pci and that to the VMM: run.sh container|iommufd ADDRESS [v2|v3|v6]
set -eu
. /selftests/vmm/bind.sh

way=$1
shift
bind "$@"
exec cxl_vmm "$way" "$@"
