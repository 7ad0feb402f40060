#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Tests that go wrong on purpose, named by the first argument.
set -eu

pass()
{
	echo "fine"
}

hang()
{
	echo "about to hang"
	sleep 1000
}

panic()
{
	echo c > /proc/sysrq-trigger
}

# Numbered lines, more of them than a serial port and a socket hold.
speak()
{
	echo "about to speak"
	sleep 2
	line=0
	while [ $line -lt 200 ]; do
		echo "line $line of two hundred, which nobody is in a hurry to read, is whole" >/dev/kmsg
		line=$((line + 1))
	done
}

# fault NAME: a mistake of the kernel; the test itself sees nothing wrong.
fault()
{
	modprobe vm_faults fault="$1" || true
}

tap_failure()
{
	echo "TAP version 13"
	echo "1..3"
	echo "ok 1 first"
	echo "not ok 2 second"
	echo "ok 3 third"
}

tap_short()
{
	echo "TAP version 13"
	echo "1..3"
	echo "ok 1 first"
}

exit_code()
{
	exit 7
}

crash()
{
	kill -SEGV $$
}

skip()
{
	echo "TAP version 13"
	echo "1..0 # SKIP nothing to test here"
	exit 4
}

leftover()
{
	sleep 1001 &
}

no_leftover()
{
	! ps | grep -q '[s]leep 1001'
}

qemu_exit()
{
	vmctl hmp quit
	sleep 1000
}

# The window is there, but no decoder of the device is committed.
stray()
{
	window=$(sed -n 's/^ *\([0-9a-f]*\)-.* : CXL Window 0$/\1/p' /proc/iomem)
	devmem "0x$window" 32
}

"$@"
