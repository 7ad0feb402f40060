// SPDX-License-Identifier: GPL-2.0
/* How the device can be asked for, before and while somebody has it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dump.h"

#define UUID "52ac9bff-3a88-4fbd-901a-0d767c3b6c97"

/* What VFIO_GROUP_GET_DEVICE_FD may find behind the address. */
static const char * const suffixes[] = {
	"", " ", "  ", "x", " x", "\n", "0", ".0",
	" vf_token=", " vf_token=" UUID, " vf_token=" UUID " ",
	" vf_token=" UUID " vf_token=" UUID, " vf_token=" UUID "x",
	" vf_token=52ac9bff", " VF_TOKEN=" UUID, "  vf_token=" UUID " junk",
	"vf_token=" UUID,
};

static const char *opened(int fd)
{
	if (fd < 0)
		return errname(fd);
	close(fd);
	return "opened";
}

static void add_status(struct dump *d, int group, const char *when)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int err = vfio_ioctl(group, VFIO_GROUP_GET_STATUS, &status);

	dump_line(d, "group %s: %s flags %#x", when, errname(err), status.flags);
}

static void get_device(struct dump *d, int group, const char *name,
		       const char *label)
{
	int second, fd = vfio_ioctl(group, VFIO_GROUP_GET_DEVICE_FD,
				    (void *)name);

	if (fd < 0) {
		dump_line(d, "device \"%s\": %s", label, errname(fd));
		return;
	}
	second = vfio_ioctl(group, VFIO_GROUP_GET_DEVICE_FD, (void *)name);
	dump_line(d, "device \"%s\": opened, again: %s", label,
		  opened(second));
	close(fd);
}

static void names_in_group(struct dump *d)
{
	struct vfio_iommu iommu;
	char name[256];
	int err, group;
	size_t i;

	group = vfio_group_open(d->bdf);
	if (group < 0) {
		dump_line(d, "group: %s", errname(group));
		return;
	}
	err = vfio_iommu_open(&iommu, VFIO_MODE_CONTAINER);
	if (err)
		die("no container: %s", errname(err));
	add_status(d, group, "alone");
	get_device(d, group, d->bdf, "without container");
	dump_line(d, "second group open: %s",
		  opened(vfio_group_open(d->bdf)));
	err = vfio_ioctl(group, VFIO_GROUP_SET_CONTAINER, &iommu.fd);
	dump_line(d, "set container: %s", errname(err));
	get_device(d, group, d->bdf, "without IOMMU type");
	err = vfio_ioctl(iommu.fd, VFIO_SET_IOMMU,
			 (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
	dump_line(d, "set IOMMU: %s", errname(err));
	add_status(d, group, "in a container");
	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", d->bdf, suffixes[i]);
		get_device(d, group, name, suffixes[i]);
	}
	get_device(d, group, "0000:00:00.0", "of no vfio driver");
	get_device(d, group, "", "empty");
	get_device(d, group, NULL, "NULL");
	close(group);
	vfio_iommu_close(&iommu);
}

static void bind_once(struct dump *d, const char *what,
		      struct vfio_device_bind_iommufd *bind)
{
	int fd = vfio_cdev_open(d->bdf);

	if (fd < 0) {
		dump_line(d, "character device: %s", errname(fd));
		return;
	}
	dump_line(d, "bind %s: %s", what, errname(vfio_ioctl(fd,
		  VFIO_DEVICE_BIND_IOMMUFD, bind)));
	close(fd);
}

static void names_by_cdev(struct dump *d)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .pt_id = ~0u,
	};
	/* The kernel takes a larger one if what it does not know is zero. */
	union {
		struct vfio_device_bind_iommufd bind;
		uint8_t all[sizeof(struct vfio_device_bind_iommufd) + 8];
	} any;
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint8_t uuid[16], byte;
	struct vfio_iommu iommu;
	uint32_t argsz;
	int err, fd;

	err = vfio_iommu_open(&iommu, VFIO_MODE_CDEV);
	if (err)
		die("no iommufd: %s", errname(err));
	for (argsz = 0; argsz <= sizeof(any); argsz += 4) {
		char what[32];

		memset(&any, 0, sizeof(any));
		any.bind.argsz = argsz;
		any.bind.iommufd = iommu.fd;
		snprintf(what, sizeof(what), "argsz %u", argsz);
		bind_once(d, what, &any.bind);
	}
	bind = (struct vfio_device_bind_iommufd){
		.argsz = sizeof(bind), .iommufd = -1,
	};
	bind_once(d, "to no iommufd", &bind);
	bind.iommufd = iommu.fd;
	bind.flags = 2;
	bind_once(d, "with unknown flag", &bind);
	bind.flags = VFIO_DEVICE_BIND_FLAG_TOKEN;
	bind_once(d, "with NULL token", &bind);
	uuid_parse(UUID, uuid);
	bind.token_uuid_ptr = (uintptr_t)uuid;
	bind_once(d, "with token", &bind);

	fd = vfio_cdev_open(d->bdf);
	dump_line(d, "info before bind: %s",
		  errname(vfio_ioctl(fd, VFIO_DEVICE_GET_INFO, &info)));
	dump_line(d, "read before bind: %zd", pread(fd, &byte, 1, 0));
	dump_line(d, "bind: %s", errname(vfio_cdev_bind(fd, iommu.fd, NULL)));
	dump_line(d, "bind again: %s",
		  errname(vfio_cdev_bind(fd, iommu.fd, NULL)));
	dump_line(d, "info after bind: %s",
		  errname(vfio_ioctl(fd, VFIO_DEVICE_GET_INFO, &info)));
	dump_line(d, "attach to nothing: %s", errname(vfio_ioctl(fd,
		  VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach)));
	attach.pt_id = iommu.ioas;
	dump_line(d, "attach: %s", errname(vfio_ioctl(fd,
		  VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach)));
	dump_line(d, "group while open: %s", opened(vfio_group_open(d->bdf)));
	close(fd);
	vfio_iommu_close(&iommu);
}

void dump_open_names(struct dump *d)
{
	if (d->mode == VFIO_MODE_CDEV)
		names_by_cdev(d);
	else
		names_in_group(d);
}
