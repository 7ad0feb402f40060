// SPDX-License-Identifier: GPL-2.0
/* Virtual functions of a device that a user has, and their token. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "background.h"
#include "irq.h"
#include "lifecycle.h"

#define TOKEN "52ac9bff-3a88-4fbd-901a-0d767c3b6c97"
#define OTHER_TOKEN "88594674-90a0-47a9-aea8-9d9b352ac08a"

static int set_numvfs(const char *bdf, int count)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", count);
	return pci_attr_write(bdf, "sriov_numvfs", text);
}

static enum vfio_mode mode(void)
{
	return vfio_mode_available(VFIO_MODE_CONTAINER) ? VFIO_MODE_CONTAINER :
							  VFIO_MODE_CDEV;
}

/* Open with @token in a new context and, when that succeeds, close again. */
static int try_open(const char *bdf, const char *token)
{
	struct vfio_iommu iommu;
	struct vfio_dev dev;
	int err = vfio_iommu_open(&iommu, mode());

	if (err)
		die("no IOMMU context: %s", errname(err));
	err = vfio_dev_open_in(&dev, bdf, &iommu, token);
	if (!err)
		vfio_dev_close(&dev);
	vfio_iommu_close(&iommu);
	return err;
}

static void hold(struct vfio_dev *dev, struct vfio_iommu *iommu,
		 const char *bdf, const char *token)
{
	int err = vfio_iommu_open(iommu, mode());

	if (!err)
		err = vfio_dev_open_in(dev, bdf, iommu, token);
	if (err)
		die("%s cannot be opened: %s", bdf, errname(err));
}

static void let_go(struct vfio_dev *dev, struct vfio_iommu *iommu)
{
	vfio_dev_close(dev);
	vfio_iommu_close(iommu);
}

static int set_token(struct vfio_dev *dev, const char *token)
{
	struct {
		struct vfio_device_feature header;
		uint8_t uuid[16];
	} arg = { .header.argsz = sizeof(arg) };

	arg.header.flags = VFIO_DEVICE_FEATURE_SET |
			   VFIO_DEVICE_FEATURE_PCI_VF_TOKEN;
	uuid_parse(token, arg.uuid);
	return vfio_ioctl(dev->fd, VFIO_DEVICE_FEATURE, &arg);
}

static void creating(struct lifecycle *l)
{
	char vf[PCI_BDF_SIZE], override[PCI_NAME_SIZE];
	int err;

	must_reload(l->driver, "");
	must_bind(l->bdf, l->driver);
	err = set_numvfs(l->bdf, 1);
	expect(l, err == -ENOENT, "without enable_sriov there are none: %s",
	       errname(err));
	fact(l, "none of none: %s", errname(set_numvfs(l->bdf, 0)));

	module_set_param(l->driver->module, "enable_sriov", "Y");
	err = set_numvfs(l->bdf, 2);
	expect(l, !err, "enable_sriov=Y creates two: %s", errname(err));
	if (!pci_vf(l->bdf, 1, vf, sizeof(vf)))
		die("%s has no second virtual function", l->bdf);
	fact(l, "second is %s", vf);
	pci_attr_read(vf, "driver_override", override, sizeof(override));
	expect(l, !strcmp(override, l->driver->name),
	       "a new one has its parent's driver as override: %s", override);
	expect(l, pci_driver_is(vf, l->driver->name), "and as driver");
	fact(l, "three: %s", errname(set_numvfs(l->bdf, 3)));
	fact(l, "too many: %s", errname(set_numvfs(l->bdf, 9999)));

	/* A PF whose VFs exist cannot be bound, so that nobody surprises them. */
	err = set_numvfs(l->bdf, 0);
	expect(l, !err && !pci_present(vf), "none are left of them: %s",
	       errname(err));

	/*
	 * Unbinding the parent removes them. vfio-pci-core of 7.3 does that without the lock
	 * for it, which a kernel with lockdep reports, whichever driver is bound.
	 */
	if (!access("/proc/lockdep", F_OK)) {
		tap_skip("this kernel would warn of vfio-pci, too",
			 "%s: unbinding the parent removes them",
			 l->driver->name);
		return;
	}
	err = set_numvfs(l->bdf, 1);
	expect(l, !err, "one again: %s", errname(err));
	pci_vf(l->bdf, 0, vf, sizeof(vf));
	err = pci_unbind(l->bdf);
	expect(l, !err && !pci_present(vf),
	       "unbinding the parent removes them: %s", errname(err));
}

