/*
 * cxl-type2: tell an Arm CPU that it consumed poison
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_SEA_H
#define CXL_TYPE2_SEA_H

#include "exec/memattrs.h"

/* One object serves the programs of both architectures */
bool ct2_emulates_arm(void);

/* Called by the CPU that reads poison at @hpa; what the bus answers it */
MemTxResult ct2_sea_raise(uint64_t hpa);

#endif
