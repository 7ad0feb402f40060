// SPDX-License-Identifier: GPL-2.0
#include <cxl/cxl_regs.h>

#include "engine.h"
#include "io.h"
#include "pci.h"

#define ID		0x00c21b36
#define MAGIC		0x32545843	/* "CXT2" */
#define BUS_LOW		0x14
#define BUS_HIGH	0x18
#define DEVICE_LOW	0x1c
#define DEVICE_HIGH	0x2c
#define LENGTH		0x20
#define START		0x24
#define   TO_DEVICE	1
#define   TO_HOST	2
#define STATUS		0x28
#define   DONE		1

uint64_t engine_find(struct cxl *cxl)
{
	const uint64_t behind = cxl->component.address + CXL_COMPONENT_REG_BLOCK_SIZE;
	uint64_t bar;
	unsigned int i;

	if (read32(cxl->function + PCI_VENDOR_ID) != ID)
		return 0;
	for (i = 0; i < PCI_BARS; i++) {
		bar = pci_bar_address(cxl->function, i);
		if (bar && read32(bar) == MAGIC)
			return bar;
	}
	return read32(behind) == MAGIC ? behind : 0;
}

bool engine_copy(uint64_t engine, uint64_t bus, uint64_t device, uint32_t size, bool to_device)
{
	write32(engine + BUS_LOW, bus);
	write32(engine + BUS_HIGH, bus >> 32);
	write32(engine + DEVICE_LOW, device);
	write32(engine + DEVICE_HIGH, device >> 32);
	write32(engine + LENGTH, size);
	write32(engine + START, to_device ? TO_DEVICE : TO_HOST);
	return read32(engine + STATUS) == DONE;
}
