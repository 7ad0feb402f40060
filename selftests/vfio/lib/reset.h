/* SPDX-License-Identifier: GPL-2.0 */
/* Ways to reset a device that a test has open, and what is left of it after. */
#ifndef SELFTESTS_VFIO_RESET_H
#define SELFTESTS_VFIO_RESET_H

#include <pthread.h>

#include "cxl_dev.h"
#include "cxl_host.h"

enum reset_how {
	BY_IOCTL,	/* VFIO_DEVICE_RESET */
	BY_FLR,		/* of a guest, through the PCIe capability */
	BY_SYSFS,	/* the attribute "reset" */
	BY_BUS,		/* VFIO_DEVICE_RESET, which resets the bus */
	BY_HOT_RESET,	/* VFIO_DEVICE_PCI_HOT_RESET */
	BY_ERROR,	/* a fatal error, which the kernel answers by a reset */
};

/* Whether it is a conventional reset, 9.7. */
bool reset_is_conventional(enum reset_how how);

/* 0, -errno, or -ENOTTY if the device cannot be reset like this. */
int reset_by(struct cxl_dev *dev, enum reset_how how);

/* VFIO_DEVICE_PCI_HOT_RESET of what @dev is one of. */
int reset_hot(struct vfio_dev *dev);

/*
 * Wait for a CXL Reset that another process has asked for to begin, on an emulated
 * device that had @before: its caching is disabled first.
 */
bool reset_by_cxl_begins(uint64_t before);

/* Have the port mask resets of its bus, as a CXL port does by default, or pass them on (8.1.5.2). */
bool reset_mask_bus(const char *bdf, bool mask);

/*
 * What decodes the memory, physically. Decoders are part of it where they can be
 * read: on an emulated device.
 */
struct physical {
	uint32_t hdm[CXL_HDM_DWORDS];
	uint16_t control;
	uint32_t base[2];
};

void physical_read(struct cxl_dev *dev, struct physical *physical);
bool physical_same(struct cxl_dev *dev, const struct physical *before);

/*
 * What the driver says of the gate: "open", or "closed: ..."; NULL if it cannot
 * be asked.
 */
const char *gate_state(const char *bdf);

/* Whether the gate is as @want says, or cannot be asked. */
bool gate_is(const char *bdf, const char *want);

/*
 * A thread that loads from and stores to a mapping all the time, as a vCPU does.
 * It has done so when it is started, and does so again before it is stopped: the
 * memory has to be usable at both.
 */
struct toucher {
	pthread_t thread;
	volatile uint32_t *map;
	size_t size;
	volatile bool stop;
	volatile unsigned long touched;
	unsigned long before;
};

void toucher_start(struct toucher *toucher, void *map, size_t size);
unsigned long toucher_stop(struct toucher *toucher);

/* How often such a thread touched the mapping while Memory Space went off and on. */
unsigned long touched_beside_memory_space(struct cxl_dev *dev, void *map,
					  size_t size);

#endif
