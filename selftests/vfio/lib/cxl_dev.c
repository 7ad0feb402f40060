// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/pci_regs.h>

#include "cxl_dev.h"

enum vfio_mode cxl_dev_mode(void)
{
	return vfio_mode_available(VFIO_MODE_CONTAINER) ? VFIO_MODE_CONTAINER :
							  VFIO_MODE_CDEV;
}

unsigned int cxl_dvsec(struct vfio_dev *dev, uint16_t id)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE, left = 4096 / 8;
	uint32_t header;

	/* A device may have several extended capabilities of this id. */
	for (; pos >= PCI_CFG_SPACE_SIZE && left; left--) {
		header = vfio_config_read(dev, pos, 4);
		if (!header || header == ~0u)
			break;
		if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_DVSEC &&
		    vfio_config_read(dev, pos + 4, 2) == CXL_DVSEC_VENDOR &&
		    vfio_config_read(dev, pos + 8, 2) == id)
			return pos;
		pos = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

unsigned int cxl_component_cap(struct cxl_dev *dev, uint16_t id)
{
	uint32_t element, header = cxl_comp_get(dev, CXL_CM_OFFSET);
	unsigned int i;

	for (i = 1; i <= header >> 24; i++) {
		element = cxl_comp_get(dev, CXL_CM_OFFSET + 4 * i);
		if ((element & CXL_CM_CAP_HDR_ID_MASK) == id)
			return CXL_CM_OFFSET + (element >> 20);
	}
	return 0;
}

static unsigned int decoder_count(uint32_t capability)
{
	static const unsigned char counts[] = {
		1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32,
	};
	unsigned int code = capability & CXL_HDM_DECODER_COUNT_MASK;

	return code < ARRAY_SIZE(counts) ? counts[code] : 0;
}

static void learn(struct cxl_dev *dev)
{
	struct vfio_region_info *memory;

	if (!cxl_place_find(&dev->cap, &dev->vfio))
		die("%s does not report that it is a CXL device",
		    dev->vfio.bdf);

	memory = vfio_region_info(&dev->vfio, dev->cap.hdm_region_idx);
	if (!memory)
		die("region %u has no info: %s", dev->cap.hdm_region_idx,
		    errname(errno));
	dev->size = memory->size;
	dev->offset = memory->offset;
	free(memory);

	dev->dvsec = cxl_dvsec(&dev->vfio, CXL_DVSEC_DEVICE);
	dev->hdm = cxl_component_cap(dev, CXL_CM_CAP_CAP_ID_HDM);
	if (!dev->dvsec || !dev->hdm)
		die("%s shows no %s", dev->vfio.bdf,
		    dev->dvsec ? "HDM decoders" : "CXL Device DVSEC");
	dev->dvsec_len = cxl_dvsec_get(dev, 4, 4) >> 20;
	dev->decoders = decoder_count(cxl_hdm_get(dev, CXL_HDM_DECODER_CAP_OFFSET));
}

void cxl_dev_open(struct cxl_dev *dev, const char *bdf)
{
	vfio_dev_must_open(&dev->vfio, bdf, cxl_dev_mode());
	learn(dev);
}

void cxl_dev_open_in(struct cxl_dev *dev, const char *bdf,
		     struct vfio_iommu *iommu)
{
	int err = vfio_dev_open_in(&dev->vfio, bdf, iommu, NULL);

	if (err)
		die("%s: %s failed: %s", bdf, dev->vfio.failed, errname(err));
	learn(dev);
}

void cxl_dev_close(struct cxl_dev *dev)
{
	vfio_dev_close(&dev->vfio);
}

ssize_t cxl_mem_read(struct cxl_dev *dev, uint64_t offset, void *buf,
		     size_t count)
{
	return vfio_region_read(&dev->vfio, dev->cap.hdm_region_idx, offset,
				buf, count);
}

ssize_t cxl_mem_write(struct cxl_dev *dev, uint64_t offset, const void *buf,
		      size_t count)
{
	return vfio_region_write(&dev->vfio, dev->cap.hdm_region_idx, offset,
				 buf, count);
}

