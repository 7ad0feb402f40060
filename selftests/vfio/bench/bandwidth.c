// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes a second: through a mapping of the memory and through anonymous memory
 * with pages of the same size, and by read and write. What is done to a chunk of
 * one is done to a chunk of the others next, and a run takes the median of all.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"

#define BYTES (32ull << 20)
#define CHUNK (1ull << 20)
#define TURNS (2 * BYTES / CHUNK)
#define MIB2 (2ull << 20)

enum way {
	READ,
	WRITE,
	COPY,
	WAYS,
};

static const char * const way_names[WAYS] = { "read", "write", "copy" };

static void *anonymous(void)
{
	char *map = mmap(NULL, BYTES + MIB2, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		die("no memory: %s", errname(errno));
	map = (char *)(((uintptr_t)map + MIB2 - 1) & ~(MIB2 - 1));
	madvise(map, BYTES, MADV_HUGEPAGE);
	memset(map, 1, BYTES);
	return map;
}

static void per_second(uint64_t *ns, const char *what, const char *how)
{
	sample(CHUNK * 1e9 / median(ns, TURNS), "bandwidth.%s.%s.Bps", what,
	       how);
}

static uint64_t sum(const volatile uint64_t *words)
{
	uint64_t total = 0;

	for (size_t word = 0; word < CHUNK / sizeof(*words); word++)
		total += words[word];
	return total;
}

/* The time that it takes to go through a chunk. */
static uint64_t go_through(enum way way, void *chunk, void *other)
{
	uint64_t start = now_ns();

	switch (way) {
	case READ:
		sum(chunk);
		break;
	case WRITE:
		memset(chunk, 2, CHUNK);
		break;
	default:
		memcpy(other, chunk, CHUNK);
	}
	return now_ns() - start;
}

static void compare_mappings(enum way way, char *mapped, char *anon, char *other)
{
	uint64_t mapped_ns[TURNS], anon_ns[TURNS];

	for (unsigned int turn = 0; turn < TURNS; turn++) {
		uint64_t at = turn * CHUNK % BYTES;
		/* Who is second finds @other in the cache: be it each in turn. */
		bool mapped_first = turn % 2;

		if (mapped_first)
			mapped_ns[turn] = go_through(way, mapped + at, other + at);
		anon_ns[turn] = go_through(way, anon + at, other + at);
		if (!mapped_first)
			mapped_ns[turn] = go_through(way, mapped + at, other + at);
	}
	per_second(mapped_ns, way_names[way], "mapped");
	per_second(anon_ns, way_names[way], "anonymous");
}

static void by_system_calls(struct cxl_dev *dev, void *buffer)
{
	uint64_t read_ns[TURNS], write_ns[TURNS];

	for (unsigned int turn = 0; turn < TURNS; turn++) {
		uint64_t at = turn * CHUNK % BYTES;
		uint64_t start = now_ns();

		if (cxl_mem_read(dev, at, buffer, CHUNK) != (ssize_t)CHUNK)
			die("the memory cannot be read");
		read_ns[turn] = now_ns() - start;
		start = now_ns();
		if (cxl_mem_write(dev, at, buffer, CHUNK) != (ssize_t)CHUNK)
			die("the memory cannot be written");
		write_ns[turn] = now_ns() - start;
	}
	per_second(read_ns, "read", "syscall");
	per_second(write_ns, "write", "syscall");
}

void bench_bandwidth(const struct bench *bench)
{
	void *mapped, *anon, *other;
	struct cxl_dev dev;

	side_bind(bench->cxl, SIDE_CXL);
	cxl_dev_open(&dev, bench->cxl);
	mapped = cxl_mem_map_aligned(&dev, 0, BYTES, MIB2, 0);
	if (mapped == MAP_FAILED)
		die("the memory cannot be mapped: %s", errname(errno));
	memset(mapped, 1, BYTES);
	anon = anonymous();
	other = anonymous();
	for (unsigned int run = 0; run < bench->runs; run++) {
		for (enum way way = 0; way < WAYS; way++)
			compare_mappings(way, mapped, anon, other);
		by_system_calls(&dev, other);
	}
	munmap(mapped, BYTES);
	cxl_dev_close(&dev);
}
