// SPDX-License-Identifier: GPL-2.0
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci-ats.h>
#include <linux/pgtable.h>
#include <linux/pm_runtime.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "helpers.h"

/*
 * Processing accelerators, and only for a driver_override that asks for a vfio driver. An entry that matches every device
 * would tie with vfio-pci's wherever the best "vfio_pci:" alias is looked up, and the first found would win.
 */
const struct pci_device_id cxl_vfio_pci_table[] = {
	{
		.class = PCI_CLASS_ACCELERATOR_PROCESSING << 8,
		.class_mask = 0xffff00,
		.vendor = PCI_ANY_ID,
		.device = PCI_ANY_ID,
		.subvendor = PCI_ANY_ID,
		.subdevice = PCI_ANY_ID,
		.override_only = PCI_ID_F_VFIO_DRIVER_OVERRIDE,
	},
	{}
};
MODULE_DEVICE_TABLE(pci, cxl_vfio_pci_table);

/* Without the platform's CXL windows and the driver of memory devices, cxl-core finds no way to any memory. */
MODULE_SOFTDEP("pre: cxl_acpi cxl_mem");

void cxl_vfio_put_device(struct vfio_device *vdev)
{
	vfio_put_device(vdev);
}

bool cxl_vfio_is_cxl(struct pci_dev *pdev)
{
	return pcie_is_cxl(pdev);
}

bool cxl_vfio_is_disconnected(struct pci_dev *pdev)
{
	return pci_channel_offline(pdev);
}

bool cxl_vfio_may_use_ats(struct pci_dev *pdev)
{
	return pci_ats_supported(pdev);
}

bool cxl_vfio_is_in_d0(struct pci_dev *pdev)
{
	return READ_ONCE(pdev->current_state) == PCI_D0;
}

bool cxl_vfio_bar_is_memory(struct pci_dev *pdev, int bar)
{
	return pci_resource_flags(pdev, bar) & IORESOURCE_MEM;
}

bool cxl_vfio_may_be_reset_alone(struct pci_dev *pdev)
{
	u16 control;

	if (!pcie_reset_flr(pdev, PCI_RESET_PROBE) || pci_find_capability(pdev, PCI_CAP_ID_AF))
		return true;
	return pdev->pm_cap && !pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &control) &&
	       !(control & PCI_PM_CTRL_NO_SOFT_RESET);
}

bool cxl_vfio_passes_bus_resets(struct pci_dev *pdev)
{
	struct pci_dev *port = pci_upstream_bridge(pdev);
	u16 dvsec, control;

	if (!port)
		return false;
	if (!pcie_is_cxl(port))
		return true;
	dvsec = pci_find_dvsec_capability(port, PCI_VENDOR_ID_CXL, PCI_DVSEC_CXL_PORT);
	if (!dvsec)
		return true;
	return !pci_read_config_word(port, dvsec + PCI_DVSEC_CXL_PORT_CTL, &control) && !PCI_POSSIBLE_ERROR(control) &&
	       (control & PCI_DVSEC_CXL_PORT_CTL_UNMASK_SBR);
}

/* memremap() takes a lesser type that the range has otherwise, by an MTRR, for an answer. */
bool cxl_vfio_is_write_back(const void *mapping)
{
#ifdef CONFIG_X86
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)mapping, &level);

	/* The two bits are at the same place in entries of every level. */
	return pte && !(pte_flags(*pte) & (_PAGE_PWT | _PAGE_PCD));
#else
	return true;
#endif
}

size_t cxl_vfio_copy_from_memory(void *to, const void *from, size_t count)
{
	return copy_mc_to_kernel(to, from, count);
}

void cxl_vfio_copy_to_memory(void *to, const void *from, size_t count)
{
	memcpy(to, from, count);
}

struct resource *cxl_vfio_claim(resource_size_t start, resource_size_t len, const char *name)
{
	return request_mem_region_exclusive(start, len, name);
}

