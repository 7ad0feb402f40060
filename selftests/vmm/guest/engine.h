/* SPDX-License-Identifier: GPL-2.0 */
/* The DMA engine of the emulated device (selftests/device/README.md), which no hardware has. */
#ifndef GUEST_ENGINE_H
#define GUEST_ENGINE_H

#include "cxl.h"

/* Address of its registers; 0 if the function is not that device. */
uint64_t engine_find(struct cxl *cxl);

/* Copies between device memory and the I/O address space; true when it is done. */
bool engine_copy(uint64_t engine, uint64_t bus, uint64_t device, uint32_t size, bool to_device);

#endif
