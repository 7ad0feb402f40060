// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes a second in which the CPUs clear the memory between users, with one of them
 * and with all, beside one that clears anonymous memory; and in which a reset writes
 * back what their caches may have of it, and drops it afterwards.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "cxl_host.h"

#define BYTES (256ull << 20)
/* The driver knows of each such piece whether a user touched it. */
#define PIECE (64ull << 20)
#define TIMEOUT_MS 60000

static void set_clearing(const char *value)
{
	int err = module_set_param(cxl_vfio_pci_driver.module, "clear_memory", value);

	if (err)
		die("clear_memory cannot be set: %s", errname(err));
}

/* All but the first CPU. */
static void set_online(bool online)
{
	char path[64];

	for (long cpu = 1; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/online", cpu);
		if (file_write(path, online ? "1" : "0"))
			die("%s cannot be written", path);
	}
}

/* From the end of the reset that it begins with. */
static void measure(const char *bdf, const char *name)
{
	int64_t end = now_ms() + TIMEOUT_MS;
	struct cxl_dev dev;
	uint64_t start;

	cxl_dev_open(&dev, bdf);
	cxl_dev_close(&dev);
	while (strcmp(cxl_clearing_state(bdf), "clearing"))
		if (now_ms() > end)
			die("the memory is not cleared by the CPUs");
	start = now_ns();
	if (!cxl_cleared(bdf, TIMEOUT_MS))
		die("the memory is not cleared in time");
	sample(dev.size * 1e9 / (now_ns() - start), "clear.%s.Bps", name);
}

static uint64_t reset(struct cxl_dev *dev)
{
	uint64_t start = now_ns();

	if (vfio_ioctl(dev->vfio.fd, VFIO_DEVICE_RESET, NULL))
		die("%s cannot be reset: %s", dev->vfio.bdf, errname(errno));
	return now_ns() - start;
}

/* How much longer a reset takes when all of the memory was touched. */
static void measure_flush(const char *bdf)
{
	uint64_t untouched, touched;
	struct cxl_dev dev;
	volatile char *map;

	cxl_dev_open(&dev, bdf);
	map = cxl_mem_map(&dev, 0, dev.size);
	if (map == MAP_FAILED)
		die("the window cannot be mapped: %s", errname(errno));
	(void)map[0];
	reset(&dev);
	untouched = reset(&dev);
	for (uint64_t at = 0; at < dev.size; at += PIECE)
		(void)map[at];
	touched = reset(&dev);
	if (touched > untouched)
		sample(dev.size * 1e9 / (touched - untouched), "clear.flush.Bps");
	munmap((void *)map, dev.size);
	cxl_dev_close(&dev);
}

void bench_clear(const struct bench *bench)
{
	char *anonymous = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (anonymous == MAP_FAILED)
		die("no memory: %s", errname(errno));
	set_clearing("cpu");
	side_bind(bench->cxl, SIDE_CXL);
	for (unsigned int run = 0; run < bench->runs; run++) {
		uint64_t start;

		set_online(false);
		start = now_ns();
		memset(anonymous, 0, BYTES);
		sample(BYTES * 1e9 / (now_ns() - start), "clear.anonymous.Bps");
		measure(bench->cxl, "one");
		set_online(true);
		measure(bench->cxl, "all");
		measure_flush(bench->cxl);
	}
	set_clearing("auto");
	munmap(anonymous, BYTES);
}
