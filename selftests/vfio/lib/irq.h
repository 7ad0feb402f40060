/* SPDX-License-Identifier: GPL-2.0 */
/* Interrupts of a VFIO device and the eventfds they arrive on. */
#ifndef SELFTESTS_VFIO_IRQ_H
#define SELFTESTS_VFIO_IRQ_H

#include "vfio_dev.h"

/* A non-blocking eventfd; ends the program if there is none. */
int eventfd_new(void);

/* Take the count of an eventfd, waiting for a first event; 0 if none came. */
uint64_t eventfd_take(int fd, int timeout_ms);

/* Number of vectors of an interrupt index, or -errno. */
int vfio_irq_count(struct vfio_dev *dev, uint32_t index);

/* VFIO_DEVICE_SET_IRQS with @size bytes of @data behind the header. */
int vfio_irq_set(struct vfio_dev *dev, uint32_t index, uint32_t start,
		 uint32_t count, uint32_t flags, const void *data, size_t size);

int vfio_irq_enable(struct vfio_dev *dev, uint32_t index, uint32_t start,
		    uint32_t count, const int *fds);
int vfio_irq_disable(struct vfio_dev *dev, uint32_t index);

/* Signal the vector's eventfd from software. */
int vfio_irq_trigger(struct vfio_dev *dev, uint32_t index, uint32_t vector);
int vfio_irq_mask(struct vfio_dev *dev, uint32_t index, bool mask);

#endif
