// SPDX-License-Identifier: GPL-2.0
/* The time to bind, open, reset and close a device, and to unbind it. */
#include <stdlib.h>

#include "bench.h"

static void once(const struct bench *bench, enum side side)
{
	const char *name = side_name(side);
	struct vfio_dev dev;
	uint64_t start;

	pci_unbind(bench->cxl);
	start = now_ns();
	side_bind(bench->cxl, side);
	sample(now_ns() - start, "life.bind.%s.ns", name);
	start = now_ns();
	vfio_dev_must_open(&dev, bench->cxl, cxl_dev_mode());
	sample(now_ns() - start, "life.open.%s.ns", name);
	start = now_ns();
	if (vfio_ioctl(dev.fd, VFIO_DEVICE_RESET, NULL))
		die("%s cannot be reset", bench->cxl);
	sample(now_ns() - start, "life.reset.%s.ns", name);
	start = now_ns();
	vfio_dev_close(&dev);
	sample(now_ns() - start, "life.close.%s.ns", name);
	start = now_ns();
	pci_unbind(bench->cxl);
	sample(now_ns() - start, "life.unbind.%s.ns", name);
}

void bench_life(const struct bench *bench)
{
	for (unsigned int run = 0; run < bench->runs; run++)
		for (enum side side = 0; side < SIDES; side++)
			once(bench, side);
}
