#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What does the machine consist of, seen from inside?
set -eu

fail()
{
	echo "$*" >&2
	exit 1
}

ids()
{
	for device in /sys/bus/pci/devices/*; do
		echo "$(cat "$device/vendor"):$(cat "$device/device")"
	done
}

iommu()
{
	ls /sys/class/iommu | grep -q . || fail "no IOMMU"
	groups=$(find /sys/kernel/iommu_groups -mindepth 1 -maxdepth 1 | wc -l)
	[ "$groups" -gt 0 ] || fail "the IOMMU has no groups"
	[ -e /sys/class/iommu/dmar0 ] || {
		ls /sys/class/iommu | grep -q smmu3 || fail "the IOMMU is no SMMUv3"
		grep -q ITS /proc/interrupts || fail "no interrupt comes by the ITS"
		return 0
	}
	dmesg | grep -q 'DMAR-IR: Enabled IRQ remapping' || fail "interrupts are not remapped"
	dmesg | grep -q 'DMAR-IR: Enabled IRQ remapping in x2apic mode' ||
		fail "local APICs are in memory, where QEMU may miss them"
}

# The kernel's clock beside the board's, which is the host's: how long is one of its seconds? Each time one is looked at after
# the other, and if the machine pauses in between they differ: then once more.
clock()
{
	rtc=/sys/class/rtc/rtc0/since_epoch
	[ -e $rtc ] || {
		echo "the kernel has no RTC"
		exit 4
	}
	for _ in 1 2 3; do
		second=$(cat $rtc)
		wait_for 5 "[ \$(cat $rtc) -gt $second ]" || fail "the board's clock stands still"
		begin=$(cut -d ' ' -f 1 /proc/uptime)
		second=$(cat $rtc)
		wait_for 60 "[ \$(cat $rtc) -ge $((second + 4)) ]" || fail "the board's clock is slow"
		seconds=$(($(cat $rtc) - second))
		end=$(cut -d ' ' -f 1 /proc/uptime)
		! awk -v begin="$begin" -v end="$end" -v seconds="$seconds" \
			'BEGIN { rate = (end - begin) / seconds; exit !(rate > 0.5 && rate < 2) }' || return 0
	done
	fail "$seconds seconds took from $begin to $end"
}

# accelerators COUNT: emulated Type-2 devices (processing accelerator class)
accelerators()
{
	count=$(cat /sys/bus/pci/devices/*/class | grep -c '^0x1200' || true)
	[ "$count" -eq "$1" ] || fail "$count accelerators instead of $1"
}

# windows GIB...: sizes of the fixed windows, in the order of the bridges
windows()
{
	found=$(sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) : CXL Window.*/\1 \2/p' /proc/iomem |
		while read -r start end; do
			echo $(((0x$end + 1 - 0x$start) >> 30))
		done | tr '\n' ' ')
	[ "$found" = "$* " ] || fail "windows of $found GiB instead of $*"
}

devices()
{
	for id in "$@"; do
		ids | grep -qx "$id" || fail "no device $id"
	done
}

# hotplug ID DEVICE PCI-ID: unplug a device and plug it in again
hotplug()
{
	devices "$3"
	vmctl device_del "$1"
	wait_for 20 "! ids | grep -qx $3" || fail "the device stays after it was unplugged"
	# Behind the kernel, which switches the slot off a little later.
	wait_for 20 "! vmctl get $1 hotplugged > /dev/null 2>&1" || fail "the slot keeps its power"
	vmctl device_add "$2"
	wait_for 20 "ids | grep -qx $3" || fail "the device does not come back"
}

# wait_for SECONDS CONDITION
wait_for()
{
	for _ in $(seq "$1"); do
		! eval "$2" || return 0
		sleep 1
	done
	return 1
}

control()
{
	vmctl get acc0 mem-active > /dev/null
	vmctl set acc0 mem-active off
	[ "$(vmctl get acc0 mem-active)" = off ] || fail "a property keeps its value"
	vmctl set acc0 mem-active on
	[ "$(vmctl get acc0 mem-active)" = on ] || fail "a property keeps its value"
	! vmctl get acc0 no-such-property 2> /tmp/error || fail "a wrong property exists"
	grep -q "no-such-property" /tmp/error || fail "the error does not say what is wrong"
	! vmctl nonsense 2> /tmp/error || fail "nonsense is accepted"
}

"$@"
