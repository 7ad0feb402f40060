/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What VFIO reports of a CXL Type-2 device, and the regions through which a VMM
 * reaches its memory and its component registers.
 *
 * Include it after <linux/vfio.h>. Every name is guarded, so that a later
 * vfio.h that has them, too, does not clash.
 */
#ifndef _UAPI_LINUX_CXL_VFIO_PCI_H
#define _UAPI_LINUX_CXL_VFIO_PCI_H

#include <linux/types.h>
#include <linux/vfio.h>

/*
 * In vfio_device_info.flags: the device is CXL, its memory is passed through,
 * and the capability chain has VFIO_DEVICE_INFO_CAP_CXL.
 */
#ifndef VFIO_DEVICE_FLAGS_CXL
#define VFIO_DEVICE_FLAGS_CXL			(1 << 9)
#endif

#ifndef VFIO_DEVICE_INFO_CAP_CXL
#define VFIO_DEVICE_INFO_CAP_CXL		6

/**
 * struct vfio_device_info_cap_cxl - what a VMM needs to know to pass CXL memory on
 * @header: id is VFIO_DEVICE_INFO_CAP_CXL, version is 1
 * @flags: VFIO_CXL_CAP_*
 * @hdm_region_idx: index of the region that is the device's memory
 * @comp_reg_region_idx: index of the region that is the component register block
 * @comp_reg_bar: the BAR in which the component register block lies
 * @reserved: zero
 * @comp_reg_offset: offset of the component register block in that BAR
 * @comp_reg_size: size of the component register block
 *
 * The layout is the same on every ABI: 48 bytes, the two __u64 at 32 and 40.
 */
struct vfio_device_info_cap_cxl {
	struct vfio_info_cap_header header;
	__u32 flags;
/* Host firmware committed the decoder; the guest finds it committed. */
#define VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED	(1 << 0)
	__u32 hdm_region_idx;
	__u32 comp_reg_region_idx;
	__u32 comp_reg_bar;
	__u32 reserved;
	__u32 reserved2;
	__aligned_u64 comp_reg_offset;
	__aligned_u64 comp_reg_size;
};
#endif

/*
 * Region types: VFIO_REGION_INFO_CAP_TYPE of the two regions has type
 * VFIO_REGION_TYPE_PCI_VENDOR_TYPE | PCI_VENDOR_ID_CXL and one of these subtypes.
 */
#ifndef VFIO_REGION_TYPE_CXL
#define VFIO_REGION_TYPE_CXL \
	(VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x1e98)
#endif

/* The memory that HDM decoder 0 decodes: read, write, mmap (MAP_SHARED only). */
#ifndef VFIO_REGION_SUBTYPE_CXL
#define VFIO_REGION_SUBTYPE_CXL			1
#endif

/*
 * The component register block as a guest may see and write it: read and write
 * of aligned dwords, and of whole 64-bit registers; anything else is -EINVAL.
 */
#ifndef VFIO_REGION_SUBTYPE_CXL_COMP_REGS
#define VFIO_REGION_SUBTYPE_CXL_COMP_REGS	2
#endif

#endif /* _UAPI_LINUX_CXL_VFIO_PCI_H */