/* Both users must agree on a token. */
static void tokens(struct lifecycle *l)
{
	struct vfio_iommu pf_iommu, vf_iommu;
	struct vfio_dev pf, dev;
	char vf[PCI_BDF_SIZE];
	int err;

	must_reload(l->driver, "enable_sriov=1");
	must_bind(l->bdf, l->driver);
	err = set_numvfs(l->bdf, 1);
	if (err || !pci_vf(l->bdf, 0, vf, sizeof(vf)))
		die("%s has no virtual function: %s", l->bdf, errname(err));

	err = try_open(vf, NULL);
	expect(l, err == -EACCES, "a function without token is refused: %s",
	       errname(err));
	fact(l, "guessed token: %s", errname(try_open(vf, TOKEN)));

	hold(&pf, &pf_iommu, l->bdf, TOKEN);
	expect(l, !try_open(vf, TOKEN), "its parent's token opens it");
	err = try_open(vf, OTHER_TOKEN);
	expect(l, err == -EACCES, "another one does not: %s", errname(err));
	err = set_token(&pf, OTHER_TOKEN);
	expect(l, !err, "the parent can change the token: %s", errname(err));
	err = try_open(vf, TOKEN);
	expect(l, err == -EACCES, "the old one is void: %s", errname(err));

	hold(&dev, &vf_iommu, vf, OTHER_TOKEN);
	fact(l, "function sets token: %s", errname(set_token(&dev, TOKEN)));
	let_go(&pf, &pf_iommu);
	fact(l, "parent without token: %s", errname(try_open(l->bdf, NULL)));
	fact(l, "parent with wrong token: %s",
	     errname(try_open(l->bdf, TOKEN)));
	fact(l, "parent with token: %s",
	     errname(try_open(l->bdf, OTHER_TOKEN)));
	let_go(&dev, &vf_iommu);
	fact(l, "parent without token, functions unused: %s",
	     errname(try_open(l->bdf, NULL)));

	/* With a parent that is not asleep, both read themselves. */
	hold(&pf, &pf_iommu, l->bdf, TOKEN);
	hold(&dev, &vf_iommu, vf, TOKEN);
	fact(l, "parent reads %x, function reads %x",
	     vfio_config_read(&pf, 0, 4), vfio_config_read(&dev, 0, 4));
	fact(l, "function BAR %x, %x", vfio_region_read32(&dev, 0, 0),
	     vfio_region_read32(&dev, 0, 8));
	fact(l, "function reset: %s",
	     errname(vfio_ioctl(dev.fd, VFIO_DEVICE_RESET, NULL)));
	fact(l, "function irqs: %d %d %d", vfio_irq_count(&dev, 0),
	     vfio_irq_count(&dev, 1), vfio_irq_count(&dev, 2));
	let_go(&dev, &vf_iommu);
	let_go(&pf, &pf_iommu);
	set_numvfs(l->bdf, 0);
	fact(l, "token for a parent without functions: %s",
	     errname(try_open(l->bdf, TOKEN)));
}

static int remove_functions(const char *bdf)
{
	return set_numvfs(bdf, 0);
}

static void remove_in_use(struct lifecycle *l)
{
	struct background removal = { .run = remove_functions,
				      .what = l->bdf };
	struct vfio_iommu pf_iommu, vf_iommu;
	int request = eventfd_new();
	struct vfio_dev pf, dev;
	char vf[PCI_BDF_SIZE];
	int err;

	must_reload(l->driver, "enable_sriov=1");
	must_bind(l->bdf, l->driver);
	err = set_numvfs(l->bdf, 1);
	if (err || !pci_vf(l->bdf, 0, vf, sizeof(vf)))
		die("%s has no virtual function: %s", l->bdf, errname(err));
	hold(&pf, &pf_iommu, l->bdf, TOKEN);
	hold(&dev, &vf_iommu, vf, TOKEN);
	vfio_irq_enable(&dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &request);

	background_start(&removal);
	expect(l, eventfd_take(request, FREED_MS) == 1,
	       "removing an open function asks its user");
	expect(l, !background_done(&removal, BLOCKED_MS),
	       "and waits for them");
	let_go(&dev, &vf_iommu);
	expect(l, background_done(&removal, FREED_MS) && !pci_present(vf),
	       "it is gone when they close it");
	fact(l, "removal: %s", errname(background_result(&removal)));
	let_go(&pf, &pf_iommu);
	close(request);
	must_reload(l->driver, "");
}

void test_sriov(struct lifecycle *l)
{
	if (pci_attr_number(l->bdf, "sriov_totalvfs") <= 0) {
		tap_skip("the device has no virtual functions", "SR-IOV");
		return;
	}
	under_both(l, "creating virtual functions", creating);
	under_both(l, "tokens of virtual functions", tokens);
	under_both(l, "removing a virtual function in use", remove_in_use);
}
