// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "params.h"

static char ids[1024];
module_param_string(ids, ids, sizeof(ids), 0);
MODULE_PARM_DESC(ids, "PCI ids to bind, as vendor:device[:subvendor[:subdevice[:class[:class_mask]]]], comma separated");

static bool nointxmask;
module_param(nointxmask, bool, 0644);
MODULE_PARM_DESC(nointxmask, "Do not mask INTx through the command register, for devices that get it wrong");

static bool disable_idle_d3;
module_param(disable_idle_d3, bool, 0644);
MODULE_PARM_DESC(disable_idle_d3, "Keep unused devices out of D3");

#ifdef CONFIG_VFIO_PCI_VGA
static bool disable_vga;
module_param(disable_vga, bool, 0444);
MODULE_PARM_DESC(disable_vga, "Give users no access to legacy VGA ranges");
#endif

static bool enable_sriov;
#ifdef CONFIG_PCI_IOV
module_param(enable_sriov, bool, 0644);
MODULE_PARM_DESC(enable_sriov, "Let sriov_numvfs create virtual functions, which a user's PF driver must support");
#endif

static bool disable_denylist;
module_param(disable_denylist, bool, 0444);
MODULE_PARM_DESC(disable_denylist, "Bind devices whose known errata let a user harm the host");

static bool enable_cxl = true;
module_param(enable_cxl, bool, 0644);
MODULE_PARM_DESC(enable_cxl, "Pass CXL memory through; without it a CXL device is bound as plain PCI (default: Y)");

/* An entry of a page table maps as much as the table below it, which is one page of eight-byte entries. */
static_assert(PMD_ORDER == PAGE_SHIFT - 3);
#if PAGE_SHIFT == 12 && defined(CONFIG_ARCH_SUPPORTS_PUD_PFNMAP)
#define ORDERS "0 for 4 KiB, 9 for 2 MiB, 18 for 1 GiB"
#elif PAGE_SHIFT == 12
#define ORDERS "0 for 4 KiB, 9 for 2 MiB"
#elif PAGE_SHIFT == 14
#define ORDERS "0 for 16 KiB, 11 for 32 MiB"
#elif PAGE_SHIFT == 16
#define ORDERS "0 for 64 KiB, 13 for 512 MiB"
#endif

static unsigned int max_order = 30;
module_param(max_order, uint, 0644);
MODULE_PARM_DESC(max_order, "Largest mapping of device memory, as a power of two in pages: " ORDERS " (default: no limit)");

static bool require_memory_space = true;
module_param(require_memory_space, bool, 0644);
MODULE_PARM_DESC(require_memory_space, "Device memory is accessible only while PCI Memory Space is enabled; for devices bound from now on (default: Y)");

static bool release_locked;
module_param(release_locked, bool, 0644);
MODULE_PARM_DESC(release_locked, "A guest that clears COMMIT releases even a locked decoder, as the v3 patches had it; for devices opened from now on (default: N)");

static bool reset_clears_memory = true;
module_param(reset_clears_memory, bool, 0644);
MODULE_PARM_DESC(reset_clears_memory, "Clear device memory after each user, where the device's CXL Reset can (default: Y)");

static bool cxl_idle_d3;
module_param(cxl_idle_d3, bool, 0644);
MODULE_PARM_DESC(cxl_idle_d3, "Let a CXL device that nobody has open go to D3, where it may lose its memory's contents; for devices bound from now on (default: N)");

bool cxl_vfio_enable_cxl(void)
{
	return READ_ONCE(enable_cxl);
}

unsigned int cxl_vfio_max_order(void)
{
	return READ_ONCE(max_order);
}

bool cxl_vfio_require_memory_space(void)
{
	return READ_ONCE(require_memory_space);
}

bool cxl_vfio_release_locked(void)
{
	return READ_ONCE(release_locked);
}

bool cxl_vfio_reset_clears_memory(void)
{
	return READ_ONCE(reset_clears_memory);
}

bool cxl_vfio_allow_idle_d3(void)
{
	return READ_ONCE(cxl_idle_d3);
}

bool cxl_vfio_enable_sriov(void)
{
	return READ_ONCE(enable_sriov);
}

bool cxl_vfio_disable_denylist(void)
{
	return disable_denylist;
}

void cxl_vfio_latch_parameters(struct vfio_pci_core_device *vdev)
{
	vdev->nointxmask = READ_ONCE(nointxmask);
	vdev->disable_idle_d3 = READ_ONCE(disable_idle_d3);
#ifdef CONFIG_VFIO_PCI_VGA
	vdev->disable_vga = disable_vga;
#endif
}

static void add_id(struct pci_driver *driver, const char *id)
{
	u32 vendor, device, subvendor = PCI_ANY_ID, subdevice = PCI_ANY_ID;
	u32 class = 0, class_mask = 0;
	int ret;

	if (sscanf(id, "%x:%x:%x:%x:%x:%x", &vendor, &device, &subvendor,
		   &subdevice, &class, &class_mask) < 2) {
		pr_warn("invalid id string \"%s\"\n", id);
		return;
	}

	ret = pci_add_dynid(driver, vendor, device, subvendor, subdevice, class,
			    class_mask, 0);
	if (ret)
		pr_warn("cannot add id %04x:%04x:%04x:%04x class %#08x/%08x: %d\n",
			vendor, device, subvendor, subdevice, class, class_mask,
			ret);
	else
		pr_info("added id %04x:%04x:%04x:%04x class %#08x/%08x\n",
			vendor, device, subvendor, subdevice, class, class_mask);
}

void cxl_vfio_add_ids(struct pci_driver *driver)
{
	char *rest = ids, *id;

	while ((id = strsep(&rest, ",")))
		if (*id)
			add_id(driver, id);
}
