/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What VFIO reports of a CXL Type-2 device, and the regions through which a VMM
 * reaches its memory and its component registers.
 *
 * Three generations of this interface exist. They are named after the versions of
 * the kernel patch series that had them, v2, v3 and v6, and the module's parameter
 * "uapi" says which one a device speaks. What only one of them has is named after
 * it here, and no other header has these names. The names of the series themselves
 * are guarded, so that a later vfio.h that has any of them does not clash.
 */
#ifndef _UAPI_LINUX_CXL_VFIO_PCI_H
#define _UAPI_LINUX_CXL_VFIO_PCI_H

#include <linux/types.h>
#include <linux/vfio.h>

/*
 * In vfio_device_info.flags: the device is CXL, and its memory is passed through.
 * With v2 and v3 the capability chain has VFIO_DEVICE_INFO_CAP_CXL.
 */
#ifndef VFIO_DEVICE_FLAGS_CXL
#define VFIO_DEVICE_FLAGS_CXL			(1 << 9)
#endif

/**
 * struct cxl_vfio_pci_info_v3 - what a VMM needs to know to pass CXL memory on, v3
 * @header: id is VFIO_DEVICE_INFO_CAP_CXL, version is 1
 * @flags: VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED
 * @hdm_region_idx: index of the region that is the device's memory
 * @comp_reg_region_idx: index of the region that is the component register block
 * @comp_reg_bar: the BAR in which the component register block lies
 * @reserved: zero
 * @reserved2: zero
 * @comp_reg_offset: offset of the component register block in that BAR
 * @comp_reg_size: size of the component register block
 *
 * The layout is the same on every ABI: 48 bytes, the two __u64 at 32 and 40.
 */
struct cxl_vfio_pci_info_v3 {
	struct vfio_info_cap_header header;
	__u32 flags;
	__u32 hdm_region_idx;
	__u32 comp_reg_region_idx;
	__u32 comp_reg_bar;
	__u32 reserved;
	__u32 reserved2;
	__aligned_u64 comp_reg_offset;
	__aligned_u64 comp_reg_size;
};

/**
 * struct cxl_vfio_pci_info_v2 - the same, v2
 * @header: id is VFIO_DEVICE_INFO_CAP_CXL, version is 1
 * @hdm_regs_bar_index: the BAR in which the component register block lies
 * @reserved: zero
 * @flags: VFIO_CXL_CAP_FIRMWARE_COMMITTED, VFIO_CXL_CAP_CACHE_CAPABLE
 * @hdm_regs_offset: offset in that BAR of the CXL.cache/mem registers, which are
 *	CXL_VFIO_PCI_V2_OFFSET behind the start of the block
 * @dpa_region_index: index of the region that is the device's memory
 * @comp_regs_region_index: index of the region that is the CXL.cache/mem registers
 *
 * Id and version are those of v3. What tells them apart is @hdm_regs_offset: a
 * block starts at a multiple of 64 KiB, so its lower 16 bits are
 * CXL_VFIO_PCI_V2_OFFSET. v3 has the index of a region there.
 */
struct cxl_vfio_pci_info_v2 {
	struct vfio_info_cap_header header;
	__u8 hdm_regs_bar_index;
	__u8 reserved[3];
	__u32 flags;
	__aligned_u64 hdm_regs_offset;
	__u32 dpa_region_index;
	__u32 comp_regs_region_index;
};

#define CXL_VFIO_PCI_V2_OFFSET			0x1000

/**
 * struct cxl_vfio_pci_region_v6 - where the decoders' registers lie, v6
 * @header: id is CXL_VFIO_PCI_REGION_INFO_CAP_V6, version is 1
 * @bar: their BAR
 * @reserved: zero
 * @offset: their offset in it
 *
 * In the capability chain of the region that is the HDM Decoder Capability. There is
 * no capability of the device: the regions are found by their type. Id and layout
 * are ours until a public header has them.
 */
struct cxl_vfio_pci_region_v6 {
	struct vfio_info_cap_header header;
	__u32 bar;
	__u32 reserved;
	__aligned_u64 offset;
};

#define CXL_VFIO_PCI_REGION_INFO_CAP_V6		6

/* The same, by the names that the series has for it. */
#ifndef VFIO_REGION_INFO_CAP_CXL_COMP_REGS
#define VFIO_REGION_INFO_CAP_CXL_COMP_REGS	CXL_VFIO_PCI_REGION_INFO_CAP_V6
#define vfio_region_info_cap_cxl_comp_regs	cxl_vfio_pci_region_v6
#endif

/* A capability of VFIO_DEVICE_GET_INFO: v3's here, another one's in a vfio.h that has it. */
#ifndef VFIO_DEVICE_INFO_CAP_CXL
#define VFIO_DEVICE_INFO_CAP_CXL		6
#define vfio_device_info_cap_cxl		cxl_vfio_pci_info_v3
#endif

/* v3: host firmware committed the decoder; the guest finds it committed. */
#ifndef VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED
#define VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED	(1 << 0)
#endif

/* v2: the same. */
#ifndef VFIO_CXL_CAP_FIRMWARE_COMMITTED
#define VFIO_CXL_CAP_FIRMWARE_COMMITTED		(1 << 0)
#endif

/* v2: the device may cache host memory. */
#ifndef VFIO_CXL_CAP_CACHE_CAPABLE
#define VFIO_CXL_CAP_CACHE_CAPABLE		(1 << 1)
#endif

/*
 * Region types: VFIO_REGION_INFO_CAP_TYPE of the two regions has type
 * VFIO_REGION_TYPE_PCI_VENDOR_TYPE | PCI_VENDOR_ID_CXL and one of these subtypes.
 */
#ifndef VFIO_REGION_TYPE_CXL
#define VFIO_REGION_TYPE_CXL \
	(VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x1e98)
#endif

/*
 * The memory that HDM decoder 0 decodes: mmap (MAP_SHARED only), and read and write
 * where the region has these flags.
 */
#ifndef VFIO_REGION_SUBTYPE_CXL
#define VFIO_REGION_SUBTYPE_CXL			1
#endif

/* v6: the same. */
#ifndef VFIO_REGION_SUBTYPE_CXL_MEM
#define VFIO_REGION_SUBTYPE_CXL_MEM		1
#endif

/*
 * Component registers as a guest may see and write them, in aligned dwords, and with
 * v3 also in whole 64-bit registers, and those of the implementation (0x2000 to
 * 0xdfff) in any width; anything else is -EINVAL. Offset 0 is the start
 * of the component register block with v3, the header of the CXL.cache/mem
 * capability array with v2, the HDM Decoder Capability with v6.
 */
#ifndef VFIO_REGION_SUBTYPE_CXL_COMP_REGS
#define VFIO_REGION_SUBTYPE_CXL_COMP_REGS	2
#endif

#endif /* _UAPI_LINUX_CXL_VFIO_PCI_H */
