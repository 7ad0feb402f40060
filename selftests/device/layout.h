/*
 * cxl-type2: what is in which BAR
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_LAYOUT_H
#define CXL_TYPE2_LAYOUT_H

#include "cxl_type2.h"

bool ct2_layout_init(CXLType2Dev *d, Error **errp);
void ct2_layout_exit(CXLType2Dev *d);

#endif
