// SPDX-License-Identifier: GPL-2.0
/*
 * vfio-pci-core gives a driver that registers a device operations for runtime power management only: nobody is called before
 * the system sleeps. User mappings of device memory would outlive that, and a device may not.
 */
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm.h>

#include "helpers.h"

static DEFINE_MUTEX(lock);
static struct dev_pm_ops ops; /* const once it is set */

void cxl_vfio_call_before_sleep(struct pci_dev *pdev, int (*suspend)(struct device *dev))
{
	struct device_driver *driver = pdev->dev.driver;

	mutex_lock(&lock);
	/*
	 * Once: another device may be using them. The core sets its own, the same ones, at each registration, but for
	 * one that it refuses early.
	 */
	if (!ops.suspend && driver->pm) {
		ops = *driver->pm;
		ops.freeze = suspend;
		ops.poweroff = suspend;
		ops.suspend = suspend;
	}
	if (ops.suspend)
		driver->pm = &ops;
	mutex_unlock(&lock);
}
