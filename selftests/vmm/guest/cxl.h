/* SPDX-License-Identifier: GPL-2.0 */
/* The CXL side of a function: its DVSEC, its component registers, decoder 0. */
#ifndef GUEST_CXL_H
#define GUEST_CXL_H

#include "pci.h"

struct cxl {
	struct function *pci;
	uint64_t dvsec;		/* address of the CXL Device DVSEC */
	uint64_t block;		/* address of the component registers */
	uint64_t hdm;		/* address of the HDM Decoder Capability */
};

struct range {
	uint64_t base;
	uint64_t size;
};

/* NULL, or what is missing. */
const char *cxl_find(struct function *pci, struct cxl *cxl);

bool cxl_committed(struct cxl *cxl);
bool cxl_locked(struct cxl *cxl);
struct range cxl_range(struct cxl *cxl);

/* Where range 1 of the CXL Device DVSEC says that the memory is. */
uint64_t cxl_dvsec_base(struct cxl *cxl);

/* Whether decoder 0 ends up committed, and released. */
bool cxl_commit(struct cxl *cxl, uint64_t base, uint64_t size);
bool cxl_release(struct cxl *cxl);

bool cxl_can_reset(struct cxl *cxl);

/* CXL Reset; true when it completes without an error. */
bool cxl_reset(struct cxl *cxl);

#endif
