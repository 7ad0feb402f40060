// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "irq.h"

int eventfd_new(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		die("no eventfd left");
	return fd;
}

uint64_t eventfd_take(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t count;

	if (poll(&pfd, 1, timeout_ms) <= 0)
		return 0;
	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

int vfio_irq_count(struct vfio_dev *dev, uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
	int err = vfio_ioctl(dev->fd, VFIO_DEVICE_GET_IRQ_INFO, &info);

	return err ? err : (int)info.count;
}

int vfio_irq_set(struct vfio_dev *dev, uint32_t index, uint32_t start,
		 uint32_t count, uint32_t flags, const void *data, size_t size)
{
	struct vfio_irq_set *set = xcalloc(1, sizeof(*set) + size);
	int err;

	set->argsz = sizeof(*set) + size;
	set->flags = flags;
	set->index = index;
	set->start = start;
	set->count = count;
	if (size)
		memcpy(set->data, data, size);
	err = vfio_ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	return err;
}

int vfio_irq_enable(struct vfio_dev *dev, uint32_t index, uint32_t start,
		    uint32_t count, const int *fds)
{
	return vfio_irq_set(dev, index, start, count,
			    VFIO_IRQ_SET_DATA_EVENTFD |
			    VFIO_IRQ_SET_ACTION_TRIGGER,
			    fds, count * sizeof(*fds));
}

int vfio_irq_disable(struct vfio_dev *dev, uint32_t index)
{
	return vfio_irq_set(dev, index, 0, 0, VFIO_IRQ_SET_DATA_NONE |
			    VFIO_IRQ_SET_ACTION_TRIGGER, NULL, 0);
}

int vfio_irq_trigger(struct vfio_dev *dev, uint32_t index, uint32_t vector)
{
	return vfio_irq_set(dev, index, vector, 1, VFIO_IRQ_SET_DATA_NONE |
			    VFIO_IRQ_SET_ACTION_TRIGGER, NULL, 0);
}

int vfio_irq_mask(struct vfio_dev *dev, uint32_t index, bool mask)
{
	return vfio_irq_set(dev, index, 0, 1, VFIO_IRQ_SET_DATA_NONE |
			    (mask ? VFIO_IRQ_SET_ACTION_MASK :
				    VFIO_IRQ_SET_ACTION_UNMASK), NULL, 0);
}
