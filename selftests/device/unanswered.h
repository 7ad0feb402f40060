/*
 * cxl-type2: accesses to BARs that the function does not answer
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_UNANSWERED_H
#define CXL_TYPE2_UNANSWERED_H

#include "cxl_type2.h"

/* A new BAR, whose region ct2_layout_init() fills */
void ct2_unanswered_init(CXLType2Dev *d, uint8_t number, uint64_t size);
/* The PCI core may have mapped BARs, or the device has gone or come back */
void ct2_unanswered_update(CXLType2Dev *d);
void ct2_unanswered_exit(CXLType2Dev *d);

#endif
