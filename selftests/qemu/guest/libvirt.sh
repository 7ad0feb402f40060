#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# libvirt starts the domain of Documentation/recipes.md with a QEMU that runs as an ordinary user, once an administrator did what
# is left to him; the guest uses the memory, after virsh reset and virsh reboot too, and gives the device back.
# usage: libvirt.sh ADDRESS
set -eu
. /selftests/qemu/guest/lib.sh
. /selftests/tools/libvirtd.sh
# Debian's libvirt-qemu, by its number: nobody made users in this tree.
USER=64055
domain=/tools/tmp/domain.xml

# The domain as it is, but for what this VM is too small for, for where QEMU is, and for how a test speaks with the guest
write_domain()
{
	sed -e "s|<memory unit='GiB'>4<|<memory unit='MiB'>512<|; s|memory='4' unit='GiB'|memory='512' unit='MiB'|" \
		-e "s|</type>|&<kernel>/mnt/bin/guest-vmlinux</kernel><initrd>/tmp/guest.cpio</initrd><cmdline>$CMDLINE</cmdline>|" \
		-e "s|<qemu:commandline>|<devices><emulator>/mnt/bin/qemu-cxl</emulator><controller type='usb' model='none'/>\
			<memballoon model='none'/><serial type='pipe'><source path='/tmp/con'/></serial></devices>&\
			<qemu:arg value='-L'/><qemu:arg value='/usr/share/qemu'/><qemu:arg value='-L'/><qemu:arg value='/usr/share/seabios'/>|" \
		/selftests/tools/cxl-domain.xml > $domain
	must_show "vfio-pci,id=accelerator,host=$DEVICE,bus=rp0" $domain
}

# libvirt creates the domain, with a console of its own; what it says is in /tmp/virsh.log.
create()
{
	open_console
	chmod 666 $T/*.in $T/*.out
	tools virsh create /tmp/domain.xml > /tmp/virsh.log 2>&1
}

# left_to_administrator SENTENCE: which is why the domain does not start
left_to_administrator()
{
	! create || fail "the domain started without"
	must_show "$1" /tmp/virsh.log
	echo "ok not started: $(grep -o "$1" /tmp/virsh.log | head -n 1)"
}

# The rule that --persist writes gives the group's file away whenever it appears. Nobody enables the unit of systemd here.
owner_at_boot()
{
	group=/dev/vfio/$(basename "$(readlink "$SYSFS/iommu_group")")
	mkdir -p /run/systemd/system
	! cxl-vfio bind --persist --owner $USER "$DEVICE" || fail "systemctl enabled a unit"
	cp "/etc/udev/rules.d/70-cxl-vfio-$DEVICE.rules" /tools/etc/udev/rules.d/
	[ "$(stat -c %u "$group")" = $USER ] || fail "$group is not $USER's"
	chown 0 "$group"
	tools env SYSTEMD_IGNORE_CHROOT=1 udevadm control --reload
	tools env SYSTEMD_IGNORE_CHROOT=1 udevadm trigger --settle --action=add --subsystem-match=vfio
	[ "$(stat -c %u "$group")" = $USER ] || fail "$group is not $USER's by the rule"
	echo "ok $group is $USER's"
}

guest_is_up()
{
	qemu=$(cat /tools/run/libvirt/qemu/accelerated.pid)
	ln -sf ../var/log/libvirt/qemu/accelerated.log $T/qemu.log
	wait_for '^guest: up' 240
	guest load_cxl
}

start_kvm
chmod 666 /dev/kvm
pack
chmod 666 $T/guest.cpio
release
start_libvirt "+$USER"
write_domain

left_to_administrator 'No such file or directory'
cxl-vfio bind "$DEVICE"
left_to_administrator 'Permission denied'
owner_at_boot
sed -i.whole '/<hard_limit/d' $domain
left_to_administrator 'Cannot allocate memory'
mv $domain.whole $domain

create || fail "$(cat /tmp/virsh.log)"
guest_is_up
base=$(host_base "$DEVICE")
guest_base
home=$place
[ "$(stat -c %u "/proc/$qemu")" = $USER ] || fail "QEMU runs as user $(stat -c %u "/proc/$qemu")"
uses 0xc000000000000
echo "ok started by libvirt"

for how in reset reboot; do
	# virsh reboot presses the power button, and resets the machine once the guest is off.
	guest "modprobe evdev; modprobe button"
	guest "button=\$(grep -l Power /sys/class/input/event*/device/name | cut -d/ -f5); ls /dev/input/\$button"
	no_warnings
	[ $how = reset ] || guest_does "dd if=/dev/input/\$button of=/dev/null bs=24 count=1; poweroff -f"
	seen=$(($(wc -l < $console) + 1))
	virsh $how accelerated
	guest_is_up
	in_its_place
	filled 0xc000000000000
	echo "ok after virsh $how"
done

no_warnings
guest_does poweroff -f
qemu_ends
virsh list --all
! grep accelerated /tmp/virsh.log || fail "libvirt still has the domain"
cxl-vfio unbind "$DEVICE"
driver_must_be none
echo "ok given back"
