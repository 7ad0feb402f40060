// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cxl_bind.h"
#include "cxl_uapi.h"
#include "module.h"

static void from_v2(struct cxl_place *place,
		    const struct cxl_vfio_pci_info_v2 *info)
{
	place->uapi = CXL_UAPI_V2;
	place->hdm_region_idx = info->dpa_region_index;
	place->comp_reg_region_idx = info->comp_regs_region_index;
	place->comp_reg_bar = info->hdm_regs_bar_index;
	place->comp_reg_offset = info->hdm_regs_offset - CXL_VFIO_PCI_V2_OFFSET;
	place->first = CXL_VFIO_PCI_V2_OFFSET;
}

static void from_v3(struct cxl_place *place,
		    const struct cxl_vfio_pci_info_v3 *info)
{
	place->uapi = CXL_UAPI_V3;
	place->hdm_region_idx = info->hdm_region_idx;
	place->comp_reg_region_idx = info->comp_reg_region_idx;
	place->comp_reg_bar = info->comp_reg_bar;
	place->comp_reg_offset = info->comp_reg_offset;
}

static bool from_v6(struct cxl_place *place, const struct vfio_dev *dev)
{
	const struct cxl_vfio_pci_region_v6 *cap;
	struct vfio_region_info *region;
	int memory, registers;

	memory = vfio_region_find(dev, VFIO_REGION_TYPE_CXL,
				  VFIO_REGION_SUBTYPE_CXL);
	registers = vfio_region_find(dev, VFIO_REGION_TYPE_CXL,
				     VFIO_REGION_SUBTYPE_CXL_COMP_REGS);
	if (memory < 0 || registers < 0)
		return false;
	region = vfio_region_info(dev, registers);
	cap = region ? (const void *)vfio_cap(region, region->argsz,
					      region->cap_offset,
					      CXL_VFIO_PCI_REGION_INFO_CAP_V6)
		     : NULL;
	if (cap) {
		place->uapi = CXL_UAPI_V6;
		place->hdm_region_idx = memory;
		place->comp_reg_region_idx = registers;
		place->comp_reg_bar = cap->bar;
		place->first = cap->offset % CXL_COMPONENT_REG_BLOCK_SIZE;
		place->comp_reg_offset = cap->offset - place->first;
	}
	free(region);
	return cap;
}

bool cxl_place_find(struct cxl_place *place, const struct vfio_dev *dev)
{
	struct vfio_device_info *info = vfio_device_info(dev);
	const struct cxl_vfio_pci_info_v2 *v2;
	struct vfio_region_info *region;
	const void *cap;
	bool is_cxl, found = true;

	if (!info)
		return false;
	*place = (struct cxl_place){
		.comp_reg_size = CXL_COMPONENT_REG_BLOCK_SIZE,
	};
	is_cxl = info->flags & VFIO_DEVICE_FLAGS_CXL;
	cap = vfio_cap(info, info->argsz, info->cap_offset,
		       VFIO_DEVICE_INFO_CAP_CXL);
	v2 = cap;
	if (!cap)
		found = is_cxl && from_v6(place, dev);
	else if (v2->hdm_regs_offset % CXL_COMPONENT_REG_BLOCK_SIZE ==
		 CXL_VFIO_PCI_V2_OFFSET)
		from_v2(place, v2);
	else
		from_v3(place, cap);
	free(info);
	region = found ? vfio_region_info(dev, place->comp_reg_region_idx) : NULL;
	if (!region)
		return false;
	place->len = region->size;
	free(region);
	return true;
}

static char before[8];
static pid_t chooser;

static void set(const char *name)
{
	int err = module_set_param(cxl_vfio_pci_driver.module, "uapi", name);

	if (err)
		die("uapi cannot be set to %s: %s", name, errname(err));
}

static void as_before(void)
{
	if (getpid() == chooser)
		set(before);
}

void cxl_uapi_choose(enum cxl_uapi uapi)
{
	char name[8];

	if (!chooser) {
		module_param(cxl_vfio_pci_driver.module, "uapi", before,
			     sizeof(before));
		chooser = getpid();
		atexit(as_before);
	}
	snprintf(name, sizeof(name), "v%d", uapi);
	set(name);
	cxl_rebind();
}
