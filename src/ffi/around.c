// SPDX-License-Identifier: GPL-2.0
/*
 * Faults that map the pages around the one that was touched. vmf_insert_pfn() walks the page table and looks up the memory
 * type for each page; the pages around have both in common with the one that was mapped first.
 */
#include <linux/mm.h>

#include "helpers.h"

#ifdef CONFIG_X86
struct around {
	struct mm_struct *mm;
	unsigned long pfn;
	pgprot_t prot;
};

static int copy_protection(pte_t *pte, unsigned long addr, void *data)
{
	struct around *around = data;
	pte_t entry = ptep_get(pte);

	if (pte_none(entry))
		return -EAGAIN;
	around->prot = pte_pgprot(pte_mkclean(pte_mkold(entry)));
	return 0;
}

static int map_one(pte_t *pte, unsigned long addr, void *data)
{
	struct around *around = data;

	if (pte_none(ptep_get(pte)))
		set_pte_at(around->mm, addr, pte, pte_mkspecial(pfn_pte(around->pfn, around->prot)));
	around->pfn++;
	return 0;
}

void cxl_vfio_map_around(struct vm_fault *vmf, unsigned long start, unsigned long len, unsigned long pfn)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	struct around around = { .mm = mm, .pfn = pfn };

	if (!apply_to_page_range(mm, vmf->address & PAGE_MASK, PAGE_SIZE, copy_protection, &around))
		apply_to_page_range(mm, start, len, map_one, &around);
}
#else
/* Without memory types there is less to save, and arm64 does not export what set_pte_at() calls. */
void cxl_vfio_map_around(struct vm_fault *vmf, unsigned long start, unsigned long len, unsigned long pfn)
{
	unsigned long addr;

	for (addr = start; addr < start + len; addr += PAGE_SIZE, pfn++)
		if (vmf_insert_pfn(vmf->vma, addr, pfn) != VM_FAULT_NOPAGE)
			break;
}
#endif
