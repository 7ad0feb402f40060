/* SPDX-License-Identifier: GPL-2.0 */
/* The CXL side of a function: its DVSEC, and its component registers. */
#ifndef GUEST_CXL_H
#define GUEST_CXL_H

#include "component.h"

struct cxl {
	uint64_t function;
	uint64_t dvsec;		/* address of the CXL Device DVSEC */
	struct component component;
};

/* NULL, or what is missing. */
const char *cxl_find(uint64_t function, struct cxl *cxl);

/* Where range 1 of the CXL Device DVSEC says that the memory is. */
uint64_t cxl_dvsec_base(struct cxl *cxl);

bool cxl_can_reset(struct cxl *cxl);

/* CXL Reset; true when it completes without an error. */
bool cxl_reset(struct cxl *cxl);

#endif
