// SPDX-License-Identifier: GPL-2.0
#define CREATE_TRACE_POINTS
#include "trace.h"

#include "helpers.h"

void cxl_vfio_trace_fault(struct pci_dev *pdev, u64 offset, unsigned int order, const char *outcome)
{
	trace_cxl_vfio_fault(pdev, offset, order, outcome);
}

void cxl_vfio_trace_gate(struct pci_dev *pdev, const char *state)
{
	trace_cxl_vfio_gate(pdev, state);
}

bool cxl_vfio_traces_register_writes(void)
{
	return trace_cxl_vfio_register_write_enabled();
}

void cxl_vfio_trace_register_write(struct pci_dev *pdev, const char *block, u32 offset,
				   unsigned int len, u64 value, const char *effect)
{
	trace_cxl_vfio_register_write(pdev, block, offset, len, value, effect);
}