void *cxl_mem_map(struct cxl_dev *dev, uint64_t offset, size_t size)
{
	return vfio_region_map(&dev->vfio, dev->cap.hdm_region_idx, offset,
			       size, PROT_READ | PROT_WRITE);
}

void *cxl_mem_map_aligned(struct cxl_dev *dev, uint64_t offset, size_t size,
			  size_t align, size_t skew)
{
	return vfio_region_map_aligned(&dev->vfio, dev->cap.hdm_region_idx,
				       offset, size, align, skew);
}

/*
 * Where the capability array is not a part of the region, a VMM reads it through the
 * BAR.
 */
static bool is_in_bar(const struct cxl_dev *dev, unsigned int offset)
{
	return dev->cap.uapi == CXL_UAPI_V6 &&
	       (offset < dev->cap.first ||
		offset >= dev->cap.first + dev->cap.len);
}

ssize_t cxl_comp_read(struct cxl_dev *dev, unsigned int offset, void *buf,
		      size_t count)
{
	if (is_in_bar(dev, offset))
		return vfio_region_read(&dev->vfio, dev->cap.comp_reg_bar,
					dev->cap.comp_reg_offset + offset, buf,
					count);
	return vfio_region_read(&dev->vfio, dev->cap.comp_reg_region_idx,
				offset - dev->cap.first, buf, count);
}

ssize_t cxl_comp_write(struct cxl_dev *dev, unsigned int offset,
		       const void *buf, size_t count)
{
	if (is_in_bar(dev, offset))
		return vfio_region_write(&dev->vfio, dev->cap.comp_reg_bar,
					 dev->cap.comp_reg_offset + offset, buf,
					 count);
	return vfio_region_write(&dev->vfio, dev->cap.comp_reg_region_idx,
				 offset - dev->cap.first, buf, count);
}

uint32_t cxl_comp_get(struct cxl_dev *dev, unsigned int offset)
{
	uint32_t value;
	ssize_t n = cxl_comp_read(dev, offset, &value, sizeof(value));

	if (n != sizeof(value))
		die("component register %#x cannot be read: %zd", offset, n);
	return value;
}

void cxl_comp_set(struct cxl_dev *dev, unsigned int offset, uint32_t value)
{
	ssize_t n = cxl_comp_write(dev, offset, &value, sizeof(value));

	if (n != sizeof(value))
		die("component register %#x cannot be written: %zd", offset, n);
}

uint32_t cxl_hdm_get(struct cxl_dev *dev, unsigned int offset)
{
	return cxl_comp_get(dev, dev->hdm + offset);
}

void cxl_hdm_set(struct cxl_dev *dev, unsigned int offset, uint32_t value)
{
	cxl_comp_set(dev, dev->hdm + offset, value);
}

uint32_t cxl_dvsec_get(struct cxl_dev *dev, unsigned int offset,
		       unsigned int width)
{
	uint32_t value = 0;
	ssize_t n = vfio_region_read(&dev->vfio, VFIO_PCI_CONFIG_REGION_INDEX,
				     dev->dvsec + offset, &value, width);

	if (n != width)
		die("DVSEC register %#x cannot be read: %zd", offset, n);
	return value;
}

void cxl_dvsec_set(struct cxl_dev *dev, unsigned int offset, unsigned int width,
		   uint32_t value)
{
	int err = vfio_config_write(&dev->vfio, dev->dvsec + offset, width,
				    value);

	if (err)
		die("DVSEC register %#x cannot be written: %s", offset,
		    errname(err));
}

void cxl_set_memory_space(struct cxl_dev *dev, bool on)
{
	uint16_t command = vfio_config_read(&dev->vfio, PCI_COMMAND, 2);

	command &= ~PCI_COMMAND_MEMORY;
	if (on)
		command |= PCI_COMMAND_MEMORY;
	if (vfio_config_write(&dev->vfio, PCI_COMMAND, 2, command))
		die("the command register cannot be written");
}
