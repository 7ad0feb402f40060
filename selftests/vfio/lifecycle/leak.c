// SPDX-License-Identifier: GPL-2.0
/*
 * Cycles of binding and unbinding, loading and unloading, leave no memory
 * behind.
 *
 * A leak of one object a cycle grows a slab cache by as many objects as there
 * were cycles, and a leak of a page by as many pages. Caches also grow and
 * shrink on their own, by what each CPU keeps at hand and most of all after a
 * boot: the check waits until that is less than half an object a cycle, else it
 * could not tell. That it can is then shown with a real leak: an entry a cycle
 * in the list of dynamic ids of a PCI driver, which is as small as anything that
 * a driver could forget.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lifecycle.h"
#include "growth.h"

/* The first cycles fill caches. */
#define WARM_UP 10
#define MAX_ROUNDS 3

static void bind_cycle(struct lifecycle *l, unsigned int i)
{
	must_bind(l->bdf, l->driver);
	if (pci_unbind(l->bdf))
		die("%s cannot be unbound", l->bdf);
}

static void planted_cycle(struct lifecycle *l, unsigned int i)
{
	bind_cycle(l, i);
	growth_plant(i);
}

static void load_cycle(struct lifecycle *l, unsigned int i)
{
	struct vfio_dev dev;

	must_reload(l->driver, "");
	must_bind(l->bdf, l->driver);
	vfio_dev_must_open(&dev, l->bdf, VFIO_MODE_CONTAINER);
	vfio_dev_close(&dev);
	if (pci_unbind(l->bdf))
		die("%s cannot be unbound", l->bdf);
}

/*
 * Run cycles and leave in @grown what grew by more than it may. A leak grows
 * with the cycles and noise does not, so what looks like one in the first round
 * must still do so in further rounds. Returns the number of cycles.
 */
static unsigned int run(struct lifecycle *l, struct text *grown, int rounds,
			void (*cycle)(struct lifecycle *l, unsigned int i))
{
	struct memory_usage before, after;
	unsigned int i, done = 0;

	for (i = 0; i < WARM_UP; i++)
		cycle(l, i);
	memory_measure(&before);
	while (rounds--) {
		for (i = 0; i < l->cycles; i++)
			cycle(l, WARM_UP + done++);
		memory_measure(&after);
		text_clear(grown);
		growth_find(&before, &after, done, grown);
		if (!grown->len)
			break;
	}
	return done;
}

static void check(struct lifecycle *l, const char *what,
		  void (*cycle)(struct lifecycle *l, unsigned int i))
{
	struct text grown = {};
	unsigned int done = run(l, &grown, MAX_ROUNDS, cycle);

	tap_ok(!grown.len, "%u times %s leave no memory behind%s%s", done,
	       what, grown.len ? ": " : "", grown.len ? grown.data : "");
	text_free(&grown);
}

/* Number in the name of the device's vfio device: the lowest that is free. */
static int vfio_index(const char *bdf)
{
	char path[128];
	struct dirent *entry;
	int index = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "vfio", 4))
			index = atoi(entry->d_name + 4);
	if (dir)
		closedir(dir);
	return index;
}

static int bound_index(struct lifecycle *l)
{
	int index;

	must_bind(l->bdf, l->driver);
	index = vfio_index(l->bdf);
	pci_unbind(l->bdf);
	return index;
}

void test_leak(struct lifecycle *l)
{
	struct memory_usage usage;
	struct text grown = {};
	unsigned int i;
	int index;

	l->driver = &cxl_vfio_pci_driver;
	if (!memory_measure(&usage)) {
		tap_skip("the kernel shows no /proc/slabinfo", "leaks");
		return;
	}
	if (!tap_ok(growth_wait_quiet(l->cycles),
		    "the machine is quiet enough to notice a leak in %u cycles",
		    l->cycles))
		return;
	run(l, &grown, 1, planted_cycle);
	for (i = 0; i < WARM_UP + l->cycles; i++)
		growth_remove(i);
	tap_ok(grown.len, "a small object a cycle is noticed: %s",
	       grown.len ? grown.data : "nothing found");
	text_free(&grown);

	index = bound_index(l);
	check(l, "binding and unbinding", bind_cycle);
	check(l, "loading, binding, opening, closing, unbinding and unloading",
	      load_cycle);
	i = bound_index(l);
	tap_ok((int)i == index, "the vfio device is number %d again, was %d", i,
	       index);
}
