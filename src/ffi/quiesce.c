// SPDX-License-Identifier: GPL-2.0
/* Around a reset that the PCI core does not know: what pci_try_reset_function() does, for every function that is hit. */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "helpers.h"

#define MAX_FUNCTIONS 256

struct cxl_vfio_quiet {
	struct vfio_pci_core_device *vdev;
	/* Whether the functions were reset and have not been restored yet. */
	bool saved;
	unsigned int count;
	/* The function itself, then the others that the reset hits. */
	struct pci_dev *functions[MAX_FUNCTIONS];
};

/* Whether a CXL Reset of @pdev hits @other. */
static bool is_hit(struct pci_dev *pdev, struct pci_dev *other)
{
	return other != pdev && other->bus == pdev->bus &&
	       (pci_ari_enabled(pdev->bus) || PCI_SLOT(other->devfn) == PCI_SLOT(pdev->devfn));
}

bool cxl_vfio_shares_cxl_reset(struct pci_dev *pdev)
{
	struct pci_dev *other = NULL;
	bool shares = false;

	if (!pdev->multifunction)
		return false;
	for_each_pci_dev(other)
		if (is_hit(pdev, other) && other->dev.driver)
			shares = true;
	return shares;
}

static void unlock(struct cxl_vfio_quiet *quiet)
{
	while (quiet->count > 1) {
		struct pci_dev *other = quiet->functions[--quiet->count];

		pci_dev_unlock(other);
		pci_dev_put(other);
	}
	if (quiet->count)
		pci_dev_unlock(quiet->functions[0]);
}

/*
 * Without waiting: an unbind that has the lock of the function waits for our caller, and a reader of
 * configuration space may want the core's memory lock.
 */
static int lock(struct cxl_vfio_quiet *quiet, struct pci_dev *pdev)
{
	struct pci_dev *other = NULL;

	if (!pci_dev_trylock(pdev))
		return -EAGAIN;
	quiet->functions[quiet->count++] = pdev;
	if (!pdev->multifunction)
		return 0;
	for_each_pci_dev(other) {
		int ret = -EAGAIN;

		if (!is_hit(pdev, other))
			continue;
		if (quiet->count < MAX_FUNCTIONS && pci_dev_trylock(other)) {
			quiet->functions[quiet->count++] = pci_dev_get(other);
			ret = other->dev.driver ? -EBUSY : 0;
		}
		if (ret) {
			pci_dev_put(other);
			unlock(quiet);
			return ret;
		}
	}
	return 0;
}

/* An invalidation of a device TLB is not answered by a function in reset, and the IOMMU driver may spin until it is. */
static int block_translation(struct cxl_vfio_quiet *quiet)
{
	for (unsigned int i = 0; i < quiet->count; i++) {
		struct pci_dev *pdev = quiet->functions[i];
		int ret;

		if (!pci_wait_for_pending_transaction(pdev))
			pci_err(pdev, "transactions are pending, reset anyway\n");
		ret = pci_dev_reset_iommu_prepare(pdev);
		if (ret) {
			while (i--)
				pci_dev_reset_iommu_done(quiet->functions[i]);
			return ret;
		}
	}
	return 0;
}

int cxl_vfio_quiesce(struct vfio_pci_core_device *vdev, struct cxl_vfio_quiet **result)
{
	loff_t start = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX);
	loff_t end = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX);
	struct cxl_vfio_quiet *quiet;
	int ret;

	quiet = kzalloc_obj(*quiet, GFP_KERNEL);
	if (!quiet)
		return -ENOMEM;
	quiet->vdev = vdev;

	ret = down_write_killable(&vdev->memory_lock);
	if (ret)
		goto err_free;
	ret = lock(quiet, vdev->pdev);
	if (ret)
		goto err_memory;
	/* Importers of a BAR keep their mappings: only the core can revoke them. */
	ret = list_empty(&vdev->dmabufs) ? 0 : -EBUSY;
	if (ret)
		goto err_unlock;
	unmap_mapping_range(vdev->vdev.inode->i_mapping, start, end - start, true);
	for (unsigned int i = 0; i < quiet->count; i++) {
		pci_save_state(quiet->functions[i]);
		pci_clear_master(quiet->functions[i]);
	}
	quiet->saved = true;
	ret = block_translation(quiet);
	if (ret)
		goto err_restore;
	*result = quiet;
	return 0;

err_restore:
	for (unsigned int i = 0; i < quiet->count; i++)
		pci_restore_state(quiet->functions[i]);
err_unlock:
	unlock(quiet);
err_memory:
	up_write(&vdev->memory_lock);
err_free:
	kfree(quiet);
	return ret;
}

void cxl_vfio_restore(struct cxl_vfio_quiet *quiet)
{
	if (!quiet->saved)
		return;
	quiet->saved = false;
	for (unsigned int i = 0; i < quiet->count; i++) {
		pci_dev_reset_iommu_done(quiet->functions[i]);
		pci_restore_state(quiet->functions[i]);
	}
}

void cxl_vfio_unquiesce(struct cxl_vfio_quiet *quiet)
{
	struct vfio_pci_core_device *vdev = quiet->vdev;

	cxl_vfio_restore(quiet);
	unlock(quiet);
	up_write(&vdev->memory_lock);
	kfree(quiet);
}
