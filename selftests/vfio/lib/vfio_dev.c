// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/iommufd.h>

#include "vfio_dev.h"

#define CONTAINER_PATH "/dev/vfio/vfio"
#define IOMMUFD_PATH "/dev/iommu"
#define CDEV_DIR "/dev/vfio/devices"

const char *vfio_mode_name(enum vfio_mode mode)
{
	return mode == VFIO_MODE_CDEV ? "iommufd" : "container";
}

/* Device nodes appear with devices, so the reserved numbers have to tell. */
static bool has_cdevs(void)
{
	char devices[8192];

	return file_read("/proc/devices", devices, sizeof(devices)) > 0 &&
	       strstr(devices, " vfio-dev\n");
}

bool vfio_mode_available(enum vfio_mode mode)
{
	if (mode == VFIO_MODE_CDEV)
		return !access(IOMMUFD_PATH, R_OK | W_OK) && has_cdevs();
	return !access(CONTAINER_PATH, R_OK | W_OK);
}

int vfio_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

int vfio_iommu_open(struct vfio_iommu *iommu, enum vfio_mode mode)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	int err;

	*iommu = (struct vfio_iommu){ .mode = mode };
	iommu->fd = open(mode == VFIO_MODE_CDEV ? IOMMUFD_PATH : CONTAINER_PATH,
			 O_RDWR | O_CLOEXEC);
	if (iommu->fd < 0)
		return -errno;
	if (mode != VFIO_MODE_CDEV)
		return 0;
	err = vfio_ioctl(iommu->fd, IOMMU_IOAS_ALLOC, &alloc);
	if (err)
		vfio_iommu_close(iommu);
	else
		iommu->ioas = alloc.out_ioas_id;
	return err;
}

void vfio_iommu_close(struct vfio_iommu *iommu)
{
	close(iommu->fd);
	iommu->fd = -1;
}

int vfio_iommu_map(struct vfio_iommu *iommu, void *vaddr, uint64_t iova,
		   uint64_t size)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE |
			 IOMMU_IOAS_MAP_FIXED_IOVA,
		.ioas_id = iommu->ioas,
		.user_va = (uintptr_t)vaddr,
		.length = size,
		.iova = iova,
	};
	struct vfio_iommu_type1_dma_map dma_map = {
		.argsz = sizeof(dma_map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)vaddr,
		.iova = iova,
		.size = size,
	};

	if (iommu->mode == VFIO_MODE_CDEV)
		return vfio_ioctl(iommu->fd, IOMMU_IOAS_MAP, &map);
	return vfio_ioctl(iommu->fd, VFIO_IOMMU_MAP_DMA, &dma_map);
}

int vfio_iommu_unmap(struct vfio_iommu *iommu, uint64_t iova, uint64_t size)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = iommu->ioas,
		.iova = iova,
		.length = size,
	};
	struct vfio_iommu_type1_dma_unmap dma_unmap = {
		.argsz = sizeof(dma_unmap),
		.iova = iova,
		.size = size,
	};

	if (iommu->mode == VFIO_MODE_CDEV)
		return vfio_ioctl(iommu->fd, IOMMU_IOAS_UNMAP, &unmap);
	return vfio_ioctl(iommu->fd, VFIO_IOMMU_UNMAP_DMA, &dma_unmap);
}

int vfio_group_open(const char *bdf)
{
	int fd, group = pci_iommu_group(bdf);
	char path[PATH_MAX];

	if (group < 0)
		return group;
	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int vfio_cdev_open(const char *bdf)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int fd = -ENODEV;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		snprintf(path, sizeof(path), CDEV_DIR "/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
		break;
	}
	closedir(dir);
	return fd;
}

bool uuid_parse(const char *text, uint8_t uuid[16])
{
	unsigned int byte;
	int i;

	for (i = 0; i < 16; i++) {
		if (*text == '-' && (i == 4 || i == 6 || i == 8 || i == 10))
			text++;
		if (sscanf(text, "%2x", &byte) != 1)
			return false;
		uuid[i] = byte;
		text += 2;
	}
	return !*text;
}

