/* SPDX-License-Identifier: GPL-2.0 */
/* C of the kernel that Rust cannot call: static inlines and macros, one function each. */
#ifndef CXL_VFIO_PCI_HELPERS_H
#define CXL_VFIO_PCI_HELPERS_H

#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

extern const struct pci_device_id cxl_vfio_pci_table[];

void cxl_vfio_put_device(struct vfio_device *vdev);

#endif
