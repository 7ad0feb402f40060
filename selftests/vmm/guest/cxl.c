// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include <cxl/cxl_regs.h>

#include "cxl.h"
#include "io.h"

/* Reads of a register until it is given up: a VMM may answer at once or late. */
#define PATIENCE 100000

/* Address of the component register block, from the Register Locator DVSEC. */
static uint64_t component_block(struct function *pci)
{
	uint64_t locator = pci_dvsec(pci, CXL_DVSEC_VENDOR, CXL_DVSEC_REGISTER_LOCATOR);
	unsigned int i, count;
	uint32_t low, bar;

	if (!locator)
		return 0;
	count = ((read32(locator + 4) >> 20) - CXL_REGLOC_ENTRY(0)) / 8;
	for (i = 0; i < count; i++) {
		low = read32(locator + CXL_REGLOC_ENTRY(i));
		bar = low & CXL_REGLOC_BIR;
		if ((low & CXL_REGLOC_BLOCK_ID) >> 8 != CXL_REGLOC_BLOCK_COMPONENT)
			continue;
		if (bar >= PCI_BARS || !pci->bar[bar])
			return 0;
		return pci->bar[bar] + (low & CXL_REGLOC_OFFSET_LOW) +
		       ((uint64_t)read32(locator + CXL_REGLOC_ENTRY(i) + 4) << 32);
	}
	return 0;
}

const char *cxl_find(struct function *pci, struct cxl *cxl)
{
	uint32_t header, element;
	uint64_t array;
	unsigned int i;

	cxl->pci = pci;
	cxl->dvsec = pci_dvsec(pci, CXL_DVSEC_VENDOR, CXL_DVSEC_DEVICE);
	if (!cxl->dvsec)
		return "CXL Device DVSEC";
	if (!(read16(cxl->dvsec + CXL_DVSEC_CAPABILITY) & CXL_DVSEC_CAP_MEM))
		return "memory";
	cxl->block = component_block(pci);
	if (!cxl->block)
		return "component registers";
	array = cxl->block + CXL_CM_OFFSET;
	header = read32(array);
	if ((header & CXL_CM_CAP_HDR_ID_MASK) != CM_CAP_HDR_CAP_ID)
		return "capability array";
	for (i = 1; i <= header >> 24; i++) {
		element = read32(array + 4 * i);
		if ((element & CXL_CM_CAP_HDR_ID_MASK) == CXL_CM_CAP_CAP_ID_HDM) {
			cxl->hdm = array + (element >> 20);
			return NULL;
		}
	}
	return "HDM Decoder Capability";
}

static uint32_t control(struct cxl *cxl)
{
	return read32(cxl->hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0));
}

static uint64_t read_pair(struct cxl *cxl, unsigned int low, unsigned int high)
{
	return (uint64_t)read32(cxl->hdm + high) << 32 | read32(cxl->hdm + low);
}

static void write_pair(struct cxl *cxl, unsigned int low, unsigned int high, uint64_t value)
{
	write32(cxl->hdm + low, value);
	write32(cxl->hdm + high, value >> 32);
}

bool cxl_committed(struct cxl *cxl)
{
	return control(cxl) & CXL_HDM_DECODER0_CTRL_COMMITTED;
}

bool cxl_locked(struct cxl *cxl)
{
	return cxl_committed(cxl) && control(cxl) & CXL_HDM_DECODER0_CTRL_LOCK;
}

struct range cxl_range(struct cxl *cxl)
{
	struct range range = {
		.base = read_pair(cxl, CXL_HDM_DECODER0_BASE_LOW_OFFSET(0), CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0)),
		.size = read_pair(cxl, CXL_HDM_DECODER0_SIZE_LOW_OFFSET(0), CXL_HDM_DECODER0_SIZE_HIGH_OFFSET(0)),
	};

	return range;
}

uint64_t cxl_dvsec_base(struct cxl *cxl)
{
	return (uint64_t)read32(cxl->dvsec + CXL_DVSEC_RANGE_BASE_HIGH(0)) << 32 |
	       read32(cxl->dvsec + CXL_DVSEC_RANGE_BASE_LOW(0));
}

bool cxl_commit(struct cxl *cxl, uint64_t base, uint64_t size)
{
	unsigned int left = PATIENCE;

	write_pair(cxl, CXL_HDM_DECODER0_BASE_LOW_OFFSET(0), CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0), base);
	write_pair(cxl, CXL_HDM_DECODER0_SIZE_LOW_OFFSET(0), CXL_HDM_DECODER0_SIZE_HIGH_OFFSET(0), size);
	write32(cxl->hdm + CXL_HDM_DECODER_CTRL_OFFSET,
		read32(cxl->hdm + CXL_HDM_DECODER_CTRL_OFFSET) | CXL_HDM_DECODER_ENABLE);
	write32(cxl->hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0), control(cxl) | CXL_HDM_DECODER0_CTRL_COMMIT);
	while (!(control(cxl) & (CXL_HDM_DECODER0_CTRL_COMMITTED | CXL_HDM_DECODER0_CTRL_COMMIT_ERROR)) &&
	       left--)
		;
	return cxl_committed(cxl);
}

bool cxl_release(struct cxl *cxl)
{
	write32(cxl->hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0), control(cxl) & ~CXL_HDM_DECODER0_CTRL_COMMIT);
	return !cxl_committed(cxl);
}

bool cxl_can_reset(struct cxl *cxl)
{
	return read16(cxl->dvsec + CXL_DVSEC_CAPABILITY) & CXL_DVSEC_CAP_RESET;
}

bool cxl_reset(struct cxl *cxl)
{
	const uint16_t ended = CXL_DVSEC_STATUS2_RESET_COMPLETE | CXL_DVSEC_STATUS2_RESET_ERROR;
	unsigned int left = PATIENCE;
	uint16_t status;

	write16(cxl->dvsec + CXL_DVSEC_CONTROL2, CXL_DVSEC_CTRL2_INITIATE_RESET);
	do
		status = read16(cxl->dvsec + CXL_DVSEC_STATUS2);
	while (!(status & ended) && left--);
	return (status & ended) == CXL_DVSEC_STATUS2_RESET_COMPLETE;
}
