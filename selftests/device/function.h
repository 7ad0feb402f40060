/*
 * cxl-type2: the PCI function: what it answers
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_FUNCTION_H
#define CXL_TYPE2_FUNCTION_H

#include "cxl_type2.h"

bool ct2_function_in_d0(CXLType2Dev *d);
/* Memory Space Enable */
bool ct2_function_decodes(CXLType2Dev *d);
/* Is the bus above in reset? */
bool ct2_function_link_down(CXLType2Dev *d);
/* For reset-ms from now on the function answers nothing */
void ct2_function_begin_reset(CXLType2Dev *d);
/* Why it does not answer accesses to configuration space, NULL if it does */
const char *ct2_function_absence(CXLType2Dev *d);
/* Why it does not answer accesses to its BARs, NULL if it does */
const char *ct2_function_silence(CXLType2Dev *d);

#endif
