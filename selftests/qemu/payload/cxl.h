/* SPDX-License-Identifier: GPL-2.0 */
/* The component registers of a CXL device, and its decoder 0. */
#ifndef PAYLOAD_CXL_H
#define PAYLOAD_CXL_H

#include <stdint.h>

struct component {
	int bar;
	uint64_t offset;
	uint64_t address;
	/* First dword of the CXL.cachemem registers: the header of the capability array. */
	uint32_t array;
	/* Address of the HDM decoder capability, 0 if there is none. */
	uint64_t hdm;
};

/* False if the register locator has no component registers. */
int cxl_component(uint32_t function, struct component *component);

struct decoder {
	uint64_t base;
	uint64_t size;
	uint32_t control;
};

struct decoder cxl_decoder(const struct component *component);
int cxl_is_committed(const struct decoder *decoder);

/* Both return whether the decoder did it. */
int cxl_release(const struct component *component);
int cxl_commit(const struct component *component, uint64_t base, uint64_t size);

#endif
