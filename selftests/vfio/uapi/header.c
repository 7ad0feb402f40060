// SPDX-License-Identifier: GPL-2.0
/*
 * The headers that a VMM includes: each on its own, beside a vfio.h that does not
 * know CXL and beside one that does, in C and C++, for 32 and 64 bits. Compiled
 * in all these ways by uapi/check, never run.
 */
/* What a later <linux/vfio.h> may bring of one generation, spelled in its own way. */
#include <linux/types.h>
#include <linux/vfio.h>

#if defined(LATER_V2) || defined(LATER_V3) || defined(LATER_V6)
#define VFIO_DEVICE_FLAGS_CXL	(1 << 9)	/* vfio-cxl device */
#define VFIO_REGION_SUBTYPE_CXL	(1)
#define VFIO_REGION_SUBTYPE_CXL_COMP_REGS	(2)
#endif

#if defined(LATER_V2) || defined(LATER_V3)
#define VFIO_DEVICE_INFO_CAP_CXL	6
#endif

#ifdef LATER_V2
struct vfio_device_info_cap_cxl {
	struct vfio_info_cap_header header;
	__u8 hdm_regs_bar_index, reserved[3];
	__u32 flags;
#define VFIO_CXL_CAP_FIRMWARE_COMMITTED	(1 << 0)
#define VFIO_CXL_CAP_CACHE_CAPABLE	(1 << 1)
	__u64 hdm_regs_offset __attribute__((aligned(8)));
	__u32 dpa_region_index, comp_regs_region_index;
};
#endif

#ifdef LATER_V3
struct vfio_device_info_cap_cxl {
	struct vfio_info_cap_header header;
	__u32 flags;
#define VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED	(1 << 0)
	__u32 hdm_region_idx, comp_reg_region_idx, comp_reg_bar, reserved;
	__u64 comp_reg_offset __attribute__((aligned(8)));
	__u64 comp_reg_size __attribute__((aligned(8)));
};
#endif

#ifdef LATER_V6
#define VFIO_REGION_SUBTYPE_CXL_MEM	(1)
#define VFIO_REGION_INFO_CAP_CXL_COMP_REGS	7
struct vfio_region_info_cap_cxl_comp_regs {
	struct vfio_info_cap_header header;
	__u32 bar;
	__u64 offset __attribute__((aligned(8)));
};
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

#define V2(field) offsetof(struct cxl_vfio_pci_info_v2, field)
#define V3(field) offsetof(struct cxl_vfio_pci_info_v3, field)
#define V6(field) offsetof(struct cxl_vfio_pci_region_v6, field)

CHECK(sizeof(struct cxl_vfio_pci_info_v2) == 32 && V2(header) == 0);
CHECK(V2(hdm_regs_bar_index) == 8 && V2(reserved) == 9 && V2(flags) == 12);
CHECK(V2(hdm_regs_offset) == 16 && V2(dpa_region_index) == 24);
CHECK(V2(comp_regs_region_index) == 28);

CHECK(sizeof(struct cxl_vfio_pci_info_v3) == 48 && V3(header) == 0);
CHECK(V3(flags) == 8 && V3(hdm_region_idx) == 12 && V3(comp_reg_region_idx) == 16);
CHECK(V3(comp_reg_bar) == 20 && V3(reserved) == 24);
CHECK(V3(comp_reg_offset) == 32 && V3(comp_reg_size) == 40);

CHECK(sizeof(struct cxl_vfio_pci_region_v6) == 24 && V6(header) == 0);
CHECK(V6(bar) == 8 && V6(reserved) == 12 && V6(offset) == 16);

/* The name of the series is v3's, unless another header has it. */
#ifdef LATER_V2
CHECK(sizeof(struct vfio_device_info_cap_cxl) == 32);
#else
CHECK(sizeof(struct vfio_device_info_cap_cxl) == 48);
#endif
#ifndef LATER_V6
CHECK(VFIO_REGION_INFO_CAP_CXL_COMP_REGS == CXL_VFIO_PCI_REGION_INFO_CAP_V6);
#endif
CHECK(offsetof(struct vfio_region_info_cap_cxl_comp_regs, offset) == V6(offset));
CHECK(CXL_VFIO_PCI_REGION_INFO_CAP_V6 == 6 && CXL_VFIO_PCI_V2_OFFSET == 0x1000);
CHECK(VFIO_CXL_CAP_FIRMWARE_COMMITTED == 1 && VFIO_CXL_CAP_CACHE_CAPABLE == 2);
CHECK(VFIO_DEVICE_FLAGS_CXL == 1 << 9);
CHECK(VFIO_DEVICE_INFO_CAP_CXL == 6);
CHECK(VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED == 1);
CHECK(VFIO_REGION_SUBTYPE_CXL == 1);
CHECK(VFIO_REGION_SUBTYPE_CXL_COMP_REGS == 2);
CHECK(VFIO_REGION_SUBTYPE_CXL_MEM == 1);

/* 8.1.3, 8.2.4.20: as the specification numbers them. */
CHECK(CXL_DVSEC_CONTROL == 0x0c && CXL_DVSEC_CONTROL2 == 0x10);
CHECK(CXL_DVSEC_STATUS2 == 0x12 && CXL_DVSEC_LOCK == 0x14);
CHECK(CXL_DVSEC_RANGE_SIZE_HIGH(0) == 0x18);
CHECK(CXL_DVSEC_RANGE_BASE_LOW(1) == 0x34);
CHECK(CXL_HDM_DECODER0_BASE_LOW_OFFSET(0) == 0x10 && CXL_HDM_DECODER0_CTRL_OFFSET(0) == 0x20);
CHECK(CXL_HDM_DECODER0_SKIP_HIGH(9) == 0x10 + 9 * 0x20 + 0x18);
CHECK(CXL_HDM_DECODER0_CTRL_COMMIT == 1 << 9 && CXL_HDM_DECODER0_CTRL_COMMITTED == 1 << 10);
CHECK(CXL_COMPONENT_REG_BLOCK_SIZE == 64 << 10 && CXL_CM_OFFSET == 0x1000);
