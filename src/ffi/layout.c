// SPDX-License-Identifier: GPL-2.0
#include <linux/pci.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>
#include <cxl/cxl.h>

#include "layout.h"

/* In the order of ffi/layout.rs. */
const size_t cxl_vfio_c_layout[] = {
	sizeof(struct pci_driver),
	offsetof(struct pci_driver, probe),
	offsetof(struct pci_driver, err_handler),
	offsetof(struct pci_driver, driver_managed_dma),
	sizeof(struct pci_error_handlers),
	sizeof(struct vfio_device),
	offsetof(struct vfio_device, dev),
	sizeof(struct vfio_device_ops),
	offsetof(struct vfio_device_ops, match_token_uuid),
	sizeof(struct vfio_pci_device_ops),
	sizeof(struct vfio_pci_core_device),
	offsetof(struct vfio_pci_core_device, pdev),
	offsetof(struct vfio_pci_core_device, pci_ops),
	offsetof(struct vfio_pci_core_device, region),
	offsetof(struct vfio_pci_core_device, memory_lock),
	sizeof(struct vfio_pci_region),
	sizeof(struct cxl_dev_state),
	sizeof(struct cxl_register_map),
};

const size_t cxl_vfio_c_layout_len = ARRAY_SIZE(cxl_vfio_c_layout);
