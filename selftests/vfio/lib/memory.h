/* SPDX-License-Identifier: GPL-2.0 */
/* How much memory the kernel uses for itself, counter by counter. */
#ifndef SELFTESTS_VFIO_MEMORY_H
#define SELFTESTS_VFIO_MEMORY_H

#include "util.h"

#define MAX_COUNTERS 512

struct memory_counter {
	char name[48];
	long value;
	bool objects;	/* of a slab cache; else KiB */
	unsigned int unit;	/* bytes that drivers take with one, 0 for what they do not */
};

struct memory_usage {
	unsigned int count;
	struct memory_counter counter[MAX_COUNTERS];
};

/*
 * Let the kernel finish what it does later (RCU, workqueues), empty its caches
 * and count. False when the kernel shows no slab counters.
 */
bool memory_measure(struct memory_usage *usage);

/* Value of @name, or @missing: caches come and go. */
long memory_value(const struct memory_usage *usage, const char *name,
		  long missing);

/*
 * Bytes that drivers take: objects, page tables, mappings and what each CPU has.
 * Pages that are in none of these are not in it.
 */
double memory_bytes(const struct memory_usage *usage);

#endif
