# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by tests with libvirt, after tools/lib.sh.

node=pci_$(echo "$DEVICE" | tr :. __)

start_libvirt()
{
	index_modules
	# libvirt takes the first of equals, and which one that is depends on the order of the index only.
	! grep -qxF 'alias vfio_pci:v*d*sv*sd*bc*sc*i* cxl_vfio_pci' "/lib/modules/$(uname -r)/modules.alias" ||
		fail "an alias of the module matches every device, as vfio-pci's does"
	modprobe kvm_amd
	mkdir -p /tools/run/udev /tools/run/lock
	tools /usr/lib/systemd/systemd-udevd --daemon
	tools udevadm trigger --settle --subsystem-match=pci --action=add
	# No users, name spaces or control groups of its own: nothing in this VM would set them up.
	cat > /tools/etc/libvirt/qemu.conf <<-CONF
		user = "root"
		group = "root"
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
