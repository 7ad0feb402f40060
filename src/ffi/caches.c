// SPDX-License-Identifier: GPL-2.0
/* The CPUs' caches of device memory: all of them at once where the kernel can, else line by line. */
#include <linux/libnvdimm.h>
#include <linux/memregion.h>
#include <linux/sched.h>

#include "caches.h"

bool cxl_vfio_has_range_flush(void)
{
	return cpu_cache_has_invalidate_memregion();
}

bool cxl_vfio_has_line_flush(void)
{
	return IS_ENABLED(CONFIG_ARCH_HAS_PMEM_API);
}

void cxl_vfio_flush_range(u64 start, u64 len)
{
	cpu_cache_invalidate_memregion(start, len);
	/* Before the next register is written, which may end decode. */
	mb();
}

/* x86 has no instruction that drops a line without writing it back, and one that does both. */
void cxl_vfio_flush_lines(void *start, size_t len)
{
	if (IS_ENABLED(CONFIG_X86))
		arch_invalidate_pmem(start, len);
	else
		arch_wb_cache_pmem(start, len);
	/* As above. */
	mb();
	cond_resched();
}

void cxl_vfio_drop_lines(void *start, size_t len)
{
	arch_invalidate_pmem(start, len);
	/* Before the next read of the memory. */
	mb();
	cond_resched();
}
