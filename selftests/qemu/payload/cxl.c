// SPDX-License-Identifier: GPL-2.0
#include <cxl/cxl_regs.h>

#include "cxl.h"
#include "pci.h"
#include "physical.h"

#define DVSEC_LENGTH(header1)	((header1) >> 20)
#define ATTEMPTS		1000

static uint32_t read(uint64_t address)
{
	return *(volatile uint32_t *)physical(address);
}

static void write(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)physical(address) = value;
}

static uint64_t find_hdm(uint64_t cm, uint32_t array)
{
	if ((array & CXL_CM_CAP_HDR_ID_MASK) != CM_CAP_HDR_CAP_ID)
		return 0;
	for (uint32_t i = 1; i <= array >> 24; i++) {
		uint32_t entry = read(cm + 4 * i);

		if ((entry & CXL_CM_CAP_HDR_ID_MASK) == CXL_CM_CAP_CAP_ID_HDM)
			return cm + (entry >> 20);
	}
	return 0;
}

int cxl_component(uint32_t function, struct component *component)
{
	uint32_t locator = pci_dvsec(function, CXL_DVSEC_VENDOR, CXL_DVSEC_REGISTER_LOCATOR);
	uint32_t end = locator ? DVSEC_LENGTH(pci_read(function, locator + 4)) : 0;

	for (uint32_t n = 0; CXL_REGLOC_ENTRY(n + 1) <= end; n++) {
		uint32_t low = pci_read(function, locator + CXL_REGLOC_ENTRY(n));

		if ((low & CXL_REGLOC_BLOCK_ID) >> 8 != CXL_REGLOC_BLOCK_COMPONENT)
			continue;
		component->bar = low & CXL_REGLOC_BIR;
		component->offset = (low & CXL_REGLOC_OFFSET_LOW) |
			(uint64_t)pci_read(function, locator + CXL_REGLOC_ENTRY(n) + 4) << 32;
		component->address = pci_bar(function, component->bar).address + component->offset;
		component->array = read(component->address + CXL_CM_OFFSET);
		component->hdm = find_hdm(component->address + CXL_CM_OFFSET, component->array);
		return 1;
	}
	return 0;
}

struct decoder cxl_decoder(const struct component *component)
{
	uint64_t hdm = component->hdm;

	return (struct decoder) {
		.base = (uint64_t)read(hdm + CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0)) << 32 |
			read(hdm + CXL_HDM_DECODER0_BASE_LOW_OFFSET(0)),
		.size = (uint64_t)read(hdm + CXL_HDM_DECODER0_SIZE_HIGH_OFFSET(0)) << 32 |
			read(hdm + CXL_HDM_DECODER0_SIZE_LOW_OFFSET(0)),
		.control = read(hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0)),
	};
}

int cxl_is_committed(const struct decoder *decoder)
{
	return !!(decoder->control & CXL_HDM_DECODER0_CTRL_COMMITTED);
}

/* Changes COMMIT and waits until COMMITTED says the same. */
static int set_commit(const struct component *component, int wanted)
{
	uint64_t control = component->hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0);
	uint32_t value = read(control) & ~(CXL_HDM_DECODER0_CTRL_COMMIT | CXL_HDM_DECODER0_CTRL_COMMITTED);

	write(control, wanted ? value | CXL_HDM_DECODER0_CTRL_COMMIT : value);
	for (int i = 0; i < ATTEMPTS; i++) {
		struct decoder decoder = cxl_decoder(component);

		if (cxl_is_committed(&decoder) == wanted)
			return 1;
	}
	return 0;
}

int cxl_release(const struct component *component)
{
	return set_commit(component, 0);
}

int cxl_commit(const struct component *component, uint64_t base, uint64_t size)
{
	uint64_t hdm = component->hdm;

	write(hdm + CXL_HDM_DECODER0_BASE_LOW_OFFSET(0), base);
	write(hdm + CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0), base >> 32);
	write(hdm + CXL_HDM_DECODER0_SIZE_LOW_OFFSET(0), size);
	write(hdm + CXL_HDM_DECODER0_SIZE_HIGH_OFFSET(0), size >> 32);
	write(hdm + CXL_HDM_DECODER_CTRL_OFFSET,
	      read(hdm + CXL_HDM_DECODER_CTRL_OFFSET) | CXL_HDM_DECODER_ENABLE);
	return set_commit(component, 1);
}
