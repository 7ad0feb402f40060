/*
 * cxl-type2: the device's memory
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_MEDIA_H
#define CXL_TYPE2_MEDIA_H

#include "cxl_type2.h"

/* What covers what, from the memory itself up */
enum { CT2_MEDIA_PRIO_RAM, CT2_MEDIA_PRIO_VIEW, CT2_MEDIA_PRIO_POISON };

void ct2_media_init(CXLType2Dev *d);
void ct2_media_exit(CXLType2Dev *d);
uint64_t ct2_media_size(CXLType2Dev *d);
uint8_t *ct2_media_ptr(CXLType2Dev *d, uint64_t dpa);
void ct2_media_written(CXLType2Dev *d, uint64_t dpa, uint64_t size);
/* CPUs and other devices see @view instead, but for what is laid over it */
void ct2_media_cover(CXLType2Dev *d, MemoryRegion *view);
void ct2_media_uncover(CXLType2Dev *d, MemoryRegion *view);
void ct2_media_zero(CXLType2Dev *d);

#endif
