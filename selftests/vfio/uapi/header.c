// SPDX-License-Identifier: GPL-2.0
/*
 * The headers that a VMM includes: each on its own, beside a vfio.h that does not
 * know CXL and beside one that does, in C and C++, for 32 and 64 bits. Compiled
 * in all these ways by uapi/check, never run.
 */
#ifdef LATER_VFIO_H
/* What a later <linux/vfio.h> may bring, spelled in its own way. */
#include <linux/types.h>
#include <linux/vfio.h>
#define VFIO_DEVICE_FLAGS_CXL	(1 << 9)	/* vfio-cxl device */
#define VFIO_DEVICE_INFO_CAP_CXL	6
struct vfio_device_info_cap_cxl {
	struct vfio_info_cap_header header;
	__u32 flags;
#define VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED	(1 << 0)
	__u32 hdm_region_idx, comp_reg_region_idx, comp_reg_bar, reserved;
	__u64 comp_reg_offset __attribute__((aligned(8)));
	__u64 comp_reg_size __attribute__((aligned(8)));
};
#define VFIO_REGION_SUBTYPE_CXL	(1)
#define VFIO_REGION_SUBTYPE_CXL_COMP_REGS	(2)
#endif

#ifdef REGISTERS_FIRST
#include <cxl/cxl_regs.h>
#include <linux/cxl_vfio_pci.h>
#else
#include <linux/cxl_vfio_pci.h>
#include <cxl/cxl_regs.h>
#endif
/* Twice does no harm. */
#include <linux/cxl_vfio_pci.h>
#include <cxl/cxl_regs.h>

#include <stddef.h>

#ifdef __cplusplus
#define CHECK(what) static_assert(what, #what)
#else
#define CHECK(what) _Static_assert(what, #what)
#endif

#define OFFSET(field) offsetof(struct vfio_device_info_cap_cxl, field)

CHECK(sizeof(struct vfio_device_info_cap_cxl) == 48);
CHECK(OFFSET(header) == 0);
CHECK(OFFSET(flags) == 8);
CHECK(OFFSET(hdm_region_idx) == 12);
CHECK(OFFSET(comp_reg_region_idx) == 16);
CHECK(OFFSET(comp_reg_bar) == 20);
CHECK(OFFSET(reserved) == 24);
CHECK(OFFSET(comp_reg_offset) == 32);
CHECK(OFFSET(comp_reg_size) == 40);
CHECK(VFIO_DEVICE_FLAGS_CXL == 1 << 9);
CHECK(VFIO_DEVICE_INFO_CAP_CXL == 6);
CHECK(VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED == 1);
CHECK(VFIO_REGION_SUBTYPE_CXL == 1);
CHECK(VFIO_REGION_SUBTYPE_CXL_COMP_REGS == 2);

/* 8.1.3, 8.2.4.20: as the specification numbers them. */
CHECK(CXL_DVSEC_CONTROL == 0x0c && CXL_DVSEC_CONTROL2 == 0x10);
CHECK(CXL_DVSEC_STATUS2 == 0x12 && CXL_DVSEC_LOCK == 0x14);
CHECK(CXL_DVSEC_RANGE_SIZE_HIGH(0) == 0x18);
CHECK(CXL_DVSEC_RANGE_BASE_LOW(1) == 0x34);
CHECK(CXL_HDM_DECODER0_BASE_LOW_OFFSET(0) == 0x10 && CXL_HDM_DECODER0_CTRL_OFFSET(0) == 0x20);
CHECK(CXL_HDM_DECODER0_SKIP_HIGH(9) == 0x10 + 9 * 0x20 + 0x18);
CHECK(CXL_HDM_DECODER0_CTRL_COMMIT == 1 << 9 && CXL_HDM_DECODER0_CTRL_COMMITTED == 1 << 10);
CHECK(CXL_COMPONENT_REG_BLOCK_SIZE == 64 << 10 && CXL_CM_OFFSET == 0x1000);
