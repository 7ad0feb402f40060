// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "params.h"

MODULE_VERSION(CXL_VFIO_PCI_VERSION);

struct cxl_vfio_params cxl_vfio_params = {
	.enable_cxl = true,
	.max_order = 30,
	.require_memory_space = true,
	.memory_read_write = IS_ENABLED(CONFIG_ARCH_HAS_COPY_MC),
};

/* A parameter that is a member of the structure above. */
#define PARAM(name, type, perm, desc) \
	module_param_named(name, cxl_vfio_params.name, type, perm); \
	MODULE_PARM_DESC(name, desc)

/* A parameter that is one of several names, and the number of it a member of that structure. */
struct choice {
	const char *const *names;
	unsigned int count;
	const char *all;
	unsigned int *value;
};

static int set_choice(const char *name, const struct kernel_param *param)
{
	const struct choice *choice = param->arg;
	int value = __sysfs_match_string(choice->names, choice->count, name);

	if (value < 0) {
		pr_err("%s=%.*s is none of %s: it stays %s\n", param->name, (int)strcspn(name, "\n"), name, choice->all,
		       choice->names[*choice->value]);
		return -EINVAL;
	}
	WRITE_ONCE(*choice->value, value);
	return 0;
}

static int get_choice(char *buffer, const struct kernel_param *param)
{
	const struct choice *choice = param->arg;

	return sysfs_emit(buffer, "%s\n", choice->names[READ_ONCE(*choice->value)]);
}

static const struct kernel_param_ops choice_ops = {
	.set = set_choice,
	.get = get_choice,
};

#define CHOICE(name, all, desc) \
	static const struct choice name##_choice = { \
		name##_names, ARRAY_SIZE(name##_names), all, &cxl_vfio_params.name, \
	}; \
	module_param_cb(name, &choice_ops, (void *)&name##_choice, 0644); \
	__MODULE_PARM_TYPE(name, "charp"); \
	MODULE_PARM_DESC(name, desc)

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

#ifdef CONFIG_PCI_IOV
PARAM(enable_sriov, bool, 0644,
	"Let sriov_numvfs create virtual functions, which a user's PF driver must support");
#endif

PARAM(disable_denylist, bool, 0444,
	"Bind devices whose known errata let a user harm the host");

PARAM(enable_cxl, bool, 0644,
	"Pass CXL memory through; without it a CXL device is bound as plain PCI (default: Y)");

/* An entry of a page table maps as much as the table below it, which is one page of eight-byte entries. */
static_assert(PAGE_SHIFT - PMD_ORDER == 3);
#if PAGE_SHIFT == 12 && defined(CONFIG_ARCH_SUPPORTS_PUD_PFNMAP)
#define ORDERS "0 for 4 KiB, 9 for 2 MiB, 18 for 1 GiB"
#elif PAGE_SHIFT == 12
#define ORDERS "0 for 4 KiB, 9 for 2 MiB"
#elif PAGE_SHIFT == 14
#define ORDERS "0 for 16 KiB, 11 for 32 MiB"
#elif PAGE_SHIFT == 16
#define ORDERS "0 for 64 KiB, 13 for 512 MiB"
#endif

PARAM(max_order, uint, 0644,
	"Largest mapping of device memory, as a power of two in pages: " ORDERS " (default: no limit)");

static const char *const uapi_names[] = {
	[CXL_VFIO_UAPI_V3] = "v3",
	[CXL_VFIO_UAPI_V2] = "v2",
	[CXL_VFIO_UAPI_V6] = "v6",
};

CHOICE(uapi, "v3, v2, v6",
	"The interface that VMMs find: v3, v2 (what VMMs of 2026 speak), v6 (of the pending kernel series, experimental); for devices bound from now on (default: v3)");

PARAM(require_memory_space, bool, 0644,
	"With uapi=v3, device memory is accessible only while PCI Memory Space is enabled; for devices bound from now on (default: Y)");

PARAM(release_locked, bool, 0644,
	"With uapi=v3, a guest that clears COMMIT releases even a locked decoder, as the v3 patches had it; for devices opened from now on (default: N)");

static const char *const clear_memory_names[] = {
	[CXL_VFIO_CLEAR_AUTO] = "auto",
	[CXL_VFIO_CLEAR_DEVICE] = "device",
	[CXL_VFIO_CLEAR_CPU] = "cpu",
	[CXL_VFIO_CLEAR_OFF] = "off",
};

CHOICE(clear_memory, "auto, device, cpu, off",
	"Who clears device memory before another user gets it: device (its CXL Reset), cpu, auto (the device if it can, else the CPUs; default), off (nobody)");

PARAM(cxl_idle_d3, bool, 0644,
	"Let a CXL device that nobody has open go to D3, where it may lose its memory's contents; for devices bound from now on (default: N)");

PARAM(memory_read_write, bool, 0644,
	"Serve read() and write() of device memory, not only mmap(); a kernel for arm64 does not survive poison that it copies itself (default: Y where it does)");

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
