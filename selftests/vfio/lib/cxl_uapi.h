/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generations of the interface: which one a device speaks, and where things
 * are, said in one way whichever it is.
 */
#ifndef SELFTESTS_VFIO_CXL_UAPI_H
#define SELFTESTS_VFIO_CXL_UAPI_H

#include "vfio_dev.h"

#include <linux/cxl_vfio_pci.h>
#include <cxl/cxl_regs.h>

enum cxl_uapi {
	CXL_UAPI_V2 = 2,
	CXL_UAPI_V3 = 3,
	CXL_UAPI_V6 = 6,
};

struct cxl_place {
	enum cxl_uapi uapi;
	uint32_t hdm_region_idx;	/* the memory */
	uint32_t comp_reg_region_idx;	/* component registers */
	uint32_t comp_reg_bar;
	uint64_t comp_reg_offset;	/* of their block in the BAR */
	uint64_t comp_reg_size;
	uint32_t first;		/* of the block, what is at offset 0 of the region */
	uint64_t len;		/* of the region */
};

/* False if the device does not say that it is CXL, or nothing that makes sense. */
bool cxl_place_find(struct cxl_place *place, const struct vfio_dev *dev);

/*
 * Bind the device of the program again, so that it speaks another one; as before at
 * the program's end.
 */
void cxl_uapi_choose(enum cxl_uapi uapi);

#endif
