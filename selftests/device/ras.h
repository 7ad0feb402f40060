/*
 * cxl-type2: CXL RAS Capability, and errors made on purpose
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_RAS_H
#define CXL_TYPE2_RAS_H

#include "cxl_type2.h"

void ct2_ras_power_on(CXLType2Dev *d);
void ct2_ras_write(CXLType2Dev *d, hwaddr off, uint32_t val);
bool ct2_ras_correctable(CXLType2Dev *d, uint64_t bits, Error **errp);
uint64_t ct2_ras_correctable_status(CXLType2Dev *d);
bool ct2_ras_uncorrectable(CXLType2Dev *d, uint64_t bits, Error **errp);
uint64_t ct2_ras_uncorrectable_status(CXLType2Dev *d);
bool ct2_aer_correctable(CXLType2Dev *d, uint64_t bits, Error **errp);
uint64_t ct2_aer_correctable_status(CXLType2Dev *d);
bool ct2_aer_uncorrectable(CXLType2Dev *d, uint64_t bits, Error **errp);
uint64_t ct2_aer_uncorrectable_status(CXLType2Dev *d);

#endif
