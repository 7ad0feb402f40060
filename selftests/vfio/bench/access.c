// SPDX-License-Identifier: GPL-2.0
/*
 * The time of one access of four bytes: to a register that has a shadow, and to
 * those that both drivers leave to vfio-pci-core.
 */
#include <stdlib.h>

#include "bench.h"

/* Enough for the clock, little enough to take turns. */
#define ACCESSES 2000

/* PCI: Vendor ID, which the core answers from its own copy, and Interrupt Line, which it keeps. */
#define VENDOR_ID 0x00
#define INTERRUPT_LINE 0x3c

static void repeat_read(struct vfio_dev *dev, uint32_t region, uint64_t offset,
			const char *name, enum side side)
{
	uint64_t start = now_ns();
	uint32_t value;

	for (unsigned int i = 0; i < ACCESSES; i++)
		if (vfio_region_read(dev, region, offset, &value, 4) != 4)
			die("%s cannot be read", name);
	sample((double)(now_ns() - start) / ACCESSES, "access.%s.read.%s.ns",
	       name, side_name(side));
}

static void repeat_write(struct vfio_dev *dev, uint32_t region,
			 uint64_t offset, const char *name, enum side side)
{
	uint64_t start;
	uint32_t value;

	if (vfio_region_read(dev, region, offset, &value, 4) != 4)
		die("%s cannot be read", name);
	start = now_ns();
	for (unsigned int i = 0; i < ACCESSES; i++)
		if (vfio_region_write(dev, region, offset, &value, 4) != 4)
			die("%s cannot be written", name);
	sample((double)(now_ns() - start) / ACCESSES, "access.%s.write.%s.ns",
	       name, side_name(side));
}

/* What both drivers serve alike. @bar is one without component registers. */
static void common(struct vfio_dev *dev, int bar, enum side side)
{
	repeat_read(dev, VFIO_PCI_CONFIG_REGION_INDEX, VENDOR_ID, "config",
		    side);
	repeat_write(dev, VFIO_PCI_CONFIG_REGION_INDEX, INTERRUPT_LINE,
		     "config", side);
	if (bar >= 0)
		repeat_read(dev, bar, 0, "bar", side);
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

void bench_access(const struct bench *bench)
{
	uint32_t component_bar;
	int bar;

	for (unsigned int run = 0; run < bench->runs; run++) {
		struct cxl_dev cxl;
		struct vfio_dev pci;

		side_bind(bench->cxl, SIDE_CXL);
		cxl_dev_open(&cxl, bench->cxl);
		component_bar = cxl.cap.comp_reg_bar;
		bar = other_bar(&cxl.vfio, component_bar);
		common(&cxl.vfio, bar, SIDE_CXL);
		repeat_read(&cxl.vfio, component_bar, 0, "component-bar",
			    SIDE_CXL);
		repeat_read(&cxl.vfio, cxl.cap.comp_reg_region_idx,
			    cxl.hdm + CXL_HDM_DECODER_CTRL(0), "hdm", SIDE_CXL);
		repeat_write(&cxl.vfio, cxl.cap.comp_reg_region_idx,
			     cxl.hdm + CXL_HDM_DECODER_BASE_LOW(0), "hdm",
			     SIDE_CXL);
		repeat_read(&cxl.vfio, VFIO_PCI_CONFIG_REGION_INDEX,
			    cxl.dvsec + 0x0c, "dvsec", SIDE_CXL);
		repeat_write(&cxl.vfio, VFIO_PCI_CONFIG_REGION_INDEX,
			     cxl.dvsec + 0x20, "dvsec", SIDE_CXL);
		cxl_dev_close(&cxl);

		side_bind(bench->cxl, SIDE_PCI);
		vfio_dev_must_open(&pci, bench->cxl, cxl_dev_mode());
		vfio_config_write(&pci, 4, 2, vfio_config_read(&pci, 4, 2) | 2);
		common(&pci, bar, SIDE_PCI);
		repeat_read(&pci, component_bar, 0, "component-bar", SIDE_PCI);
		vfio_dev_close(&pci);
	}
}
