# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by the tests of tools, whose first argument is the address of a device. "tools COMMAND" runs a command of the
# mounted Debian tree, in which this VM's own files are below /mnt.

DEVICE=$1
SYSFS=/sys/bus/pci/devices/$DEVICE

fail()
{
	echo "$*" >&2
	exit 1
}

driver()
{
	basename "$(readlink "$SYSFS/driver" || echo none)"
}

driver_must_be()
{
	[ "$(driver)" = "$1" ] || fail "the driver is $(driver), not $1${2:+: $2}"
}

# must_show PATTERN FILE: a line of the file matches
must_show()
{
	grep -q -- "$1" "$2" || {
		tail -n 20 "$2"
		fail "no line matches '$1'"
	}
}

# As an installation has it; depmod wants lists, too, that belong to modules which are not here.
index_modules()
{
	for list in order builtin builtin.modinfo; do
		: >> "/lib/modules/$(uname -r)/modules.$list"
	done
	tools depmod
}

# After a device is unbound from a driver with a memory device, cxl-core unbinds it once more, from a work queue, whatever
# it is bound to by then.
settle()
{
	echo 1 > /sys/bus/cxl/flush
}

release()
{
	[ ! -e "$SYSFS/driver" ] || echo "$DEVICE" > "$SYSFS/driver/unbind"
	echo > "$SYSFS/driver_override"
	settle
}

bind_to()
{
	release
	echo "$1" > "$SYSFS/driver_override"
	echo "$DEVICE" > /sys/bus/pci/drivers_probe
	driver_must_be "$1"
}
