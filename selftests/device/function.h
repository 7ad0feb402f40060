/*
 * cxl-type2: the PCI function: whether it is in D0, and what it decodes
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_FUNCTION_H
#define CXL_TYPE2_FUNCTION_H

#include "cxl_type2.h"

bool ct2_function_in_d0(CXLType2Dev *d);
bool ct2_function_decodes(CXLType2Dev *d);

#endif
