#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Stock QEMU runs a Linux guest with the device, whose lspci shows the CXL capabilities.
# usage: linux.sh ADDRESS
set -eu
. /selftests/tools/lib.sh

# The guest's file system: busybox, lspci and the libraries that it needs.
pack()
{
	root=/tmp/guest
	mkdir -p $root/bin $root/proc $root/sys $root/dev $root/usr/share/misc
	mknod $root/dev/console c 5 1
	cp /bin/busybox /tools/usr/bin/lspci $root/bin
	cp /selftests/qemu/linux-init $root/init
	cp /tools/usr/share/misc/pci.ids $root/usr/share/misc
	tools ldd /usr/bin/lspci | sed -nE 's/.*[[:space:]](\/[^ ]+) \(.*/\1/p' | while read -r library; do
		mkdir -p "$root$(dirname "$library")"
		cp "/tools/$library" "$root$library"
	done
	(cd $root && find . | cpio -o -H newc) > /tools/tmp/guest.cpio
}

modprobe kvm_amd
bind_to cxl_vfio_pci
pack
tools timeout 200 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
	-M q35 -accel kvm -cpu host -m 512M -kernel /mnt/bin/guest-vmlinux -initrd /tmp/guest.cpio \
	-append "console=ttyS0 quiet panic=-1 no_timer_check tsc=reliable" -serial stdio \
	-device pcie-root-port,id=link,chassis=1 -device "vfio-pci,host=$DEVICE,bus=link" \
	< /dev/null > /tmp/guest.log 2> /tmp/qemu.log || fail "QEMU ended with $?: $(tail -n 1 /tmp/qemu.log)"
tr -d '\r' < /tmp/guest.log | sed -n '/^guest: begin/,/^guest: end/{/^guest:/!p}' > /tmp/lspci
[ -s /tmp/lspci ] || {
	cat /tmp/guest.log
	fail "lspci in the guest shows no accelerator"
}
must_show 'CXLCap:.* Mem+' /tmp/lspci
must_show 'Register Locator DVSEC' /tmp/lspci
cat /tmp/lspci
