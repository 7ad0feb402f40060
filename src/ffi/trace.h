/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints. What a guest can trigger is said here and not in the kernel log. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cxl_vfio_pci

#if !defined(CXL_VFIO_PCI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define CXL_VFIO_PCI_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>

TRACE_EVENT(cxl_vfio_fault,
	TP_PROTO(struct pci_dev *pdev, u64 offset, unsigned int order,
		 const char *outcome),
	TP_ARGS(pdev, offset, order, outcome),
	TP_STRUCT__entry(
		__string(device, pci_name(pdev))
		__field(u64, offset)
		__field(unsigned int, order)
		__string(outcome, outcome)
	),
	TP_fast_assign(
		__assign_str(device);
		__entry->offset = offset;
		__entry->order = order;
		__assign_str(outcome);
	),
	TP_printk("%s offset=%#llx order=%u %s", __get_str(device),
		  __entry->offset, __entry->order, __get_str(outcome))
);

TRACE_EVENT(cxl_vfio_gate,
	TP_PROTO(struct pci_dev *pdev, const char *state),
	TP_ARGS(pdev, state),
	TP_STRUCT__entry(
		__string(device, pci_name(pdev))
		__string(state, state)
	),
	TP_fast_assign(
		__assign_str(device);
		__assign_str(state);
	),
	TP_printk("%s %s", __get_str(device), __get_str(state))
);

TRACE_EVENT(cxl_vfio_register_write,
	TP_PROTO(struct pci_dev *pdev, const char *block, u32 offset,
		 unsigned int len, u64 value, const char *effect),
	TP_ARGS(pdev, block, offset, len, value, effect),
	TP_STRUCT__entry(
		__string(device, pci_name(pdev))
		__string(block, block)
		__field(u32, offset)
		__field(unsigned int, len)
		__field(u64, value)
		__string(effect, effect)
	),
	TP_fast_assign(
		__assign_str(device);
		__assign_str(block);
		__entry->offset = offset;
		__entry->len = len;
		__entry->value = value;
		__assign_str(effect);
	),
	TP_printk("%s %s+%#x len=%u value=%#llx effect=%s", __get_str(device),
		  __get_str(block), __entry->offset, __entry->len,
		  __entry->value, __get_str(effect))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
