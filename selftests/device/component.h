/*
 * cxl-type2: the 64 KiB component register block
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_COMPONENT_H
#define CXL_TYPE2_COMPONENT_H

#include "cxl_type2.h"

void ct2_component_init(CXLType2Dev *d);
void ct2_component_power_on(CXLType2Dev *d);
void ct2_component_exit(CXLType2Dev *d);

#endif
