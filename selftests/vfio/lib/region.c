// SPDX-License-Identifier: GPL-2.0
/* Regions of a VFIO device: their description, access and mappings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "vfio_dev.h"

/*
 * Ask until the answer fits. The two info structures start alike: argsz, flags,
 * and the region index, which the device info only writes.
 */
static void *complete_info(const struct vfio_dev *dev, unsigned long request,
			   uint32_t size, uint32_t index)
{
	int err, tries;
	uint32_t *info;

	for (tries = 0; tries < 3; tries++) {
		info = xcalloc(1, size);
		info[0] = size;
		info[2] = index;
		err = vfio_ioctl(dev->fd, request, info);
		if (!err && info[0] <= size)
			return info;
		size = info[0];
		free(info);
		if (err) {
			errno = -err;
			return NULL;
		}
	}
	errno = EPROTO;
	return NULL;
}

struct vfio_device_info *vfio_device_info(const struct vfio_dev *dev)
{
	return complete_info(dev, VFIO_DEVICE_GET_INFO,
			     sizeof(struct vfio_device_info), 0);
}

struct vfio_region_info *vfio_region_info(const struct vfio_dev *dev,
					  uint32_t index)
{
	return complete_info(dev, VFIO_DEVICE_GET_REGION_INFO,
			     sizeof(struct vfio_region_info), index);
}

const struct vfio_info_cap_header *vfio_cap(const void *info, uint32_t size,
					    uint32_t first, uint16_t id)
{
	const struct vfio_info_cap_header *cap;
	uint32_t offset = first;

	while (offset) {
		if (offset > size || size - offset < sizeof(*cap))
			return NULL;
		cap = info + offset;
		if (cap->id == id)
			return cap;
		/* Chains go forward; anything else may be a loop. */
		if (cap->next && cap->next <= offset)
			return NULL;
		offset = cap->next;
	}
	return NULL;
}

int vfio_region_find(const struct vfio_dev *dev, uint32_t type,
		     uint32_t subtype)
{
	const struct vfio_region_info_cap_type *cap;
	struct vfio_device_info *device = vfio_device_info(dev);
	struct vfio_region_info *info;
	int found = -ENOENT;
	uint32_t i, count;

	if (!device)
		return -errno;
	count = device->num_regions;
	free(device);
	for (i = VFIO_PCI_NUM_REGIONS; i < count && found < 0; i++) {
		info = vfio_region_info(dev, i);
		if (!info)
			continue;
		cap = (const void *)vfio_cap(info, info->argsz,
					     info->cap_offset,
					     VFIO_REGION_INFO_CAP_TYPE);
		if (cap && cap->type == type && cap->subtype == subtype)
			found = i;
		free(info);
	}
	return found;
}

static int region_offset(struct vfio_dev *dev, uint32_t index, uint64_t *offset)
{
	struct vfio_region_info *info;

	if (index < VFIO_CACHED_REGIONS && dev->offset_known[index]) {
		*offset = dev->offset[index];
		return 0;
	}
	info = vfio_region_info(dev, index);
	if (!info)
		return -errno;
	*offset = info->offset;
	free(info);
	if (index < VFIO_CACHED_REGIONS) {
		dev->offset[index] = *offset;
		dev->offset_known[index] = true;
	}
	return 0;
}

ssize_t vfio_region_read(struct vfio_dev *dev, uint32_t index, uint64_t offset,
			 void *buf, size_t count)
{
	uint64_t base = 0;
	ssize_t n;
	int err = region_offset(dev, index, &base);

	if (err)
		return err;
	n = pread(dev->fd, buf, count, base + offset);
	return n < 0 ? -errno : n;
}

ssize_t vfio_region_write(struct vfio_dev *dev, uint32_t index,
			  uint64_t offset, const void *buf, size_t count)
{
	uint64_t base = 0;
	ssize_t n;
	int err = region_offset(dev, index, &base);

	if (err)
		return err;
	n = pwrite(dev->fd, buf, count, base + offset);
	return n < 0 ? -errno : n;
}

uint32_t vfio_region_read32(struct vfio_dev *dev, uint32_t index,
			    uint64_t offset)
{
	uint32_t value;

	if (vfio_region_read(dev, index, offset, &value, 4) != 4)
		return ~0u;
	return value;
}

