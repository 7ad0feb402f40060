/* SPDX-License-Identifier: GPL-2.0 */
/* The CPUs' caches of device memory, for caches.rs. */
#ifndef CXL_VFIO_PCI_CACHES_H
#define CXL_VFIO_PCI_CACHES_H

#include <linux/types.h>

/* Whether the kernel can write back and drop a physical range; on x86 that is everything that any CPU has. */
bool cxl_vfio_has_range_flush(void);
void cxl_vfio_flush_range(u64 start, u64 len);

/* Whether it can by virtual address. @len is at most 1 GiB: clflush_cache_range() takes an unsigned int. */
bool cxl_vfio_has_line_flush(void);
void cxl_vfio_flush_lines(void *start, size_t len);
void cxl_vfio_drop_lines(void *start, size_t len);

#endif
