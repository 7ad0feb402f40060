/* SPDX-License-Identifier: GPL-2.0 */
/* How to make a known device act: raise an interrupt, keep a value. */
#ifndef SELFTESTS_VFIO_STIMULUS_H
#define SELFTESTS_VFIO_STIMULUS_H

#include "vfio_dev.h"

struct stimulus {
	const char *name;
	uint32_t bar;

	/* Make @vector of the interrupt @index fire; false if it cannot. */
	bool (*fire)(struct vfio_dev *dev, uint32_t bar, uint32_t index,
		     unsigned int vector);
	/* Take back what asserts a level interrupt. */
	void (*ack)(struct vfio_dev *dev, uint32_t bar);

	/* A dword that reads as written ^ @scratch_xor and does nothing else. */
	bool has_scratch;
	uint32_t scratch;
	uint32_t scratch_xor;

	/* Registers that count what happened to the device; ends at size 0. */
	const struct counters {
		uint32_t offset;
		uint32_t size;
	} *counters;
};

/* NULL for a device that is not known. */
const struct stimulus *stimulus_find(const char *bdf);

/*
 * Clear what a known device counts on its own in @buf, @size bytes read from
 * @offset of @bar.
 */
void stimulus_mask(const struct stimulus *s, uint32_t bar, uint64_t offset,
		   uint8_t *buf, size_t size);

#endif
