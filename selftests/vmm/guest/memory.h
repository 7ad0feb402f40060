/* SPDX-License-Identifier: GPL-2.0 */
/* Patterns all over a range of device memory. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Write a pattern to places from the first to the last qword of the range. */
void memory_fill(uint64_t base, uint64_t size, uint64_t seed);

/* Whether the pattern is there, as the CPU reads it, and as the VMM does. */
bool memory_holds(uint64_t base, uint64_t size, uint64_t seed);
bool memory_holds_for_vmm(uint64_t size, uint64_t seed);

/* Whether nothing answers there: all places read as ones. */
bool memory_absent(uint64_t base, uint64_t size);

#endif
