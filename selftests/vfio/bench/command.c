// SPDX-License-Identifier: GPL-2.0
/*
 * The time of a write to the command register that switches Memory Space off or
 * on, while nothing is mapped. What the driver does beside vfio-pci is to close
 * the window and to open it.
 */
#include <linux/pci_regs.h>

#include "bench.h"

#define ROUNDS 31

static void toggle(struct vfio_dev *dev, uint64_t *off, uint64_t *on)
{
	uint32_t command = vfio_config_read(dev, PCI_COMMAND, 2) | PCI_COMMAND_MEMORY;
	uint64_t start = now_ns();

	vfio_config_write(dev, PCI_COMMAND, 2, command & ~PCI_COMMAND_MEMORY);
	*off = now_ns() - start;
	start = now_ns();
	vfio_config_write(dev, PCI_COMMAND, 2, command);
	*on = now_ns() - start;
}

void bench_command(const struct bench *bench)
{
	uint64_t off[SIDES][ROUNDS], on[SIDES][ROUNDS];
	struct vfio_dev pci, *devs[SIDES];
	struct cxl_dev cxl;

	if (!bench->pci)
		return;
	side_bind(bench->cxl, SIDE_CXL);
	cxl_dev_open(&cxl, bench->cxl);
	side_bind(bench->pci, SIDE_PCI);
	vfio_dev_must_open(&pci, bench->pci, cxl_dev_mode());
	devs[SIDE_CXL] = &cxl.vfio;
	devs[SIDE_PCI] = &pci;
	for (unsigned int run = 0; run < bench->runs; run++) {
		for (unsigned int round = 0; round < ROUNDS; round++)
			for (enum side side = 0; side < SIDES; side++)
				toggle(devs[side], &off[side][round], &on[side][round]);
		for (enum side side = 0; side < SIDES; side++) {
			sample(median(off[side], ROUNDS), "command.off.%s.ns", side_name(side));
			sample(median(on[side], ROUNDS), "command.on.%s.ns", side_name(side));
		}
	}
	vfio_dev_close(&pci);
	cxl_dev_close(&cxl);
}
