/*
 * cxl-type2: the cache in which the device holds lines of host memory
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_CACHE_H
#define CXL_TYPE2_CACHE_H

#include "cxl_type2.h"

void ct2_cache_init(CXLType2Dev *d);
void ct2_cache_exit(CXLType2Dev *d);
/* Control2.Initiate_Cache_Write_Back_and_Invalidation */
void ct2_cache_write_back(CXLType2Dev *d);
bool ct2_cache_busy(CXLType2Dev *d);
/* Reset or loss of power: dirty lines are gone */
void ct2_cache_lose(CXLType2Dev *d);
/* Make a line at a host physical address dirty, filled with host-line-value */
bool ct2_cache_take(CXLType2Dev *d, uint64_t hpa, Error **errp);
uint64_t ct2_cache_held(CXLType2Dev *d);

#endif
