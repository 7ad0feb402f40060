// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include <cxl/cxl_regs.h>

#include "cxl.h"
#include "io.h"
#include "pci.h"

/* Reads of a register until it is given up: a VMM may answer at once or late. */
#define PATIENCE 100000

const char *cxl_find(uint64_t function, struct cxl *cxl)
{
	cxl->function = function;
	cxl->dvsec = pci_dvsec(function, CXL_DVSEC_VENDOR, CXL_DVSEC_DEVICE);
	if (!cxl->dvsec)
		return "CXL Device DVSEC";
	if (!(read16(cxl->dvsec + CXL_DVSEC_CAPABILITY) & CXL_DVSEC_CAP_MEM))
		return "memory";
	if (!component_find(function, &cxl->component))
		return "component registers";
	return cxl->component.hdm ? NULL : "HDM Decoder Capability";
}

uint64_t cxl_dvsec_base(struct cxl *cxl)
{
	return (uint64_t)read32(cxl->dvsec + CXL_DVSEC_RANGE_BASE_HIGH(0)) << 32 |
	       read32(cxl->dvsec + CXL_DVSEC_RANGE_BASE_LOW(0));
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
