/*
 * cxl-type2: the mailbox for data objects
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_DOE_H
#define CXL_TYPE2_DOE_H

#include "cxl_type2.h"

void ct2_doe_init(CXLType2Dev *d, uint16_t offset);
void ct2_doe_exit(CXLType2Dev *d);
void ct2_doe_reset(CXLType2Dev *d);
/* Whether the access was to its registers */
bool ct2_doe_read(CXLType2Dev *d, uint32_t addr, int len, uint32_t *val);
void ct2_doe_write(CXLType2Dev *d, uint32_t addr, uint32_t val, int len);

#endif
