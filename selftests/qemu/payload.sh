# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by tests that give a device to the payload, after tools/lib.sh: runs it, and looks at what it saw.

# What the device is plugged into, and how
MACHINE="-M q35 -device pcie-root-port,id=link,chassis=1"
PLUGGED=bus=link

# run_guest SECONDS QEMU...: a machine with the device, for no longer than that
run_guest()
{
	limit=$1
	shift
	tools timeout "$limit" "$@" -nodefaults -no-user-config -display none $MACHINE -accel kvm -cpu host \
		-device "vfio-pci,host=$DEVICE,$PLUGGED" < /dev/null
}

# run_payload QEMU...: what it prints is in /tmp/payload.log
run_payload()
{
	modprobe kvm_amd
	status=0
	rm -f /tools/tmp/payload.log
	run_guest 50 "$@" -m 256M -kernel /mnt/bin/payload -chardev file,id=log,path=/tmp/payload.log \
		-device isa-debugcon,chardev=log -device isa-debug-exit,iobase=0xf4,iosize=4 > /tmp/qemu.log 2>&1 || status=$?
	cp /tools/tmp/payload.log /tmp/payload.log
	# What the payload prints at its end, and how it tells QEMU to exit.
	[ "$status" -eq 1 ] && grep -qx 'done' /tmp/payload.log || {
		grep -v '^[0-9a-f]*: ' /tmp/payload.log
		fail "QEMU ended with $status: $(tail -n 1 /tmp/qemu.log)"
	}
	[ ! -s /tmp/qemu.log ] || fail "QEMU said: $(head -n 1 /tmp/qemu.log)"
}

# capabilities ARGUMENT...: the CXL capabilities in what lspci prints, without what a reset changes
capabilities()
{
	tools lspci -n -vvv "$@" | awk '/^\tCapabilities:/ { shown = /Vendor=1e98/ } /^\tKernel/ { shown = 0 } shown' |
		grep -v 'CXLCtl:\|CXLSta2:'
}

# The payload's dump of configuration space is one that lspci reads.
guest_sees_capabilities()
{
	sed '/^$/,$d' /tmp/payload.log > /tools/tmp/dump
	capabilities -F /tmp/dump > /tmp/seen
	capabilities -s "$DEVICE" > /tmp/real
	must_show 'CXLCap:.* Mem+' /tmp/seen
	diff /tmp/real /tmp/seen || fail "the guest sees other CXL capabilities than the host"
}

# Addresses are the guest's own, sizes the device's.
guest_sees_bars()
{
	index=0
	head -n 6 "$SYSFS/resource" | while read -r start end flags; do
		size=$((end ? end - start + 1 : 0))
		# memory only
		if [ $((flags & 0x200)) -ne 0 ] && [ $size -ne 0 ]; then
			must_show "^bar $index at .* size $(printf %08x $size) begins with" /tmp/payload.log
		fi
		index=$((index + 1))
	done
}
