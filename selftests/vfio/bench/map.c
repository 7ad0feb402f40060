// SPDX-License-Identifier: GPL-2.0
/*
 * How long it takes until all of a mapping can be touched, and how many faults.
 * The address decides about the size of the pages: both drivers map what the
 * alignment allows.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "bench.h"

#define KIB4 (4ull << 10)
#define MIB2 (2ull << 20)
#define GIB1 (1ull << 30)

static const struct {
	const char *name;
	uint64_t step;	/* from one touch to the next */
	uint64_t skew;	/* from a multiple of 1 GiB */
} levels[] = {
	{ "pte", KIB4, KIB4 },
	{ "sparse", MIB2, KIB4 },
	{ "pmd", MIB2, MIB2 },
	{ "pud", GIB1, 0 },
};

static const struct {
	const char *name;
	uint64_t bytes;
} sizes[] = {
	{ "256M", 256ull << 20 },
	{ "1G", GIB1 },
	{ "16G", 16 * GIB1 },
};

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static void touch_all(struct vfio_dev *dev, uint32_t region, uint64_t bytes,
		      unsigned int level, const char *size, enum side side)
{
	volatile const char *map;
	uint64_t start, at;
	long before, taken;

	map = vfio_region_map_aligned(dev, region, 0, bytes, GIB1,
				      levels[level].skew);
	if (map == MAP_FAILED)
		die("%s of region %u of %s cannot be mapped: %s", size, region,
		    dev->bdf, errname(errno));
	before = faults();
	start = now_ns();
	for (at = 0; at < bytes; at += levels[level].step)
		(void)map[at];
	sample(now_ns() - start, "map.%s.%s.%s.ns", size, levels[level].name,
	       side_name(side));
	taken = faults() - before;
	start = now_ns();
	munmap((void *)map, bytes);
	sample(now_ns() - start, "unmap.%s.%s.%s.ns", size, levels[level].name,
	       side_name(side));
	sample(taken, "map.%s.%s.%s.faults", size, levels[level].name,
	       side_name(side));
}

uint32_t largest_bar(struct vfio_dev *dev, uint64_t *bytes)
{
	uint32_t index, best = 0;

	*bytes = 0;
	for (index = 0; index < VFIO_PCI_ROM_REGION_INDEX; index++) {
		struct vfio_region_info *info = vfio_region_info(dev, index);

		if (info && info->flags & VFIO_REGION_INFO_FLAG_MMAP &&
		    info->size > *bytes) {
			*bytes = info->size;
			best = index;
		}
		free(info);
	}
	if (!*bytes)
		die("no BAR of %s can be mapped", dev->bdf);
	return best;
}

/* Many faults need fewer runs for a median, and a few milliseconds more. */
static unsigned int runs_of(const struct bench *bench, uint64_t touches)
{
	if (touches > 1 << 16)
		return (bench->runs + 2) / 3;
	return touches > 1 << 10 ? bench->runs : 5 * bench->runs;
}

static void map_sizes(const struct bench *bench, unsigned int count)
{
	uint64_t limit, bar_bytes = 0;
	struct vfio_dev bar;
	struct cxl_dev cxl;
	uint32_t region = 0;

	side_bind(bench->cxl, SIDE_CXL);
	cxl_dev_open(&cxl, bench->cxl);
	limit = cxl.size;
	if (bench->bar) {
		side_bind(bench->bar, SIDE_PCI);
		vfio_dev_must_open(&bar, bench->bar, cxl_dev_mode());
		region = largest_bar(&bar, &bar_bytes);
		vfio_config_write(&bar, 4, 2, vfio_config_read(&bar, 4, 2) | 2);
	}
	for (unsigned int size = 0; size < count; size++) {
		uint64_t bytes = sizes[size].bytes;

		for (unsigned int level = 0; level < ARRAY_SIZE(levels); level++) {
			unsigned int runs = runs_of(bench, bytes / levels[level].step);

			if (bytes > limit || bytes < levels[level].step)
				continue;
			for (; runs; runs--) {
				touch_all(&cxl.vfio, cxl.cap.hdm_region_idx,
					  bytes, level, sizes[size].name,
					  SIDE_CXL);
				if (bytes <= bar_bytes)
					touch_all(&bar, region, bytes, level,
						  sizes[size].name, SIDE_PCI);
			}
		}
	}
	if (bench->bar)
		vfio_dev_close(&bar);
	cxl_dev_close(&cxl);
}

void bench_map(const struct bench *bench)
{
	map_sizes(bench, ARRAY_SIZE(sizes));
}

/* Much larger than what is touched of it: a byte in each 16 GiB. */
void bench_wide(const struct bench *bench)
{
	struct cxl_dev cxl;

	side_bind(bench->cxl, SIDE_CXL);
	for (unsigned int run = 0; run < bench->runs; run++) {
		volatile const char *map;
		uint64_t start = now_ns();

		cxl_dev_open(&cxl, bench->cxl);
		sample(now_ns() - start, "wide.open.ns");
		map = cxl_mem_map_aligned(&cxl, 0, cxl.size, GIB1, 0);
		if (map == MAP_FAILED)
			die("the window cannot be mapped: %s", errname(errno));
		start = now_ns();
		for (uint64_t at = 0; at < cxl.size; at += 16 * GIB1)
			(void)map[at];
		sample((double)(now_ns() - start) / (cxl.size / (16 * GIB1)), "wide.fault.ns");
		start = now_ns();
		munmap((void *)map, cxl.size);
		sample(now_ns() - start, "wide.unmap.ns");
		start = now_ns();
		cxl_dev_close(&cxl);
		sample(now_ns() - start, "wide.close.ns");
	}
}

void bench_fault(const struct bench *bench)
{
	map_sizes(bench, 1);
}
