/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the kernel's memory grows with cycles of something, by more than half
 * an object a cycle, once it does not vary by so much when nothing happens.
 */
#ifndef SELFTESTS_VFIO_GROWTH_H
#define SELFTESTS_VFIO_GROWTH_H

#include "memory.h"
#include "text.h"

/*
 * Wait until memory neither grows nor shrinks by what a leak in so many cycles
 * would make it grow. False, and a note of what does, if that does not stop.
 */
bool growth_wait_quiet(unsigned int cycles);

/* Counters that grew by more than the limit, as text; empty if none. */
void growth_find(const struct memory_usage *before,
		 const struct memory_usage *after, unsigned int cycles,
		 struct text *found);

/* A leak that is planted: an id of a device that is nowhere, which the kernel keeps for vfio-pci until it is removed. */
void growth_plant(unsigned int number);
void growth_remove(unsigned int number);

#endif
