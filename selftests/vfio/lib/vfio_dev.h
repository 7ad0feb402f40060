/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VFIO device as a VMM uses it: opened through a group and its container, or
 * through its own character device and an iommufd. Functions that return int
 * give 0 (or a count) or -errno, so that a test can expect either.
 */
#ifndef SELFTESTS_VFIO_DEV_H
#define SELFTESTS_VFIO_DEV_H

#include <linux/vfio.h>
#include <sys/types.h>

#include "pci.h"

enum vfio_mode {
	VFIO_MODE_CONTAINER,
	VFIO_MODE_CDEV,
	VFIO_MODES,
};

/* Where DMA of one or several devices goes: a container or an iommufd. */
struct vfio_iommu {
	enum vfio_mode mode;
	int fd;
	bool type_set;
	uint32_t ioas;
};

/* Regions whose offset is remembered; any other is looked up at each access. */
#define VFIO_CACHED_REGIONS 16

struct vfio_dev {
	char bdf[PCI_BDF_SIZE];
	struct vfio_iommu *iommu;
	struct vfio_iommu own_iommu;
	int group;
	int fd;
	uint64_t offset[VFIO_CACHED_REGIONS];
	bool offset_known[VFIO_CACHED_REGIONS];
	const char *failed;	/* which step of an open that failed */
};

const char *vfio_mode_name(enum vfio_mode mode);

/* Whether this kernel has what @mode needs. */
bool vfio_mode_available(enum vfio_mode mode);

int vfio_iommu_open(struct vfio_iommu *iommu, enum vfio_mode mode);
void vfio_iommu_close(struct vfio_iommu *iommu);
int vfio_iommu_map(struct vfio_iommu *iommu, void *vaddr, uint64_t iova,
		   uint64_t size);
int vfio_iommu_unmap(struct vfio_iommu *iommu, uint64_t iova, uint64_t size);

/* Open @bdf with an IOMMU context of its own. */
int vfio_dev_open(struct vfio_dev *dev, const char *bdf, enum vfio_mode mode);

/*
 * Open @bdf in @iommu. @token is a VF token in text form, NULL for none.
 */
int vfio_dev_open_in(struct vfio_dev *dev, const char *bdf,
		     struct vfio_iommu *iommu, const char *token);

/* As vfio_dev_open(), or end the program with a sentence. */
void vfio_dev_must_open(struct vfio_dev *dev, const char *bdf,
			enum vfio_mode mode);
void vfio_dev_close(struct vfio_dev *dev);

/* Parts of opening, for tests of their answers. */
int vfio_group_open(const char *bdf);
int vfio_cdev_open(const char *bdf);
int vfio_cdev_bind(int fd, int iommufd, const char *token);

/* Parse a UUID in text form into its 16 bytes. */
bool uuid_parse(const char *text, uint8_t uuid[16]);

int vfio_ioctl(int fd, unsigned long request, void *arg);

/* Answers complete with their capability chains, for free(); NULL and errno. */
struct vfio_device_info *vfio_device_info(const struct vfio_dev *dev);
struct vfio_region_info *vfio_region_info(const struct vfio_dev *dev,
					  uint32_t index);

/* Capability @id of a chain in @info of @size bytes; NULL if absent or broken. */
const struct vfio_info_cap_header *vfio_cap(const void *info, uint32_t size,
					    uint32_t first, uint16_t id);

/* Index of the device region of @type and @subtype, or -ENOENT. */
int vfio_region_find(const struct vfio_dev *dev, uint32_t type,
		     uint32_t subtype);

/* One pread(2) or pwrite(2) in a region; returns bytes or -errno. */
ssize_t vfio_region_read(struct vfio_dev *dev, uint32_t index, uint64_t offset,
			 void *buf, size_t count);
ssize_t vfio_region_write(struct vfio_dev *dev, uint32_t index,
			  uint64_t offset, const void *buf, size_t count);

/* Registers of a region in host byte order; all-ones when a read fails. */
uint32_t vfio_region_read32(struct vfio_dev *dev, uint32_t index,
			    uint64_t offset);
int vfio_region_write32(struct vfio_dev *dev, uint32_t index, uint64_t offset,
			uint32_t value);

/* MAP_FAILED and errno on failure. */
void *vfio_region_map(struct vfio_dev *dev, uint32_t index, uint64_t offset,
		      size_t size, int prot);

/*
 * The same for reading and writing, at an address that is as far from a multiple
 * of @align, a power of two, as @skew says.
 */
void *vfio_region_map_aligned(struct vfio_dev *dev, uint32_t index,
			      uint64_t offset, size_t size, size_t align,
			      size_t skew);

/* Configuration space, 1, 2 or 4 bytes; all-ones when a read fails. */
uint32_t vfio_config_read(struct vfio_dev *dev, unsigned int offset,
			  unsigned int width);
int vfio_config_write(struct vfio_dev *dev, unsigned int offset,
		      unsigned int width, uint32_t value);
unsigned int vfio_config_size(struct vfio_dev *dev);

/* Offset of a capability, 0 if the device has none. */
unsigned int vfio_config_cap(struct vfio_dev *dev, uint8_t id);
unsigned int vfio_config_ext_cap(struct vfio_dev *dev, uint16_t id);

/* Have the function go to D0 or D3hot as a guest does; false if it cannot. */
bool vfio_set_power_state(struct vfio_dev *dev, unsigned int state);

/* One of VFIO_DEVICE_FEATURE_LOW_POWER_*; @wakeup is an eventfd, -1 for none. */
int vfio_low_power(struct vfio_dev *dev, uint32_t feature, int wakeup);

#endif
