// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded, it lets a VMM believe that the kernel speaks a generation of the interface that nobody knows yet: the capability of
 * a CXL device has version 2.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/cxl_vfio_pci.h>
#include <linux/vfio.h>
#include <stdarg.h>

static struct vfio_info_cap_header *at(struct vfio_device_info *info, __u32 offset)
{
	return (struct vfio_info_cap_header *)((char *)info + offset);
}

static void renew(struct vfio_device_info *info)
{
	__u32 offset = info->flags & VFIO_DEVICE_FLAGS_CAPS && info->argsz > sizeof(*info) ? info->cap_offset : 0;

	for (; offset; offset = at(info, offset)->next) {
		if (at(info, offset)->id == VFIO_DEVICE_INFO_CAP_CXL)
			at(info, offset)->version = 2;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int fd, unsigned long request, ...) = dlsym(RTLD_NEXT, "ioctl");
	va_list arguments;
	void *argument;
	int result;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	result = next(fd, request, argument);
	if (!result && request == VFIO_DEVICE_GET_INFO)
		renew(argument);
	return result;
}
