# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by tests that give devices to a Linux guest: starts it, has it run commands, looks at what it said.

. /selftests/tools/lib.sh

T=/tools/tmp
console=$T/console

# What the machine is made of: a test changes these before it starts the guest.
DEVICES=$DEVICE			# each gets a host bridge, a root port and a fixed memory window
WINDOW=1G			# how large the windows are
MEMORY=512M
KERNEL=/mnt/bin/guest-vmlinux	# the guest's
IOMMU=				# not empty: there is a virtual IOMMU
CMDLINE="console=ttyS0 quiet panic=-1 no_timer_check tsc=reliable cryptomgr.notests"

copy_tool()
{
	cp "/tools/usr/bin/$1" $root/bin
	tools ldd "/usr/bin/$1" | sed -nE 's/.*[[:space:]](\/[^ ]+) \(.*/\1/p' | while read -r library; do
		mkdir -p "$root$(dirname "$library")"
		cp "/tools/$library" "$root$library"
	done
}

# The guest's file system: busybox, this VM's modules, what tests the memory, and cxl.
pack()
{
	root=/tmp/guest
	rm -rf $root
	mkdir -p $root/bin $root/proc $root/sys $root/dev $root/tmp $root/lib
	mknod $root/dev/console c 5 1
	cp -a /bin/busybox /bin/cxl-vfio $root/bin
	for applet in $(/bin/busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
	done
	cp -a /lib/modules $root/lib
	cp /selftests/qemu/guest/init $root/init
	copy_tool cxl
	(cd $root && find . | cpio -o -H newc) > $T/guest.cpio 2> /dev/null
}

# This VM's processor is an emulated one.
start_kvm()
{
	modprobe kvm_amd
	modprobe kvm_on_tcg
}

# ready: KVM, the devices with this driver, and what the guest runs
ready()
{
	start_kvm
	for address in $DEVICES; do
		(DEVICE=$address SYSFS=/sys/bus/pci/devices/$address bind_to cxl_vfio_pci)
	done
	pack
}

uptime()
{
	cut -d. -f1 /proc/uptime
}

# wait_for PATTERN SECONDS: in what the guest said since it was told something
wait_for()
{
	end=$(($(uptime) + $2))
	while ! tail -n +"$seen" $console | grep -q "$1"; do
		[ -d "/proc/$qemu" ] || {
			tail -n 20 $console $T/qemu.log
			fail "QEMU ended, no '$1'"
		}
		[ "$(uptime)" -lt "$end" ] || {
			tail -n 30 $console
			cat $T/qemu.log
			# Where QEMU's threads wait, if the guest is not just slow
			head -n 4 /proc/$qemu/task/*/stack
			fail "no '$1' in $2 s"
		}
		sleep 0.2
	done
}

# try COMMAND...: the guest runs it; what it prints is in /tmp/said, its status is the result
try()
{
	seen=$(($(wc -l < $console) + 1))
	echo "$*" >&8
	wait_for '^guest: done [0-9]' 120
	tail -n +"$seen" $console | tr -d '\r' > /tmp/said
	return "$(sed -n 's/^guest: done //p' /tmp/said)"
}

guest()
{
	try "$@" || {
		cat /tmp/said
		fail "the guest failed: $*"
	}
}

guest_must_show()
{
	must_show "$1" /tmp/said
}

no_warnings()
{
	! try warnings || {
		cat /tmp/said
		fail "the guest's kernel complained"
	}
}

# monitor COMMAND: what QEMU's monitor answers is in /tmp/monitor
monitor()
{
	first=$(($(wc -l < $T/monitor.log) + 1))
	size=$(wc -c < $T/monitor.log)
	end=$(($(uptime) + 60))
	echo "$*" >&9
	# The prompt that is there now is not the end of the answer.
	until [ "$(wc -c < $T/monitor.log)" -gt "$size" ] && [ "$(tail -c 7 $T/monitor.log)" = "(qemu) " ]; do
		[ "$(uptime)" -lt $end ] || fail "the monitor does not answer '$*'"
		sleep 0.2
	done
	tail -n +$first $T/monitor.log | tr -d '\r' > /tmp/monitor
}

# The options of one host bridge with its window for each device
topology()
{
	n=0
	windows=
	for address in $DEVICES; do
		windows=$windows${windows:+,}cxl-fmw.$n.targets.0=cxl$n,cxl-fmw.$n.size=$WINDOW
		set -- "$@" \
			-device "pxb-cxl,id=cxl$n,bus=pcie.0,bus_nr=$((12 + 8 * n)),hdm_for_passthrough=true" \
			-device "cxl-rp,id=rp$n,bus=cxl$n,chassis=$((n + 1)),slot=$((n + 1))" \
			-device "vfio-pci,id=acc$n,host=$address,bus=rp$n"
		n=$((n + 1))
	done
	# QEMU takes windows from one option only
	set -- -M "$windows" "$@"
	[ -z "$IOMMU" ] || set -- -M kernel-irqchip=split -device intel-iommu,intremap=on,caching-mode=on "$@"
	start_machine "$@"
}

# What the guest says goes to a file, what it reads comes from file descriptor 8; the monitor's from 9.
open_console()
{
	rm -f $T/con.in $T/con.out $T/mon.in $T/mon.out
	mkfifo $T/con.in $T/con.out $T/mon.in $T/mon.out
	: > $console
	cat $T/con.out > $console &
	cat $T/mon.out > $T/monitor.log &
	exec 8<> $T/con.in 9<> $T/mon.in
	seen=1
}

start_machine()
{
	open_console
	tools /mnt/bin/qemu-cxl -L /usr/share/qemu -L /usr/share/seabios -nodefaults -no-user-config -display none \
		-M q35,cxl=on -accel kvm -cpu host -m "$MEMORY" \
		-kernel $KERNEL -initrd /tmp/guest.cpio \
		-append "$CMDLINE${IOMMU:+ intel_iommu=on}" \
		-chardev pipe,id=con,path=/tmp/con -serial chardev:con \
		-chardev pipe,id=mon,path=/tmp/mon -mon chardev=mon,mode=readline "$@" > $T/qemu.log 2>&1 &
	qemu=$!
}

# start_guest [QEMU-OPTION...]: until its driver has the memory
start_guest()
{
	topology "$@"
	wait_for '^guest: up' 240
	base=$(host_base "$DEVICE")
	guest load_cxl
	guest_base
	home=$place
}

# host_base ADDRESS: where the memory of a device is on the host
host_base()
{
	dmesg | sed -n "s/.*cxl_vfio_pci $1: CXL memory \(0x[0-9a-f]*\)-.*/\1/p" | tail -n 1
}

# The guest's address of the memory
guest_base()
{
	guest show
	place=$(sed -n 's/^region0: resource=\(0x[0-9a-f]*\).*/\1/p' /tmp/said)
	[ -n "$place" ] || {
		cat /tmp/said
		guest dmesg
		grep -i 'cxl\|accel' /tmp/said
		fail "the guest has no region"
	}
}

# The guest finds the memory where it found it when it was started.
in_its_place()
{
	guest_base
	[ "$place" = "$home" ] || fail "the memory moved from $home to $place"
}

# guest_does COMMAND...: what the guest does not come back from to say that it is done
guest_does()
{
	echo "$*" >&8
}

# The guest's next boot, after something that reboots it: reboot_by COMMAND...
reboot_by()
{
	no_warnings
	seen=$(($(wc -l < $console) + 1))
	"$@"
	wait_for '^guest: up' 240
	guest load_cxl
}

qemu_ends()
{
	i=0
	while [ -d "/proc/$qemu" ] && [ $i -lt 100 ]; do
		sleep 0.2
		i=$((i + 1))
	done
	[ ! -d "/proc/$qemu" ] || fail "QEMU does not end"
}

stop_guest()
{
	no_warnings
	echo 'poweroff -f' >&8
	qemu_ends
	saved=$(cat /sys/module/kvm_on_tcg/parameters/guests_saved)
	[ "$saved" -eq 0 ] || echo "# KVM would have given up the guest $saved times"
	[ ! -s $T/qemu.log ] || fail "QEMU said: $(head -n 1 $T/qemu.log)"
}

# fill VALUE: the guest's driver writes a pattern that begins with it
fill()
{
	guest "echo $1 > \$sys/fill"
}

# filled VALUE: the guest's driver finds the pattern that it wrote with this value
filled()
{
	guest "cat \$sys/look"
	guest_must_show "^$1 wrong 0"
}

# host_has VALUE: the first word of the memory, at its address on the host, where the emulated device is
host_has()
{
	vmctl hmp xp /1gx "$base" > /tmp/host
	must_show ": $(printf 0x%016x "$1")" /tmp/host
}

# uses VALUE: the guest writes it, and both sides find it
uses()
{
	fill "$1"
	filled "$1"
	host_has "$1"
}

# survives_resets VALUE: the guest still has it after the resets that it can do
survives_resets()
{
	for method in flr cxl_bus; do
		guest unbind
		guest reset $method
		guest bind_to cxl_accel_example
		filled "$1"
		echo "ok after a guest's $method reset"
	done
}

# no_host_address BAR OFFSET, of the component registers: no dword of them and of configuration space has the low half of the
# host's base in it, which is not zero, nor is the whole in it in any other way.
no_host_address()
{
	guest "hexdump -v -e '4/4 \"dword %08x \" \"\n\"' \$sys/config"
	cp /tmp/said /tmp/dwords
	guest "sed -n $(($1 + 1))p \$sys/resource"
	registers=$(($(sed -n 's/^\(0x[0-9a-f]*\) .*/\1/p' /tmp/said) + $2))
	monitor "xp /16384wx $registers"
	sed -n 's/^[0-9a-f]*: //p' /tmp/monitor >> /tmp/dwords
	low=$(printf %08x $((base & 0xffffffff)))
	count=$(grep -o '[0-9a-f]\{8\}' /tmp/dwords | wc -l)
	echo "# $count dwords, none is $low"
	[ "$count" -ge 17400 ] || fail "only $count dwords were looked at"
	must_show "$(printf %08x $((place & 0xffffffff)))" /tmp/dwords
	! grep "$low" /tmp/dwords || fail "the guest sees the host's address $base"
}
