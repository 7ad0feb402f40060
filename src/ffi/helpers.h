/* SPDX-License-Identifier: GPL-2.0 */
/* C of the kernel that Rust cannot call: static inlines and macros, one function each. */
#ifndef CXL_VFIO_PCI_HELPERS_H
#define CXL_VFIO_PCI_HELPERS_H

#include <linux/memory-failure.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

extern const struct pci_device_id cxl_vfio_pci_table[];

/* What one entry of each level of the kernel's page tables maps, as a power of two in bytes. */
enum cxl_vfio_level {
	CXL_VFIO_PTE_SHIFT = PAGE_SHIFT,
	CXL_VFIO_PMD_SHIFT = PMD_SHIFT,
	CXL_VFIO_PUD_SHIFT = PUD_SHIFT,
};

void cxl_vfio_put_device(struct vfio_device *vdev);

/* Announces the device of @pdev, which is complete, to cxl_vfio_enter(). */
int cxl_vfio_announce(struct pci_dev *pdev, void *device);
/* Returns when nobody uses it who found it; @pdev need not be announced. */
void cxl_vfio_retract(struct pci_dev *pdev);
/* The device of @pdev, NULL if it has none; valid until cxl_vfio_leave(). */
void *cxl_vfio_enter(struct pci_dev *pdev, int *caller);
void cxl_vfio_leave(int caller);
/* Returns when nobody is on his way into or out of a callback that nobody can find any more. */
void cxl_vfio_wait_for_callers(void);

bool cxl_vfio_is_cxl(struct pci_dev *pdev);
bool cxl_vfio_is_disconnected(struct pci_dev *pdev);
bool cxl_vfio_may_use_ats(struct pci_dev *pdev);
bool cxl_vfio_is_in_d0(struct pci_dev *pdev);
bool cxl_vfio_passes_bus_resets(struct pci_dev *pdev);
/* By FLR, or by D3hot: whatever the administrator's reset_method is, of which the PCI core does not tell. */
bool cxl_vfio_may_be_reset_alone(struct pci_dev *pdev);
bool cxl_vfio_bar_is_memory(struct pci_dev *pdev, int bar);

/* Whether the kernel has a mapping of memory write-back. */
bool cxl_vfio_is_write_back(const void *mapping);

/* Returns the number of bytes that were not copied because a load met poison. */
size_t cxl_vfio_copy_from_memory(void *to, const void *from, size_t count);
void cxl_vfio_copy_to_memory(void *to, const void *from, size_t count);

/* Claims a range of physical memory exclusively; NULL if it is taken. */
struct resource *cxl_vfio_claim(resource_size_t start, resource_size_t len, const char *name);
void cxl_vfio_release_claim(resource_size_t start, resource_size_t len);

void cxl_vfio_pagefault_disable(void);
void cxl_vfio_pagefault_enable(void);

bool cxl_vfio_fatal_signal_pending(void);
/* Whether a signal can end what the current task waits for. */
bool cxl_vfio_can_be_killed(void);
/* A sleep that a fatal signal ends. */
void cxl_vfio_sleep_killable(unsigned int ms);
/* The same in a wait that may be long: it does not keep the system from sleeping. */
void cxl_vfio_wait_killable(unsigned int ms);
int cxl_vfio_runtime_get(struct device *dev);
bool cxl_vfio_runtime_get_if_awake(struct device *dev);
void cxl_vfio_runtime_put(struct device *dev);

/* Makes a new area one of a device's pages, which nothing but @ops maps. */
void cxl_vfio_vma_take(struct vm_area_struct *vma, const struct vm_operations_struct *ops, void *data);
void cxl_vfio_vma_uncached(struct vm_area_struct *vma);
int cxl_vfio_vma_may_split(struct vm_area_struct *vma, unsigned long addr);
void cxl_vfio_vma_open(struct vm_area_struct *vma);

/*
 * Whether a fault that has to wait is asked for again afterwards. If it may wait at all, the lock of its area is given up:
 * @file keeps the device until it is put, and @vmf is used no more.
 */
bool cxl_vfio_unlock_fault(struct vm_fault *vmf, struct file **file);
void cxl_vfio_put_file(struct file *file);

int cxl_vfio_register_pfns(struct pfn_address_space *space);
void cxl_vfio_unregister_pfns(struct pfn_address_space *space);


vm_fault_t cxl_vfio_insert_pfn(struct vm_fault *vmf, unsigned long pfn, unsigned int order);

/* Maps what is not mapped of @len bytes at @start in the area of @vmf, whose own page is mapped; @pfn is the first of them. */
void cxl_vfio_map_around(struct vm_fault *vmf, unsigned long start, unsigned long len, unsigned long pfn);

/* Whether the reset worked with which the core opened the device. */
bool cxl_vfio_was_reset(struct vfio_pci_core_device *vdev);
void cxl_vfio_disable_idle_d3(struct vfio_pci_core_device *vdev);

/* Whether another function that a CXL Reset of this one resets, too, has a driver. */
bool cxl_vfio_shares_cxl_reset(struct pci_dev *pdev);
struct cxl_vfio_quiet;
int cxl_vfio_quiesce(struct vfio_pci_core_device *vdev, struct cxl_vfio_quiet **quiet);
void cxl_vfio_restore(struct cxl_vfio_quiet *quiet);
void cxl_vfio_unquiesce(struct cxl_vfio_quiet *quiet);

/* -ENOTTY if the kernel cannot reset the bus of @pdev, -EBUSY if another function there has a driver. */
int cxl_vfio_may_reset_bus(struct pci_dev *pdev);
/* Does so, without a lock held, and calls the handlers of resets. Returns 0 only if the port above passed the reset on. */
int cxl_vfio_reset_bus(struct pci_dev *pdev);

/* Whether a message that a user can cause may be logged now. */
bool cxl_vfio_may_log(void);

/* Has @suspend called for @pdev's driver before the system sleeps; the rest of its operations stay the core's. */
void cxl_vfio_call_before_sleep(struct pci_dev *pdev, int (*suspend)(struct device *dev));

/* The internal errors that were masked before. */
struct cxl_vfio_masked {
	u32 uncorrectable;
	u32 correctable;
};

/* False if firmware handles the function's errors. */
bool cxl_vfio_unmask_internal_errors(struct pci_dev *pdev, struct cxl_vfio_masked *masked);
bool cxl_vfio_report_errors(struct pci_dev *pdev);
void cxl_vfio_mask_internal_errors(struct pci_dev *pdev, const struct cxl_vfio_masked *masked);
void cxl_vfio_log_uncorrectable(struct pci_dev *pdev, u32 status, u32 first, u32 header);
void cxl_vfio_log_correctable(struct pci_dev *pdev, u32 status);

void cxl_vfio_trace_fault(struct pci_dev *pdev, u64 offset, unsigned int order, const char *outcome);
void cxl_vfio_trace_gate(struct pci_dev *pdev, const char *state);
bool cxl_vfio_traces_register_writes(void);
void cxl_vfio_trace_register_write(struct pci_dev *pdev, const char *block, u32 offset,
				   unsigned int len, u64 value, const char *effect);

#endif
