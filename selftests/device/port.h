/*
 * cxl-type2: the root port above, whose bus reset may be masked
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_PORT_H
#define CXL_TYPE2_PORT_H

#include "cxl_type2.h"

void ct2_port_init(CXLType2Dev *d);
void ct2_port_exit(CXLType2Dev *d);

#endif