void cxl_vfio_release_claim(resource_size_t start, resource_size_t len)
{
	release_mem_region(start, len);
}

void cxl_vfio_pagefault_disable(void)
{
	pagefault_disable();
}

void cxl_vfio_pagefault_enable(void)
{
	pagefault_enable();
}

bool cxl_vfio_fatal_signal_pending(void)
{
	return fatal_signal_pending(current);
}

bool cxl_vfio_can_be_killed(void)
{
	return !(current->flags & PF_KTHREAD);
}

/* By the high-resolution timer: who looks every 2 ms at what takes 100 ms would find it up to 8 ms late by jiffies. */
static void sleep_in(unsigned int state, unsigned int ms)
{
	ktime_t timeout = ms_to_ktime(ms);

	set_current_state(state);
	schedule_hrtimeout_range(&timeout, 250 * NSEC_PER_USEC, HRTIMER_MODE_REL);
}

void cxl_vfio_sleep_killable(unsigned int ms)
{
	sleep_in(TASK_KILLABLE, ms);
}

void cxl_vfio_wait_killable(unsigned int ms)
{
	/* Unsafe for who would want a lock of the caller's in order to freeze; a page fault has only its own process's. */
	sleep_in(TASK_KILLABLE | TASK_FREEZABLE_UNSAFE, ms);
}

int cxl_vfio_runtime_get(struct device *dev)
{
	return pm_runtime_resume_and_get(dev);
}

bool cxl_vfio_runtime_get_if_awake(struct device *dev)
{
	int ret = pm_runtime_get_if_active(dev);

	/* Nothing suspends it while runtime power management is disabled. */
	if (ret < 0)
		pm_runtime_get_noresume(dev);
	return ret != 0;
}

void cxl_vfio_runtime_put(struct device *dev)
{
	pm_runtime_put(dev);
}

void cxl_vfio_vma_take(struct vm_area_struct *vma, const struct vm_operations_struct *ops, void *data)
{
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	/* As the kernel's own mapping: the keys of encrypted memory are for what is behind the CPU's memory controller. */
	vma->vm_page_prot = pgprot_decrypted(vma->vm_page_prot);
	vma->vm_ops = ops;
	vma->vm_private_data = data;
}

void cxl_vfio_vma_uncached(struct vm_area_struct *vma)
{
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vm_flags_set(vma, VM_ALLOW_ANY_UNCACHED);
}

vm_fault_t cxl_vfio_insert_pfn(struct vm_fault *vmf, unsigned long pfn, unsigned int order)
{
	if (!order)
		return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
	if (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, pfn, false);
	if (IS_ENABLED(CONFIG_ARCH_SUPPORTS_PUD_PFNMAP) && order == PUD_ORDER)
		return vmf_insert_pfn_pud(vmf, pfn, false);
	return VM_FAULT_FALLBACK;
}

bool cxl_vfio_unlock_fault(struct vm_fault *vmf, struct file **file)
{
	*file = NULL;
	if (!fault_flag_allow_retry_first(vmf->flags))
		return false;
	if (!(vmf->flags & FAULT_FLAG_RETRY_NOWAIT)) {
		*file = get_file(vmf->vma->vm_file);
		release_fault_lock(vmf);
	}
	return true;
}

void cxl_vfio_put_file(struct file *file)
{
	fput(file);
}

int cxl_vfio_register_pfns(struct pfn_address_space *space)
{
	return register_pfn_address_space(space);
}

void cxl_vfio_unregister_pfns(struct pfn_address_space *space)
{
	unregister_pfn_address_space(space);
}

bool cxl_vfio_may_log(void)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);

	return __ratelimit(&limit);
}

bool cxl_vfio_was_reset(struct vfio_pci_core_device *vdev)
{
	return vdev->reset_works;
}

void cxl_vfio_disable_idle_d3(struct vfio_pci_core_device *vdev)
{
	vdev->disable_idle_d3 = true;
}
