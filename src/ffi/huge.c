// SPDX-License-Identifier: GPL-2.0
/*
 * What mappings of 1 GiB ask of their driver: split_huge_pmd_address() and move_page_tables() take the page frame in such
 * an entry for a page table and write to it, when an area is split at an address that is no multiple of 2 MiB, or moved to
 * one that is not as aligned as before. So no such entry is there when that happens, and the next access faults.
 */
#include <linux/mm.h>

#include "helpers.h"

int cxl_vfio_vma_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	unsigned long start = ALIGN_DOWN(addr, PUD_SIZE);

	/* Nobody brings it back before the split, which takes this lock, too. */
	vma_start_write(vma);
	if (start != addr)
		zap_special_vma_range(vma, start, PUD_SIZE);
	return 0;
}

void cxl_vfio_vma_open(struct vm_area_struct *vma)
{
	unsigned long len = vma->vm_end - vma->vm_start;

	/* Another process's is a copy, and moves nowhere. */
	if (vma->vm_mm != current->mm || len < PUD_SIZE)
		return;
	/* The area that this one was moved or split from maps the same pages. mremap() has locked it. */
	unmap_mapping_range(vma->vm_file->f_mapping, (loff_t)vma->vm_pgoff << PAGE_SHIFT, len, 1);
}
