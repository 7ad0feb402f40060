// SPDX-License-Identifier: GPL-2.0
#include "physical.h"

#define PRESENT		0x01
#define WRITE		0x02
#define LARGE		0x80
#define LARGE_SIZE	0x200000ULL
#define ENTRIES		512
#define GIB		0x40000000U

/* The first GiB is the program's own, in the second one it finds what it asked for. */
static uint64_t tables[2][ENTRIES] __attribute__((aligned(4096)));
static uint64_t top[4] __attribute__((aligned(32)));
static uint64_t visible = -1;

static void fill(uint64_t *table, uint64_t base)
{
	for (int i = 0; i < ENTRIES; i++)
		table[i] = (base + i * LARGE_SIZE) | PRESENT | WRITE | LARGE;
}

static void load(void)
{
	asm volatile("mov %0, %%cr3" : : "r"(top) : "memory");
}

void physical_init(void)
{
	for (int i = 0; i < 2; i++) {
		fill(tables[i], 0);
		top[i] = (uintptr_t)tables[i] | PRESENT;
	}
	load();
	asm volatile("mov %%cr4, %%eax; or $0x20, %%eax; mov %%eax, %%cr4\n"	/* PAE */
		     "mov %%cr0, %%eax; or $0x80000000, %%eax; mov %%eax, %%cr0"	/* PG */
		     : : : "eax", "memory");
}

volatile void *physical(uint64_t address)
{
	uint64_t base = address & ~(uint64_t)(GIB - 1);

	if (base != visible) {
		fill(tables[1], base);
		load();
		visible = base;
	}
	return (volatile void *)(uintptr_t)(GIB + (uint32_t)(address - base));
}
