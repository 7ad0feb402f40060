/*
 * cxl-type2: the end of a VM whose host would not have survived
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_FATAL_H
#define CXL_TYPE2_FATAL_H

#include "cxl_type2.h"

/* exit status of the VM: stray access to the window, access to a silent BAR */
#define CT2_STRAY_EXIT      4
#define CT2_ABORT_EXIT      5

void G_GNUC_PRINTF(3, 4) ct2_fatal(CXLType2Dev *d, int status,
                                   const char *fmt, ...);

#endif
