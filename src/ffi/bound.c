// SPDX-License-Identifier: GPL-2.0
/*
 * The functions whose devices are complete, for callers without the lock that keeps a function bound. The PCI core calls
 * cor_error_detected() so, from the interrupt thread of a port: before the drvdata is set, and while it is going.
 */
#include <linux/pci.h>
#include <linux/rcupdate.h>
#include <linux/srcu.h>
#include <linux/xarray.h>

#include "helpers.h"

static DEFINE_XARRAY(devices);
DEFINE_STATIC_SRCU(callers);

int cxl_vfio_announce(struct pci_dev *pdev, void *device)
{
	return xa_err(xa_store(&devices, (unsigned long)pdev, device, GFP_KERNEL));
}

void cxl_vfio_retract(struct pci_dev *pdev)
{
	xa_erase(&devices, (unsigned long)pdev);
	synchronize_srcu(&callers);
}

void *cxl_vfio_enter(struct pci_dev *pdev, int *caller)
{
	*caller = srcu_read_lock(&callers);
	return xa_load(&devices, (unsigned long)pdev);
}

void cxl_vfio_leave(int caller)
{
	srcu_read_unlock(&callers, caller);
}

void cxl_vfio_wait_for_callers(void)
{
	synchronize_rcu_tasks();
}
