#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Which driver libvirt picks for a device, with and without being told, for nodedev-detach and for a managed hostdev.
# usage: libvirt.sh ADDRESS CHOICE [EMULATOR]; CHOICE is the driver that it picks by itself
set -eu
. /selftests/tools/lib.sh
. /selftests/tools/libvirtd.sh
choice=$2
emulator=${3:-/usr/bin/qemu-system-x86_64}

is_free()
{
	driver_must_be none "$1"
	[ "$(cat "$SYSFS/driver_override")" = "(null)" ] || fail "driver_override is left $1"
}

# detached DRIVER [OPTION...]
detached()
{
	wanted=$1
	shift
	virsh nodedev-detach "$@" "$node"
	driver_must_be "$wanted" "nodedev-detach $*"
	virsh nodedev-reattach "$node"
	is_free "after nodedev-reattach"
	settle
	echo "nodedev-detach $*: $wanted"
}

# given_to_guest DRIVER ELEMENT: the driver while a guest has the device that libvirt manages, and after
given_to_guest()
{
	number=0x${DEVICE#0000:}
	cat > /tools/tmp/domain.xml <<-XML
		<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
		  <name>guest</name> <memory unit='MiB'>128</memory> <vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>/mnt/bin/payload</kernel></os>
		  <cpu mode='host-passthrough'/>
		  <devices>
		    <emulator>$emulator</emulator>
		    <memballoon model='none'/>
		    <hostdev mode='subsystem' type='pci' managed='yes'>
		      $2
		      <source><address domain='0x0000' bus='${number%%:*}' slot='0x00' function='0x0'/></source>
		    </hostdev>
		  </devices>
		  <qemu:commandline>
		    <qemu:arg value='-chardev'/><qemu:arg value='file,id=log,path=/tmp/payload.log'/>
		    <qemu:arg value='-device'/><qemu:arg value='isa-debugcon,chardev=log'/>
		  </qemu:commandline>
		</domain>
	XML
	rm -f /tools/tmp/payload.log
	virsh create /tmp/domain.xml
	driver_must_be "$1" "a guest runs with '$2'"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! grep -qx 'done' /tools/tmp/payload.log || break
		sleep 1
	done
	grep -qx 'done' /tools/tmp/payload.log || fail "the guest saw no accelerator: $(tail -n 1 /tools/var/log/libvirt/qemu/guest.log)"
	virsh destroy guest
	is_free "after the guest"
	settle
	echo "hostdev ${2:-without a driver}: $1"
}

# The domain of Documentation/recipes.md is accepted, and its words reach QEMU in their order.
takes_recipe()
{
	cp /selftests/tools/cxl-domain.xml /tools/tmp/
	virsh domxml-to-native qemu-argv --xml /tmp/cxl-domain.xml
	tr "\n\\\\'" '   ' < /tmp/virsh.log | tr -s ' ' > /tmp/argv
	must_show ' -numa node,nodeid=0.* -machine cxl=on,cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=1G -device pxb-cxl,id=cxl0,' /tmp/argv
	must_show " -device vfio-pci,id=accelerator,host=$DEVICE,bus=rp0 -numa node,nodeid=1 -object acpi-generic-initiator," /tmp/argv
	echo "cxl-domain.xml: accepted"
}

release
index_modules
# libvirt takes the first of equals, and which one that is depends on the order of the index only.
! grep -qxF 'alias vfio_pci:v*d*sv*sd*bc*sc*i* cxl_vfio_pci' "/lib/modules/$(uname -r)/modules.alias" ||
	fail "an alias of the module matches every device, as vfio-pci's does"
modprobe kvm_amd
start_libvirt root
detached "$choice"
detached vfio-pci --driver vfio-pci
detached cxl_vfio_pci --driver cxl_vfio_pci
# The payload looks for an accelerator.
case $(cat "$SYSFS/class") in
0x1200*)
	takes_recipe
	given_to_guest "$choice" ''
	given_to_guest cxl_vfio_pci "<driver model='cxl_vfio_pci'/>"
	# Last, since vfio-pci lets the guest move the physical decoder, and it does.
	given_to_guest vfio-pci "<driver model='vfio-pci'/>"
	;;
esac
