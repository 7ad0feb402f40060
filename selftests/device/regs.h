/*
 * cxl-type2: device registers (DMA engine, MSI-X triggers, counters)
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_REGS_H
#define CXL_TYPE2_REGS_H

#include "cxl_type2.h"

#define CT2_REGS_SIZE       0x4000
#define CT2_REGS_MSIX_TABLE 0x2000
#define CT2_REGS_MSIX_PBA   0x3000

void ct2_regs_init(CXLType2Dev *d);
void ct2_regs_reset(CXLType2Dev *d);

#endif
