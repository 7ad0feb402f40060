/*
 * cxl-type2: poisoned pages of the memory
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_POISON_H
#define CXL_TYPE2_POISON_H

#include "cxl_type2.h"

bool ct2_poisoned(CXLType2Dev *d, uint64_t dpa, uint64_t size);
bool ct2_poison_add(CXLType2Dev *d, uint64_t dpa, Error **errp);
bool ct2_poison_remove(CXLType2Dev *d, uint64_t dpa, Error **errp);
void ct2_poison_remove_all(CXLType2Dev *d);
void ct2_poison_finalize(CXLType2Dev *d);

#endif
