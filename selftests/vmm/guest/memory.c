// SPDX-License-Identifier: GPL-2.0
#include "boot.h"
#include "io.h"
#include "memory.h"

#define PLACES 128
#define PAGE 4096

/* Starts of pages, evenly spread; the last place is the last qword. */
static uint64_t place(uint64_t size, unsigned int i)
{
	return i == PLACES ? size - 8 : size / PLACES / PAGE * PAGE * i;
}

static uint64_t value(uint64_t seed, unsigned int i)
{
	return (seed * 1000 + i + 1) * 0x9e3779b97f4a7c15;
}

void memory_fill(uint64_t base, uint64_t size, uint64_t seed)
{
	unsigned int i;

	for (i = 0; i <= PLACES; i++)
		write64(base + place(size, i), value(seed, i));
}

bool memory_holds(uint64_t base, uint64_t size, uint64_t seed)
{
	unsigned int i;

	for (i = 0; i <= PLACES; i++)
		if (read64(base + place(size, i)) != value(seed, i))
			return false;
	return true;
}

bool memory_holds_for_vmm(uint64_t size, uint64_t seed)
{
	unsigned int i;

	for (i = 0; i < PLACES; i++) {
		outl(PORT_PEEK, place(size, i) / PAGE);
		if (inl(PORT_PEEK) != (uint32_t)value(seed, i))
			return false;
	}
	return true;
}

bool memory_absent(uint64_t base, uint64_t size)
{
	unsigned int i;

	for (i = 0; i <= PLACES; i += PLACES / 4)
		if (read64(base + place(size, i)) != ~0ull)
			return false;
	return true;
}
