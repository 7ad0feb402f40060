/*
 * cxl-type2: properties that may change at run time
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_PROPS_H
#define CXL_TYPE2_PROPS_H

#include "cxl_type2.h"

void ct2_props_instance_init(CXLType2Dev *d);
void ct2_props_class_init(ObjectClass *oc);

#endif
