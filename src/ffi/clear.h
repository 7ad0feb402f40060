/* SPDX-License-Identifier: GPL-2.0 */
/* Clearing device memory, for clear.rs. */
#ifndef CXL_VFIO_PCI_CLEAR_H
#define CXL_VFIO_PCI_CLEAR_H

#include <linux/pci.h>

/* Whether CPUs can clear memory so that no cache has anything of it afterwards. */
bool cxl_vfio_can_clear(void);

/* Clears memory of @pdev, with several CPUs. Returns when the zeroes are in the memory itself. @len is whole pages. */
void cxl_vfio_clear(struct pci_dev *pdev, void *start, size_t len);

#endif
