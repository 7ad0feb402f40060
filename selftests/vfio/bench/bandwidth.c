// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes a second: through a mapping of the memory and through anonymous memory
 * with pages of the same size, and by read and write.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"

#define BYTES (32ull << 20)
#define MIB2 (2ull << 20)

static void per_second(uint64_t start, const char *what, const char *how)
{
	sample(BYTES * 1e9 / (now_ns() - start), "bandwidth.%s.%s.Bps", what,
	       how);
}

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

static uint64_t sum(const volatile uint64_t *words)
{
	uint64_t total = 0;

	for (size_t word = 0; word < BYTES / sizeof(*words); word++)
		total += words[word];
	return total;
}

static void through(void *map, void *other, const char *how)
{
	uint64_t start;

	start = now_ns();
	sum(map);
	per_second(start, "read", how);
	start = now_ns();
	memset(map, 2, BYTES);
	per_second(start, "write", how);
	start = now_ns();
	memcpy(other, map, BYTES);
	per_second(start, "copy", how);
}

static void by_system_calls(struct cxl_dev *dev, void *buffer)
{
	uint64_t start;

	start = now_ns();
	if (cxl_mem_read(dev, 0, buffer, BYTES) != (ssize_t)BYTES)
		die("the memory cannot be read");
	per_second(start, "read", "syscall");
	start = now_ns();
	if (cxl_mem_write(dev, 0, buffer, BYTES) != (ssize_t)BYTES)
		die("the memory cannot be written");
	per_second(start, "write", "syscall");
}

void bench_bandwidth(const struct bench *bench)
{
	void *ours, *anon, *other;
	struct cxl_dev dev;

	side_bind(bench->cxl, SIDE_CXL);
	cxl_dev_open(&dev, bench->cxl);
	ours = cxl_mem_map_aligned(&dev, 0, BYTES, MIB2, 0);
	if (ours == MAP_FAILED)
		die("the memory cannot be mapped: %s", errname(errno));
	memset(ours, 1, BYTES);
	anon = anonymous();
	other = anonymous();
	for (unsigned int run = 0; run < bench->runs; run++) {
		through(ours, other, "mapped");
		through(anon, other, "anonymous");
		by_system_calls(&dev, other);
	}
	munmap(ours, BYTES);
	cxl_dev_close(&dev);
}