int vfio_cdev_bind(int fd, int iommufd, const char *token)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = iommufd,
	};
	uint8_t uuid[16];

	if (token) {
		if (!uuid_parse(token, uuid))
			return -EINVAL;
		bind.flags = VFIO_DEVICE_BIND_FLAG_TOKEN;
		bind.token_uuid_ptr = (uintptr_t)uuid;
	}
	return vfio_ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
}

static int open_cdev(struct vfio_dev *dev, const char *token)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = dev->iommu->ioas,
	};
	int err;

	dev->failed = "opening the character device";
	dev->fd = vfio_cdev_open(dev->bdf);
	if (dev->fd < 0)
		return dev->fd;
	dev->failed = "VFIO_DEVICE_BIND_IOMMUFD";
	err = vfio_cdev_bind(dev->fd, dev->iommu->fd, token);
	if (err)
		return err;
	dev->failed = "VFIO_DEVICE_ATTACH_IOMMUFD_PT";
	return vfio_ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

static int open_group(struct vfio_dev *dev, const char *token)
{
	struct vfio_iommu *iommu = dev->iommu;
	char name[128];
	int err;

	dev->failed = "opening the group";
	dev->group = vfio_group_open(dev->bdf);
	if (dev->group < 0)
		return dev->group;
	dev->failed = "VFIO_GROUP_SET_CONTAINER";
	err = vfio_ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &iommu->fd);
	if (err)
		return err;
	/* A container takes its type once, when the first group is in. */
	if (!iommu->type_set) {
		dev->failed = "VFIO_SET_IOMMU";
		err = vfio_ioctl(iommu->fd, VFIO_SET_IOMMU,
				 (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
		if (err)
			return err;
		iommu->type_set = true;
	}
	dev->failed = "VFIO_GROUP_GET_DEVICE_FD";
	snprintf(name, sizeof(name), "%s%s%s", dev->bdf,
		 token ? " vf_token=" : "", token ? token : "");
	dev->fd = vfio_ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, name);
	return dev->fd < 0 ? dev->fd : 0;
}

static void dev_init(struct vfio_dev *dev, const char *bdf)
{
	*dev = (struct vfio_dev){ .group = -1, .fd = -1 };
	snprintf(dev->bdf, sizeof(dev->bdf), "%s", bdf);
}

static int dev_open(struct vfio_dev *dev, struct vfio_iommu *iommu,
		    const char *token)
{
	int err;

	dev->iommu = iommu;
	if (iommu->mode == VFIO_MODE_CDEV)
		err = open_cdev(dev, token);
	else
		err = open_group(dev, token);
	if (err)
		vfio_dev_close(dev);
	else
		dev->failed = NULL;
	return err;
}

int vfio_dev_open_in(struct vfio_dev *dev, const char *bdf,
		     struct vfio_iommu *iommu, const char *token)
{
	dev_init(dev, bdf);
	return dev_open(dev, iommu, token);
}

int vfio_dev_open(struct vfio_dev *dev, const char *bdf, enum vfio_mode mode)
{
	int err;

	dev_init(dev, bdf);
	dev->failed = "opening the IOMMU context";
	err = vfio_iommu_open(&dev->own_iommu, mode);
	return err ? err : dev_open(dev, &dev->own_iommu, NULL);
}

void vfio_dev_must_open(struct vfio_dev *dev, const char *bdf,
			enum vfio_mode mode)
{
	int err = vfio_dev_open(dev, bdf, mode);

	if (err)
		die("%s: %s failed: %s", bdf, dev->failed, errname(err));
}

void vfio_dev_close(struct vfio_dev *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	if (dev->group >= 0)
		close(dev->group);
	if (dev->iommu == &dev->own_iommu)
		vfio_iommu_close(&dev->own_iommu);
	dev->fd = -1;
	dev->group = -1;
	dev->iommu = NULL;
}

int vfio_low_power(struct vfio_dev *dev, uint32_t feature, int wakeup)
{
	struct {
		struct vfio_device_feature header;
		struct vfio_device_low_power_entry_with_wakeup wakeup;
	} arg = {
		.header = {
			.argsz = sizeof(arg.header),
			.flags = VFIO_DEVICE_FEATURE_SET | feature,
		},
		.wakeup.wakeup_eventfd = wakeup,
	};

	if (wakeup >= 0)
		arg.header.argsz = sizeof(arg);
	return vfio_ioctl(dev->fd, VFIO_DEVICE_FEATURE, &arg);
}
