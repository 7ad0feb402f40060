#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A person with one device that is in order, and one that firmware gave no window: finds them, binds the first, looks at
# it, and gives it back.
# usage: cxl-vfio.sh ADDRESS ADDRESS_WITHOUT_WINDOW
set -eu
. /selftests/tools/lib.sh
OTHER=$2
OUT=/tmp/out

# says PATTERN COMMAND...: it succeeds, and a line matches
says()
{
	pattern=$1
	shift
	"$@" > $OUT 2>&1 || {
		cat $OUT
		fail "$* failed"
	}
	must_show "$pattern" $OUT
}

# refuses PATTERN COMMAND...: it fails, a line matches, and it says what to do
refuses()
{
	pattern=$1
	shift
	! "$@" > $OUT 2>&1 || {
		cat $OUT
		fail "$* did not fail"
	}
	must_show "$pattern" $OUT
	grep -q 'What to do: ....\|-> ....' $OUT || fail "$* does not say what to do"
}

says "^$DEVICE .* can be$" cxl-vfio list
must_show "^$OTHER .* no: it would not be bound: decoder 0 is not committed (ctrl 0x0)" $OUT
says "firmware committed its memory at 0x1" cxl-vfio check "$DEVICE"
page=$(awk '/^KernelPageSize/ { print $2; exit }' /proc/self/smaps) # KiB
says "it can be mapped in pages of $((page * page / 8)) MiB$" cxl-vfio check "$DEVICE"
refuses "decoder 0 is not committed" cxl-vfio check "$OTHER"
refuses "^cxl-vfio: there is no PCI function 0000:ff:00.0$" cxl-vfio check 0000:ff:00.0

refuses "is not bound to cxl_vfio_pci" cxl-vfio show "$DEVICE"
says "^$DEVICE: bound to cxl_vfio_pci: CXL memory 0x[0-9a-f]*-0x[0-9a-f]* passed through" cxl-vfio bind "$DEVICE"
driver_must_be cxl_vfio_pci
says "has cxl_vfio_pci already" cxl-vfio bind "$DEVICE"
group=/dev/vfio/$(basename "$(readlink "$SYSFS/iommu_group")")
says "has cxl_vfio_pci already; $group is 64055's$" cxl-vfio bind --owner 64055 "$DEVICE"
[ "$(stat -c %u "$group")" = 64055 ] || fail "$group is not 64055's"
refuses "there is no user somebody-else$" cxl-vfio bind --owner somebody-else "$DEVICE"
says "^$DEVICE .* yes$" cxl-vfio list
says "\"passed_through\": true" cxl-vfio list --json

# watched PATTERN: sooner or later it says so
watched()
{
	until grep -q "$1" /tmp/watch; do
		[ -d "/proc/$watch" ] || must_show "$1" /tmp/watch
		sleep 0.2
	done
}

# What happens while somebody else uses it.
cxl-vfio watch --seconds 60 > /tmp/watch &
watch=$!
watched "$DEVICE  gate  *closed: the device is not open"
says "^Verdict      PASSED" cxl-vfio show "$DEVICE"
watched "$DEVICE  cxl_vfio_fault .* order="
watched "$DEVICE  faults pmd  *[1-9]"
kill $watch
wait $watch
refuses "there is no udev\|not at the next boot" cxl-vfio bind --persist "$DEVICE"
says "$DEVICE  gate " cxl-vfio watch --seconds 1 "$DEVICE"
[ -z "$(ls /sys/kernel/tracing/instances)" ] || fail "watch leaves its buffer"

# Whose window is in order, and whose host nobody learns of.
hostname a-name-that-nobody-knows
# The kernel log has the whole command line, who built the kernel, and what programs write there.
echo "pci: somebody's secret" > /dev/kmsg
says "Written to /tmp/report" cxl-vfio report /tmp/report
must_show '"window": {' /tmp/report
for personal in "$(hostname)" vm.output= "somebody's secret" "$(sed 's/.*(\(.*@[^)]*\)) (.*/\1/' /proc/version)"; do
	! grep -qF "$personal" /tmp/report || fail "the report has '$personal'"
done

# A device that is refused is afterwards what it was.
echo vfio-pci > "/sys/bus/pci/devices/$OTHER/driver_override"
echo "$OTHER" > /sys/bus/pci/drivers_probe
refuses "decoder 0 is not committed (ctrl 0x0): firmware gave the device no memory window" cxl-vfio bind "$OTHER"
refuses "not bound: decoder 0 is not committed (ctrl 0x0).* It has vfio-pci again, as before" cxl-vfio bind --force "$OTHER"
must_show "Enable CXL memory in firmware setup" $OUT
[ "$(basename "$(readlink "/sys/bus/pci/devices/$OTHER/driver")")" = vfio-pci ] || fail "vfio-pci does not have it again"
[ "$(cat "/sys/bus/pci/devices/$OTHER/driver_override")" = vfio-pci ] || fail "driver_override is not what it was"

# Which keeps no other from being bound.
says "^$DEVICE: without a driver" cxl-vfio unbind "$DEVICE"
refuses "^$DEVICE: bound to cxl_vfio_pci" cxl-vfio bind "$OTHER" "$DEVICE"
must_show "^$OTHER.*decoder 0 is not committed" $OUT
driver_must_be cxl_vfio_pci

# A program that reads JSON gets it when it is refused, too.
for wrong in "check 0000:ff:00.0" "show $OTHER" "bind --wrong" "bind $OTHER" "test $DEVICE --survey /tmp/survey"; do
	! cxl-vfio --json $wrong > $OUT 2> /dev/null || fail "cxl-vfio --json $wrong did not fail"
	must_show '^  "fact": ".' $OUT
	must_show '^  "advice": ".' $OUT
done

says "^$DEVICE: without a driver" cxl-vfio unbind "$DEVICE"
driver_must_be none
says "does not have cxl_vfio_pci" cxl-vfio unbind "$DEVICE"
# As at boot, where more than one wants it bound.
together=
for _ in 1 2 3 4; do
	cxl-vfio bind "$DEVICE" >> /tmp/together 2>&1 &
	together="$together $!"
done
for process in $together; do
	wait "$process" || {
		cat /tmp/together
		fail "of several that bind the device, one failed"
	}
done
driver_must_be cxl_vfio_pci
says "without a driver" cxl-vfio unbind "$DEVICE"
# None of these is lost to what cxl-core still does about the one before.
for _ in 1 2 3 4 5; do
	says "bound to cxl_vfio_pci" cxl-vfio bind "$DEVICE"
	says "without a driver" cxl-vfio unbind "$DEVICE"
done
