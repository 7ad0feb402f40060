// SPDX-License-Identifier: GPL-2.0
/* The time to bind, open, reset and close a device, and to unbind it. */
#include <stdlib.h>

#include "bench.h"
#include "ktrace.h"

/* What cxl-core does of binding. */
static const char *const core[] = {
	"begin devm_cxl_probe_mem", "r:end devm_cxl_probe_mem",
};

static void once(const struct bench *bench, enum side side, bool traces)
{
	const char *name = side_name(side);
	struct vfio_dev dev;
	uint64_t start;
	double core_s;

	pci_unbind(bench->cxl);
	start = now_ns();
	side_bind(bench->cxl, side);
	sample(now_ns() - start, "life.bind.%s.ns", name);
	if (traces && side == SIDE_CXL) {
		core_s = ktrace_seconds("begin", "end");
		if (!core_s)
			die("cxl-core was not seen at work");
		sample(1e9 * core_s, "life.core.ns");
	}
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
	bool traces;

	/* It is loaded before its function is traced. */
	side_bind(bench->cxl, SIDE_CXL);
	traces = ktrace_start(core, ARRAY_SIZE(core));
	for (unsigned int run = 0; run < bench->runs; run++)
		for (enum side side = 0; side < SIDES; side++)
			once(bench, side, traces);
	ktrace_stop();
}
