// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include "helpers.h"

/*
 * Processing accelerators, and only for a driver_override that asks for a vfio driver. An entry that matches every device
 * would tie with vfio-pci's wherever the best "vfio_pci:" alias is looked up, and the first found would win.
 */
const struct pci_device_id cxl_vfio_pci_table[] = {
	{
		.class = PCI_CLASS_ACCELERATOR_PROCESSING << 8,
		.class_mask = 0xffff00,
		.vendor = PCI_ANY_ID,
		.device = PCI_ANY_ID,
		.subvendor = PCI_ANY_ID,
		.subdevice = PCI_ANY_ID,
		.override_only = PCI_ID_F_VFIO_DRIVER_OVERRIDE,
	},
	{}
};
MODULE_DEVICE_TABLE(pci, cxl_vfio_pci_table);

void cxl_vfio_put_device(struct vfio_device *vdev)
{
	vfio_put_device(vdev);
}
