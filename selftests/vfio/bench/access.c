// SPDX-License-Identifier: GPL-2.0
/*
 * The time of one access of four bytes: to registers that have a shadow, and to
 * those that both drivers leave to vfio-pci-core. A run goes round all of them
 * often, with few accesses at a time, and takes the median: no slow moment meets
 * one of them alone, and none counts.
 */
#include <stdlib.h>
#include <linux/pci_regs.h>

#include "bench.h"

/* A turn is less than a millisecond. */
#define ROUNDS 101
#define ACCESSES 100

/* PCI: Vendor ID, which the core answers from its own copy, and Interrupt Line, which it keeps. */
#define VENDOR_ID 0x00
#define INTERRUPT_LINE 0x3c

struct probe {
	const char *name;
	struct vfio_dev *dev;
	uint32_t region;
	uint64_t offset;
	bool write;
	uint32_t value;		/* what is written: what was there */
	uint64_t ns[ROUNDS];	/* of a turn */
};

struct probes {
	unsigned int count;
	struct probe all[16];
};

static void add(struct probes *probes, const char *name, struct vfio_dev *dev,
		uint32_t region, uint64_t offset, bool write)
{
	struct probe *probe = &probes->all[probes->count++];

	*probe = (struct probe){
		.name = name,
		.dev = dev,
		.region = region,
		.offset = offset,
		.write = write,
	};
	if (vfio_region_read(dev, region, offset, &probe->value, 4) != 4)
		die("%s of %s cannot be read", name, dev->bdf);
}

/* A BAR that can be read and has no component registers, or -1. */
static int other_bar(struct vfio_dev *dev, uint32_t component_bar)
{
	for (uint32_t index = 0; index < VFIO_PCI_ROM_REGION_INDEX; index++) {
		struct vfio_region_info *info = vfio_region_info(dev, index);
		bool good = info && info->size && index != component_bar &&
			    info->flags & VFIO_REGION_INFO_FLAG_READ;

		free(info);
		if (good)
			return index;
	}
	return -1;
}

/* What both drivers serve alike, one after the other. */
static void add_common(struct probes *probes, struct cxl_dev *cxl,
		       struct vfio_dev *pci)
{
	uint32_t component_bar = cxl->cap.comp_reg_bar;
	unsigned int express = vfio_config_cap(&cxl->vfio, PCI_CAP_ID_EXP);
	int bar = other_bar(&cxl->vfio, component_bar);
	const struct {
		const char *name;
		int region;
		uint64_t offset;
		bool write;
	} common[] = {
		{ "config.read", VFIO_PCI_CONFIG_REGION_INDEX, VENDOR_ID, false },
		{ "config.write", VFIO_PCI_CONFIG_REGION_INDEX, INTERRUPT_LINE, true },
		{ "capability.write", VFIO_PCI_CONFIG_REGION_INDEX,
		  express + PCI_EXP_LNKCTL, true },
		{ "component-bar.read", component_bar, 0, false },
		{ "bar.read", bar, 0, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(common); i++) {
		if (common[i].region < 0)
			continue;
		add(probes, common[i].name, &cxl->vfio, common[i].region,
		    common[i].offset, common[i].write);
		if (pci)
			add(probes, common[i].name, pci, common[i].region,
			    common[i].offset, common[i].write);
	}
}

static void add_shadowed(struct probes *probes, struct cxl_dev *cxl)
{
	uint32_t config = VFIO_PCI_CONFIG_REGION_INDEX;
	uint32_t component = cxl->cap.comp_reg_region_idx;

	add(probes, "hdm.read", &cxl->vfio, component,
	    cxl->hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0), false);
	add(probes, "hdm.write", &cxl->vfio, component,
	    cxl->hdm + CXL_HDM_DECODER0_BASE_LOW_OFFSET(0), true);
	add(probes, "dvsec.read", &cxl->vfio, config, cxl->dvsec + 0x0c, false);
	add(probes, "dvsec.write", &cxl->vfio, config, cxl->dvsec + 0x20, true);
}

static void take_turn(struct probe *probe, unsigned int round)
{
	uint64_t start = now_ns();

	for (unsigned int i = 0; i < ACCESSES; i++) {
		ssize_t done = probe->write ?
			       vfio_region_write(probe->dev, probe->region,
						 probe->offset, &probe->value, 4) :
			       vfio_region_read(probe->dev, probe->region,
						probe->offset, &probe->value, 4);

		if (done != 4)
			die("%s of %s failed", probe->name, probe->dev->bdf);
	}
	probe->ns[round] = now_ns() - start;
}

void bench_access(const struct bench *bench)
{
	struct probes probes = {};
	struct cxl_dev cxl;
	struct vfio_dev pci;

	side_bind(bench->cxl, SIDE_CXL);
	cxl_dev_open(&cxl, bench->cxl);
	if (bench->pci) {
		side_bind(bench->pci, SIDE_PCI);
		vfio_dev_must_open(&pci, bench->pci, cxl_dev_mode());
		vfio_config_write(&pci, 4, 2, vfio_config_read(&pci, 4, 2) | 2);
	}
	add_common(&probes, &cxl, bench->pci ? &pci : NULL);
	add_shadowed(&probes, &cxl);
	for (unsigned int run = 0; run < bench->runs; run++) {
		for (unsigned int round = 0; round < ROUNDS; round++)
			for (unsigned int i = 0; i < probes.count; i++)
				take_turn(&probes.all[i], round);
		for (unsigned int i = 0; i < probes.count; i++) {
			struct probe *probe = &probes.all[i];

			sample((double)median(probe->ns, ROUNDS) / ACCESSES,
			       "access.%s.%s.ns", probe->name,
			       side_name(probe->dev == &pci ? SIDE_PCI : SIDE_CXL));
		}
	}
	if (bench->pci)
		vfio_dev_close(&pci);
	cxl_dev_close(&cxl);
}
