/*
 * cxl-type2: which host addresses reach the memory now
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_WINDOW_H
#define CXL_TYPE2_WINDOW_H

#include "cxl_type2.h"

void ct2_window_init(CXLType2Dev *d);
void ct2_window_exit(CXLType2Dev *d);
void ct2_window_watch(CXLType2Dev *d);
void ct2_window_update(CXLType2Dev *d);
void ct2_window_update_all(void);
bool ct2_window_dpa(CXLType2Dev *d, uint64_t hpa, uint64_t *dpa);
void ct2_window_lost_line(CXLType2Dev *d, uint64_t dpa, unsigned size);
bool ct2_window_hpa(CXLType2Dev *d, uint64_t dpa, uint64_t *hpa);

#endif
