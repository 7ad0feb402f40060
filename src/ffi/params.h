/* SPDX-License-Identifier: GPL-2.0 */
/* Module parameters. They are in C because module!() has neither strings nor parameters that sysfs shows. */
#ifndef CXL_VFIO_PCI_PARAMS_H
#define CXL_VFIO_PCI_PARAMS_H

#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

/* The generations of the user interface. */
enum cxl_vfio_uapi {
	CXL_VFIO_UAPI_V3,
	CXL_VFIO_UAPI_V2,
	CXL_VFIO_UAPI_V6,
};

/* Who clears device memory between users. */
enum cxl_vfio_clear_memory {
	/* The device, if it can; else the CPUs. */
	CXL_VFIO_CLEAR_AUTO,
	CXL_VFIO_CLEAR_DEVICE,
	CXL_VFIO_CLEAR_CPU,
	CXL_VFIO_CLEAR_OFF,
};

/* What the driver itself asks for. An administrator may write most of them at any time. */
struct cxl_vfio_params {
	bool enable_cxl;
	/* enum cxl_vfio_uapi */
	unsigned int uapi;
	unsigned int max_order;
	bool require_memory_space;
	bool release_locked;
	/* enum cxl_vfio_clear_memory */
	unsigned int clear_memory;
	bool cxl_idle_d3;
	bool memory_read_write;
	bool enable_sriov;
	bool disable_denylist;
};

extern struct cxl_vfio_params cxl_vfio_params;

/* Copies the parameters that vfio-pci-core keeps for each device, so that a later change does not reach this one. */
void cxl_vfio_latch_parameters(struct vfio_pci_core_device *vdev);

/* Adds the dynamic ids of the parameter "ids". */
void cxl_vfio_add_ids(struct pci_driver *driver);

#endif
