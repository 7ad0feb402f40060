// SPDX-License-Identifier: GPL-2.0
/* Around a reset that the PCI core does not know: what pci_try_reset_function() does around its own. */
#include <linux/memregion.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include "helpers.h"

bool cxl_vfio_shares_cxl_reset(struct pci_dev *pdev)
{
	struct pci_dev *other = NULL;
	bool shares = false;

	if (!pdev->multifunction)
		return false;
	for_each_pci_dev(other)
		if (other != pdev && other->bus == pdev->bus &&
		    (pci_ari_enabled(pdev->bus) || PCI_SLOT(other->devfn) == PCI_SLOT(pdev->devfn)) &&
		    other->dev.driver)
			shares = true;
	return shares;
}

int cxl_vfio_quiesce(struct vfio_pci_core_device *vdev, bool locked)
{
	struct pci_dev *pdev = vdev->pdev;
	loff_t start = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX);
	loff_t end = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX);

	if (cxl_vfio_shares_cxl_reset(pdev))
		return -EBUSY;

	/* In the order of a reset from sysfs, and without waiting, as an unbind waits for our caller. */
	if (!locked && !device_trylock(&pdev->dev))
		return -EAGAIN;

	down_write(&vdev->memory_lock);
	unmap_mapping_range(vdev->vdev.inode->i_mapping, start, end - start, true);
	pci_save_state(pdev);
	pci_clear_master(pdev);
	return 0;
}

/* A second call has nothing left to restore. */
void cxl_vfio_restore(struct vfio_pci_core_device *vdev)
{
	pci_restore_state(vdev->pdev);
}

void cxl_vfio_unquiesce(struct vfio_pci_core_device *vdev, bool locked)
{
	struct pci_dev *pdev = vdev->pdev;

	cxl_vfio_restore(vdev);
	up_write(&vdev->memory_lock);
	if (!locked)
		device_unlock(&pdev->dev);
}

void cxl_vfio_invalidate_cpu_caches(u64 start, u64 len)
{
	if (cpu_cache_has_invalidate_memregion())
		cpu_cache_invalidate_memregion(start, len);
}
