# SPDX-License-Identifier: GPL-2.0
#
# bind ADDRESS [v2|v3|v6]: gives a device to cxl-vfio-pci with that interface.
bind() {
	local device=/sys/bus/pci/devices/$1

	[ $# -lt 2 ] || echo "$2" > /sys/module/cxl_vfio_pci/parameters/uapi
	if [ -e "$device/driver" ]; then
		echo "$1" > "$device/driver/unbind"
		# Linux 7.3 queues work when a memory device goes, which unbinds whatever driver its function has by then.
		echo 1 > /sys/bus/cxl/flush
	fi
	echo cxl_vfio_pci > "$device/driver_override"
	echo "$1" > /sys/bus/pci/drivers_probe
}
