/* SPDX-License-Identifier: GPL-2.0 */
/* Registers of the emulated accelerator, see selftests/device/README.md. */
#ifndef SELFTESTS_VFIO_ACCEL_H
#define SELFTESTS_VFIO_ACCEL_H

#include "cxl_dev.h"

#define ACCEL_SCRATCH		0x04
#define ACCEL_REGS_SIZE		0x1000

#define ACCEL_DMA_DONE		1
#define ACCEL_DMA_ERROR		2

struct accel {
	struct vfio_dev *dev;
	uint32_t bar;
	uint64_t offset;
};

/* Find them in the BARs; false if this is another device. */
bool accel_find(struct cxl_dev *dev, struct accel *accel);

uint32_t accel_read(struct accel *accel, unsigned int reg);
void accel_write(struct accel *accel, unsigned int reg, uint32_t value);

/* Copy between an I/O address and device memory; ACCEL_DMA_*. */
uint32_t accel_dma(struct accel *accel, uint64_t iova, uint64_t dpa,
		   uint32_t count, bool to_device);

#endif
