/*
 * cxl-type2: what each kind of reset takes away
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_RESET_H
#define CXL_TYPE2_RESET_H

#include "cxl_type2.h"

void ct2_reset_init(CXLType2Dev *d);
void ct2_reset_exit(CXLType2Dev *d);
void ct2_reset_class_init(ResettableClass *rc);
void ct2_reset_apply(CXLType2Dev *d, CT2Reset kind);
void ct2_reset_from_d3(CXLType2Dev *d);
void ct2_reset_cxl_start(CXLType2Dev *d, bool clear_memory);

#endif
