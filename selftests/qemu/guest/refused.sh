#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What QEMU refuses: each time it says which option helps, and that one does.
# usage: refused.sh ADDRESS ADDRESS
set -eu
. /selftests/tools/lib.sh
. /selftests/qemu/guest/qemu.sh

modprobe kvm_amd
for DEVICE in $1 $2; do
	SYSFS=/sys/bus/pci/devices/$DEVICE
	bind_to cxl_vfio_pci
done

FIRST="-device vfio-pci,host=$1,bus=rp0"

# refused SENTENCE HINT OPTION...
refused()
{
	sentence=$1
	hint=$2
	shift 2
	! run 60 "$@" || fail "QEMU took $*"
	must_show "$sentence" /tmp/qemu.log
	must_show "$hint" /tmp/qemu.log
	echo "ok $sentence"
}

# taken OPTION...: it starts, and has nothing to say
taken()
{
	stays 5 "$@"
	[ ! -s /tmp/qemu.log ] || ! grep -v 'terminating on signal' /tmp/qemu.log || fail "QEMU said something about $*"
}

refused 'is not below a root port of a CXL host bridge' 'cxl-fmw.0.size=256M -device pxb-cxl,.*x-cxl-host-address=on' \
	-device pcie-root-port,id=rp0,chassis=1 $FIRST
refused 'the CXL host bridge has no decoders' 'pxb-cxl,id=cxl0,hdm_for_passthrough=true' \
	-M cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=1G ${BRIDGE%,hdm_for*} -device cxl-rp,id=rp0,bus=cxl0,chassis=1,slot=1 $FIRST
refused "no CXL fixed memory window has the host bridge 'cxl0'" 'cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=256M' $BRIDGE $FIRST
taken -M cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=256M $BRIDGE $FIRST
refused "no CXL fixed memory window has the host bridge 'cxl0'" 'cxl-fmw.1.targets.0=cxl0,cxl-fmw.1.size=256M' \
	-M cxl-fmw.0.targets.0=cxl9,cxl-fmw.0.size=1G -device pxb-cxl,id=cxl9,bus=pcie.0,bus_nr=40 $BRIDGE $FIRST
refused 'window 0 has 256 MiB, the device 512 MiB of memory' 'cxl-fmw.0.size=512M' \
	-M cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=256M $BRIDGE -device "vfio-pci,host=$2,bus=rp0"
taken -M cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=512M $BRIDGE -device "vfio-pci,host=$2,bus=rp0"
refused "window 0 has the memory of $1 already" 'a window of 512M of its own' \
	-M cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=2G $BRIDGE -device cxl-rp,id=rp1,bus=cxl0,chassis=2,slot=2,port=1 \
	$FIRST -device "vfio-pci,host=$2,bus=rp1"

# Another generation of the kernel's interface than this QEMU knows, and one that does not tell what it is asked for.
WITH="env LD_PRELOAD=/mnt/bin/newer.so"
refused 'describes CXL memory in a way that is not known here' 'the option uapi=v3, v2 or v6 of cxl-vfio-pci' \
	-M cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=256M $BRIDGE $FIRST
WITH=
DEVICE=$1
SYSFS=/sys/bus/pci/devices/$DEVICE
echo v2 > /sys/module/cxl_vfio_pci/parameters/uapi
bind_to cxl_vfio_pci
refused 'x-cxl-host-address needs a kernel that tells the host.s address' 'the option uapi=v3 or v6 of cxl-vfio-pci' \
	-device pcie-root-port,id=rp0,chassis=1 $FIRST,x-cxl-host-address=on
taken -M cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=256M $BRIDGE $FIRST
