/* SPDX-License-Identifier: GPL-2.0 */
/* The component registers of a CXL device, and its decoder 0. */
#ifndef FREESTANDING_COMPONENT_H
#define FREESTANDING_COMPONENT_H

#include <stdbool.h>
#include <stdint.h>

struct component {
	unsigned int bar;
	uint64_t offset;	/* in that BAR */
	uint64_t address;
	uint32_t array;		/* the header of the capability array */
	uint64_t hdm;		/* address of the HDM Decoder Capability, 0 if there is none */
};

/* False if the Register Locator has no component registers in a memory BAR. */
bool component_find(uint64_t function, struct component *component);

struct decoder {
	uint64_t base;
	uint64_t size;
	uint32_t control;
};

struct decoder decoder_read(const struct component *component);
bool decoder_is_committed(const struct component *component);
bool decoder_is_locked(const struct component *component);

/* Both return whether the decoder did it. */
bool decoder_release(const struct component *component);
bool decoder_commit(const struct component *component, uint64_t base, uint64_t size);

#endif
