/* SPDX-License-Identifier: GPL-2.0 */
/* A CXL device whose memory cxl_vfio_pci passes through, as its user sees it. */
#ifndef SELFTESTS_VFIO_CXL_DEV_H
#define SELFTESTS_VFIO_CXL_DEV_H

#include "cxl_uapi.h"

struct cxl_dev {
	struct vfio_dev vfio;
	struct cxl_place cap;
	uint64_t size;			/* of the memory */
	uint64_t offset;		/* of the memory in the device's file */
	unsigned int dvsec;		/* CXL Device DVSEC, in config space */
	unsigned int dvsec_len;
	unsigned int hdm;		/* HDM decoders, in the component block */
	unsigned int decoders;
};

/*
 * Open @bdf, through a container where the kernel has it. Ends the program with
 * a sentence if that fails, or if the device does not say that it is CXL.
 */
void cxl_dev_open(struct cxl_dev *dev, const char *bdf);
void cxl_dev_open_in(struct cxl_dev *dev, const char *bdf,
		     struct vfio_iommu *iommu);
void cxl_dev_close(struct cxl_dev *dev);

/* An IOMMU context that this kernel has. */
enum vfio_mode cxl_dev_mode(void);

/* Offset of a DVSEC of the CXL consortium, 0 if there is none. */
unsigned int cxl_dvsec(struct vfio_dev *dev, uint16_t id);

/* Offset of a capability in the component block, 0 if there is none. */
unsigned int cxl_component_cap(struct cxl_dev *dev, uint16_t id);

/* Memory: bytes or -errno. */
ssize_t cxl_mem_read(struct cxl_dev *dev, uint64_t offset, void *buf,
		     size_t count);
ssize_t cxl_mem_write(struct cxl_dev *dev, uint64_t offset, const void *buf,
		      size_t count);

/* Map a part of the memory; MAP_FAILED and errno on failure. */
void *cxl_mem_map(struct cxl_dev *dev, uint64_t offset, size_t size);

/*
 * Map the memory from @offset on so that the address is as far from a multiple
 * of @align, a power of two, as @skew says.
 */
void *cxl_mem_map_aligned(struct cxl_dev *dev, uint64_t offset, size_t size,
			  size_t align, size_t skew);

/* Component registers: bytes or -errno. */
ssize_t cxl_comp_read(struct cxl_dev *dev, unsigned int offset, void *buf,
		      size_t count);
ssize_t cxl_comp_write(struct cxl_dev *dev, unsigned int offset,
		       const void *buf, size_t count);

/* One register; end the program when the access fails. */
uint32_t cxl_comp_get(struct cxl_dev *dev, unsigned int offset);
void cxl_comp_set(struct cxl_dev *dev, unsigned int offset, uint32_t value);
uint32_t cxl_hdm_get(struct cxl_dev *dev, unsigned int offset);
void cxl_hdm_set(struct cxl_dev *dev, unsigned int offset, uint32_t value);
uint32_t cxl_dvsec_get(struct cxl_dev *dev, unsigned int offset,
		       unsigned int width);
void cxl_dvsec_set(struct cxl_dev *dev, unsigned int offset, unsigned int width,
		   uint32_t value);

/* Set or clear Memory Space in the command register. */
void cxl_set_memory_space(struct cxl_dev *dev, bool on);

#endif
