/*
 * cxl-type2: tell a CPU that it consumed poison
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_MCE_H
#define CXL_TYPE2_MCE_H

#include "exec/memattrs.h"

/* Called by the CPU that reads poison at @hpa; what the bus answers it */
MemTxResult ct2_mce_raise(uint64_t hpa);

#endif
