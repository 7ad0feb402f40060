/*
 * cxl-type2: what platform firmware leaves behind
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_FIRMWARE_H
#define CXL_TYPE2_FIRMWARE_H

#include "cxl_type2.h"

void ct2_firmware_place(CXLType2Dev *d);
void ct2_firmware_run(CXLType2Dev *d);

#endif
