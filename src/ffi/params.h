/* SPDX-License-Identifier: GPL-2.0 */
/* Module parameters. They are in C because module!() has neither strings nor parameters that sysfs shows. */
#ifndef CXL_VFIO_PCI_PARAMS_H
#define CXL_VFIO_PCI_PARAMS_H

#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

bool cxl_vfio_enable_cxl(void);
unsigned int cxl_vfio_max_order(void);
bool cxl_vfio_require_memory_space(void);
bool cxl_vfio_release_locked(void);
bool cxl_vfio_reset_clears_memory(void);
bool cxl_vfio_allow_idle_d3(void);
bool cxl_vfio_enable_sriov(void);
bool cxl_vfio_disable_denylist(void);

/* Copies the parameters that vfio-pci-core keeps for each device, so that a later change does not reach this one. */
void cxl_vfio_latch_parameters(struct vfio_pci_core_device *vdev);

/* Adds the dynamic ids of the parameter "ids". */
void cxl_vfio_add_ids(struct pci_driver *driver);

#endif
