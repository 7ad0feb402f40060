#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# libvirt starts a Linux guest with the CXL topology, resets it, reboots it, and ends it; the device is as before.
# usage: libvirt.sh ADDRESS
set -eu
. /selftests/tools/lib.sh
. /selftests/tools/libvirt-lib.sh
. /selftests/qemu/guest/lib.sh

# libvirt knows no CXL host bridges, so a <hostdev> has no bus to sit on: QEMU's own options do it all, and what libvirt does
# for a <hostdev> is left to the administrator: the driver, the limit of locked memory, access to the group's file.
domain()
{
	cat <<-XML
		<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
		  <name>guest</name> <memory unit='MiB'>512</memory> <vcpu>1</vcpu>
		  <memtune><hard_limit unit='GiB'>2</hard_limit></memtune>
		  <os><type arch='x86_64' machine='q35'>hvm</type>
		    <kernel>/mnt/bin/guest-vmlinux</kernel><initrd>/tmp/guest.cpio</initrd><cmdline>$CMDLINE</cmdline>
		  </os>
		  <features><acpi/></features>
		  <cpu mode='host-passthrough'/>
		  <devices>
		    <emulator>/mnt/bin/qemu-cxl-libvirt</emulator>
		    <controller type='usb' model='none'/>
		    <memballoon model='none'/>
		    <serial type='pipe'><source path='/tmp/con'/><target port='0'/></serial>
		  </devices>
		  <qemu:commandline>
	XML
	for word in -machine cxl=on,cxl-fmw.0.targets.0=cxl0,cxl-fmw.0.size=1G \
			-device pxb-cxl,id=cxl0,bus=pcie.0,addr=0x10,bus_nr=12,hdm_for_passthrough=true \
			-device cxl-rp,id=rp0,bus=cxl0,chassis=11,slot=1 -device "vfio-pci,host=$DEVICE,bus=rp0"; do
		echo "    <qemu:arg value='$word'/>"
	done
	echo "  </qemu:commandline></domain>"
}

# The QEMU that was built here looks for firmware where it was built.
cat > /bin/qemu-cxl-libvirt <<'QEMU'
#!/bin/sh
exec /mnt/bin/qemu-cxl -L /usr/share/qemu -L /usr/share/seabios "$@"
QEMU
chmod +x /bin/qemu-cxl-libvirt

release
start_libvirt
bind_to cxl_vfio_pci
pack
open_console
domain > $T/domain.xml
virsh create /tmp/domain.xml
qemu=$(cat /tools/run/libvirt/qemu/guest.pid)
guest_is_up
guest "echo 0xa000000000000 > \$sys/fill"
host_has 0xa000000000000

reboot_by virsh reset guest
filled 0xa000000000000
echo "ok after virsh reset"

# A guest that obeys its power button; libvirt starts it again.
guest "modprobe button; modprobe evdev"
guest "(head -c 24 /dev/input/event0 > /dev/null; poweroff -f) & true"
reboot_by virsh reboot guest
filled 0xa000000000000
echo "ok after virsh reboot"

no_warnings
virsh destroy guest
driver_must_be cxl_vfio_pci "the guest is gone"
cxl-vfio show "$DEVICE" > /tmp/shown || {
	cat /tmp/shown
	fail "the device does not work after the guest"
}
