// SPDX-License-Identifier: GPL-2.0
/*
 * Bound, opened, used, reset, closed and unbound, again and again: nothing is
 * left behind in the kernel's memory.
 *
 *	vfio_cxl_cycle_test BDF [ID [CYCLES]]
 *
 * That a small object a cycle would be noticed is shown with as many ids that a
 * PCI driver is told of.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "cxl_bind.h"
#include "cxl_dev.h"
#include "growth.h"
#include "module.h"
#include "tap.h"
#include "touch.h"

#define CYCLES 500
#define WARM_UP 10
#define LEN (4ul << 20)
#define REPORTS 5

static void cycle(void)
{
	uint32_t value = 1;
	struct cxl_dev dev;
	const char *said;
	void *map;
	int err;

	cxl_rebind();
	cxl_dev_open(&dev, cxl_bdf);
	map = cxl_mem_map(&dev, 0, LEN);
	if (map == MAP_FAILED)
		die("the memory cannot be mapped: %s", errname(errno));
	said = touch(map, true, &value);
	err = vfio_ioctl(dev.vfio.fd, VFIO_DEVICE_RESET, NULL);
	if (err)
		die("the device cannot be reset: %s", errname(err));
	if (touch(map, false, &value)[0] != 'o' || said[0] != 'o')
		die("the memory cannot be accessed");
	munmap(map, LEN);
	cxl_dev_close(&dev);
	err = pci_unbind(cxl_bdf);
	if (err)
		die("%s cannot be unbound: %s", cxl_bdf, errname(err));
}

static void check_planted(unsigned int cycles)
{
	struct memory_usage before, after;
	struct text grown = {};
	unsigned int i;

	memory_measure(&before);
	for (i = 0; i < cycles; i++)
		growth_plant(i);
	memory_measure(&after);
	growth_find(&before, &after, cycles, &grown);
	for (i = 0; i < cycles; i++)
		growth_remove(i);
	tap_ok(grown.len, "a small object a cycle is noticed: %s",
	       grown.len ? grown.data : "nothing found");
	text_free(&grown);
}

static void report(unsigned int done, const struct memory_usage *usage)
{
	tap_note("after %u cycles: %ld KiB free, %ld KiB of slabs", done,
		 memory_value(usage, "MemFree", 0),
		 memory_value(usage, "SUnreclaim", 0));
}

int main(int argc, char **argv)
{
	unsigned int i, cycles = argc > 3 ? atoi(argv[3]) : CYCLES;
	struct memory_usage before, after;
	struct text grown = {};
	int64_t start;

	cxl_bind_init(argc, argv);
	if (driver_ensure(&vfio_pci_driver))
		die("a driver cannot be loaded");
	tap_header();
	if (!memory_measure(&before))
		skip_all("the kernel shows no /proc/slabinfo");
	if (!growth_wait_quiet(cycles))
		skip_all("the machine is too busy for so few cycles");
	check_planted(cycles);
	for (i = 0; i < WARM_UP; i++)
		cycle();
	memory_measure(&before);
	report(0, &before);
	start = now_ms();
	for (i = 1; i <= cycles; i++) {
		cycle();
		if (i % (cycles / REPORTS ? cycles / REPORTS : 1) == 0) {
			memory_measure(&after);
			report(i, &after);
		}
	}
	tap_note("%u ms a cycle", (unsigned int)((now_ms() - start) / cycles));
	memory_measure(&after);
	growth_find(&before, &after, cycles, &grown);
	tap_ok(!grown.len, "%u cycles leave no memory behind%s%s", cycles,
	       grown.len ? ": " : "", grown.len ? grown.data : "");
	text_free(&grown);
	tap_finish();
}
