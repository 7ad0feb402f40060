/*
 * cxl-type2: config space accesses
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_CONFIG_H
#define CXL_TYPE2_CONFIG_H

#include "cxl_type2.h"

uint32_t ct2_config_read(PCIDevice *p, uint32_t addr, int len);
void ct2_config_write(PCIDevice *p, uint32_t addr, uint32_t val, int len);

#endif