int vfio_region_write32(struct vfio_dev *dev, uint32_t index, uint64_t offset,
			uint32_t value)
{
	ssize_t n = vfio_region_write(dev, index, offset, &value, 4);

	return n == 4 ? 0 : n < 0 ? n : -EIO;
}

void *vfio_region_map(struct vfio_dev *dev, uint32_t index, uint64_t offset,
		      size_t size, int prot)
{
	uint64_t base = 0;
	int err = region_offset(dev, index, &base);

	if (err) {
		errno = -err;
		return MAP_FAILED;
	}
	return mmap(NULL, size, prot, MAP_SHARED, dev->fd, base + offset);
}

void *vfio_region_map_aligned(struct vfio_dev *dev, uint32_t index,
			      uint64_t offset, size_t size, size_t align,
			      size_t skew)
{
	uint64_t base = 0;
	char *space, *at;
	int err;

	err = region_offset(dev, index, &base);
	if (err) {
		errno = -err;
		return MAP_FAILED;
	}
	space = mmap(NULL, size + 2 * align, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (space == MAP_FAILED)
		return MAP_FAILED;
	at = (char *)(((uintptr_t)space + align - 1) & ~(align - 1)) + skew;
	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 dev->fd, base + offset) == MAP_FAILED) {
		err = errno;
		munmap(space, size + 2 * align);
		errno = err;
		return MAP_FAILED;
	}
	if (at > space)
		munmap(space, at - space);
	munmap(at + size, space + 2 * align - at);
	return at;
}

uint32_t vfio_config_read(struct vfio_dev *dev, unsigned int offset,
			  unsigned int width)
{
	uint32_t value = 0;

	if (vfio_region_read(dev, VFIO_PCI_CONFIG_REGION_INDEX, offset, &value,
			     width) != width)
		return ~0u >> (32 - 8 * width);
	return value;
}

int vfio_config_write(struct vfio_dev *dev, unsigned int offset,
		      unsigned int width, uint32_t value)
{
	ssize_t n = vfio_region_write(dev, VFIO_PCI_CONFIG_REGION_INDEX,
				      offset, &value, width);

	return n == width ? 0 : n < 0 ? n : -EIO;
}

unsigned int vfio_config_size(struct vfio_dev *dev)
{
	struct vfio_region_info *info =
		vfio_region_info(dev, VFIO_PCI_CONFIG_REGION_INDEX);
	unsigned int size = info ? info->size : 0;

	free(info);
	return size;
}

/* More capabilities than fit into the space mean a loop. */
#define MAX_CAPS ((256 - 64) / 4)
#define MAX_EXT_CAPS ((4096 - 256) / 4)

unsigned int vfio_config_cap(struct vfio_dev *dev, uint8_t id)
{
	unsigned int i, pos;

	if (!(vfio_config_read(dev, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	pos = vfio_config_read(dev, PCI_CAPABILITY_LIST, 1) & ~3u;
	for (i = 0; pos >= 0x40 && i < MAX_CAPS; i++) {
		if (vfio_config_read(dev, pos, 1) == id)
			return pos;
		pos = vfio_config_read(dev, pos + 1, 1) & ~3u;
	}
	return 0;
}

unsigned int vfio_config_ext_cap(struct vfio_dev *dev, uint16_t id)
{
	unsigned int i, pos = PCI_CFG_SPACE_SIZE;
	uint32_t header;

	if (vfio_config_size(dev) <= PCI_CFG_SPACE_SIZE)
		return 0;
	for (i = 0; pos >= PCI_CFG_SPACE_SIZE && i < MAX_EXT_CAPS; i++) {
		header = vfio_config_read(dev, pos, 4);
		if (!header || header == ~0u)
			return 0;
		if (PCI_EXT_CAP_ID(header) == id)
			return pos;
		pos = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

bool vfio_set_power_state(struct vfio_dev *dev, unsigned int state)
{
	unsigned int pm = vfio_config_cap(dev, PCI_CAP_ID_PM);
	uint16_t pmcsr;

	if (!pm)
		return false;
	pmcsr = vfio_config_read(dev, pm + PCI_PM_CTRL, 2);
	return !vfio_config_write(dev, pm + PCI_PM_CTRL, 2,
				  (pmcsr & ~PCI_PM_CTRL_STATE_MASK) | state);
}
