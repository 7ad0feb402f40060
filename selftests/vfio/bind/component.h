/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The physical component registers of a device that is bound to no driver.
 * While it is bound nobody else can map them, which is as it should be.
 */
#ifndef SELFTESTS_VFIO_COMPONENT_H
#define SELFTESTS_VFIO_COMPONENT_H

#include "pci.h"

struct component {
	char bdf[PCI_BDF_SIZE];
	unsigned int bar;
	uint64_t offset;		/* in the BAR */
	volatile uint32_t *block;
	unsigned int hdm;		/* offset in the block, 0 if there is none */
	bool had_memory_space;
};

/* Memory Space of an unbound device. */
bool memory_space(const char *bdf);
void memory_space_set(const char *bdf, bool on);

/* Offset of a DVSEC of the CXL consortium, 0 if there is none. */
unsigned int host_dvsec(const char *bdf, uint16_t id);

/* Where the register locator says the block is; false if that makes no sense. */
bool component_find(struct component *component, const char *bdf);

/* Find and map it, with Memory Space enabled; false and errno if that fails. */
bool component_map(struct component *component, const char *bdf);
void component_unmap(struct component *component);

/* The HDM Decoder Capability: its size, 0 if there is none, and registers. */
unsigned int component_hdm_size(const struct component *component);
uint32_t component_hdm_read(const struct component *component,
			    unsigned int offset);
void component_hdm_write(const struct component *component,
			 unsigned int offset, uint32_t value);

/* Commit decoder 1 to what lies behind decoder 0, and release it. */
void component_commit_second(const struct component *component);
void component_release_second(const struct component *component);

#endif
