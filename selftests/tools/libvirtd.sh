# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by tests of libvirt, after lib.sh: Debian's libvirtd, which knows the device.

node=pci_$(echo "$DEVICE" | tr :. __)

# start_libvirt USER, which QEMU runs as
start_libvirt()
{
	mkdir -p /tools/run/udev /tools/run/lock
	tools /usr/lib/systemd/systemd-udevd --daemon
	tools udevadm trigger --settle --subsystem-match=pci --action=add
	# No users, name spaces or control groups of its own: nothing in this VM would set them up.
	cat > /tools/etc/libvirt/qemu.conf <<-CONF
		user = "$1"
		group = "$1"
		security_driver = "none"
		namespaces = []
		cgroup_controllers = []
		remember_owner = 0
		stdio_handler = "file"
	CONF
	tools libvirtd -d
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! tools virsh nodedev-info "$node" > /tmp/virsh.log 2>&1 || return 0
		sleep 1
	done
	cat /tmp/virsh.log
	fail "libvirtd does not know $node after 20 s"
}

virsh()
{
	tools virsh "$@" > /tmp/virsh.log 2>&1 || fail "virsh $*: $(cat /tmp/virsh.log)"
}
