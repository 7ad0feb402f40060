/*
 * cxl-type2: Address Translation Services
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_ATS_H
#define CXL_TYPE2_ATS_H

#include "cxl_type2.h"

void ct2_ats_init(CXLType2Dev *d, uint16_t offset);
void ct2_ats_exit(CXLType2Dev *d);

#endif
