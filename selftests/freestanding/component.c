// SPDX-License-Identifier: GPL-2.0
#include <cxl/cxl_regs.h>

#include "component.h"
#include "io.h"
#include "pci.h"

/* Reads of a register until it is given up: a VMM may answer at once or late. */
#define PATIENCE 100000

static uint64_t find_hdm(uint64_t array, uint32_t header)
{
	uint32_t element;
	unsigned int i;

	if ((header & CXL_CM_CAP_HDR_ID_MASK) != CM_CAP_HDR_CAP_ID)
		return 0;
	for (i = 1; i <= header >> 24; i++) {
		element = read32(array + 4 * i);
		if ((element & CXL_CM_CAP_HDR_ID_MASK) == CXL_CM_CAP_CAP_ID_HDM)
			return array + (element >> 20);
	}
	return 0;
}

bool component_find(uint64_t function, struct component *component)
{
	uint64_t locator = pci_dvsec(function, CXL_DVSEC_VENDOR, CXL_DVSEC_REGISTER_LOCATOR), bar;
	uint32_t end = locator ? pci_dvsec_length(locator) : 0, low;
	unsigned int n;

	for (n = 0; CXL_REGLOC_ENTRY(n + 1) <= end; n++) {
		low = read32(locator + CXL_REGLOC_ENTRY(n));
		if ((low & CXL_REGLOC_BLOCK_ID) >> 8 != CXL_REGLOC_BLOCK_COMPONENT)
			continue;
		component->bar = low & CXL_REGLOC_BIR;
		bar = component->bar < PCI_BARS ? pci_bar_address(function, component->bar) : 0;
		if (!bar)
			return false;
		component->offset = (low & CXL_REGLOC_OFFSET_LOW) |
				    (uint64_t)read32(locator + CXL_REGLOC_ENTRY(n) + 4) << 32;
		component->address = bar + component->offset;
		component->array = read32(component->address + CXL_CM_OFFSET);
		component->hdm = find_hdm(component->address + CXL_CM_OFFSET, component->array);
		return true;
	}
	return false;
}

static uint64_t read_pair(const struct component *component, unsigned int low, unsigned int high)
{
	return (uint64_t)read32(component->hdm + high) << 32 | read32(component->hdm + low);
}

static void write_pair(const struct component *component, unsigned int low, unsigned int high, uint64_t value)
{
	write32(component->hdm + low, value);
	write32(component->hdm + high, value >> 32);
}

static uint32_t read_control(const struct component *component)
{
	return read32(component->hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0));
}

static void write_control(const struct component *component, uint32_t value)
{
	write32(component->hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0), value);
}

struct decoder decoder_read(const struct component *component)
{
	return (struct decoder) {
		.base = read_pair(component, CXL_HDM_DECODER0_BASE_LOW_OFFSET(0), CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0)),
		.size = read_pair(component, CXL_HDM_DECODER0_SIZE_LOW_OFFSET(0), CXL_HDM_DECODER0_SIZE_HIGH_OFFSET(0)),
		.control = read_control(component),
	};
}

bool decoder_is_committed(const struct component *component)
{
	return read_control(component) & CXL_HDM_DECODER0_CTRL_COMMITTED;
}

bool decoder_is_locked(const struct component *component)
{
	const uint32_t locked = CXL_HDM_DECODER0_CTRL_COMMITTED | CXL_HDM_DECODER0_CTRL_LOCK;

	return (read_control(component) & locked) == locked;
}

bool decoder_release(const struct component *component)
{
	unsigned int left = PATIENCE;

	write_control(component, read_control(component) & ~CXL_HDM_DECODER0_CTRL_COMMIT);
	/* A locked decoder keeps COMMIT: it says at once that it is not released. */
	while (decoder_is_committed(component) && !(read_control(component) & CXL_HDM_DECODER0_CTRL_COMMIT) && left--)
		;
	return !decoder_is_committed(component);
}

bool decoder_commit(const struct component *component, uint64_t base, uint64_t size)
{
	const uint32_t ended = CXL_HDM_DECODER0_CTRL_COMMITTED | CXL_HDM_DECODER0_CTRL_COMMIT_ERROR;
	unsigned int left = PATIENCE;

	write_pair(component, CXL_HDM_DECODER0_BASE_LOW_OFFSET(0), CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0), base);
	write_pair(component, CXL_HDM_DECODER0_SIZE_LOW_OFFSET(0), CXL_HDM_DECODER0_SIZE_HIGH_OFFSET(0), size);
	write32(component->hdm + CXL_HDM_DECODER_CTRL_OFFSET,
		read32(component->hdm + CXL_HDM_DECODER_CTRL_OFFSET) | CXL_HDM_DECODER_ENABLE);
	write_control(component, read_control(component) | CXL_HDM_DECODER0_CTRL_COMMIT);
	while (!(read_control(component) & ended) && left--)
		;
	return decoder_is_committed(component);
}
