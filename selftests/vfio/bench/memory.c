// SPDX-License-Identifier: GPL-2.0
/* Kernel memory: of the module, of a bound device, and of an open one. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "memory.h"

static double kernel_bytes(void)
{
	static struct memory_usage usage;

	if (!memory_measure(&usage))
		die("the kernel shows no slab counters");
	return memory_bytes(&usage);
}

static void bind_all(const char * const *bdfs, unsigned int count,
		     enum side side)
{
	for (unsigned int i = 0; i < count; i++)
		side_bind(bdfs[i], side);
}

static void unbind_all(const char * const *bdfs, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		pci_unbind(bdfs[i]);
}

static void measure(const char * const *bdfs, unsigned int count,
		    enum side side)
{
	struct vfio_dev *devs = xcalloc(count, sizeof(*devs));
	double before, bound, open;

	/* What is allocated once and kept is not the device's. */
	bind_all(bdfs, count, side);
	unbind_all(bdfs, count);
	before = kernel_bytes();
	bind_all(bdfs, count, side);
	bound = kernel_bytes();
	for (unsigned int i = 0; i < count; i++)
		vfio_dev_must_open(&devs[i], bdfs[i], cxl_dev_mode());
	open = kernel_bytes();
	for (unsigned int i = 0; i < count; i++)
		vfio_dev_close(&devs[i]);
	unbind_all(bdfs, count);
	free(devs);
	sample((bound - before) / count, "memory.bound.%s.bytes",
	       side_name(side));
	sample((open - bound) / count, "memory.open.%s.bytes",
	       side_name(side));
}

static void module_size(const char *module)
{
	char path[256], text[64];

	snprintf(path, sizeof(path), "/sys/module/%s/coresize", module);
	if (file_read(path, text, sizeof(text)) > 0)
		sample(atol(text), "memory.module.%s.bytes", module);
}

void bench_memory(const char * const *bdfs, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		pci_unbind(bdfs[i]);
	for (unsigned int run = 0; run < 3; run++)
		for (enum side side = 0; side < SIDES; side++)
			measure(bdfs, count, side);
	module_size("cxl_vfio_pci");
	module_size("vfio_pci");
	module_size("vfio_pci_core");
}
