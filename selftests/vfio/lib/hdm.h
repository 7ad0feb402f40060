/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The HDM decoders that the user of a device sees, 8.2.4.20. Registers are named
 * by their offset in the capability; an access that fails ends the program.
 */
#ifndef SELFTESTS_VFIO_HDM_H
#define SELFTESTS_VFIO_HDM_H

#include "cxl_dev.h"
#include "cxl_host.h"

#define HDM_GRANULE (256ull << 20)

#define HDM_CAP_POISON		(1u << 10)
#define HDM_CAP_3_6_12_WAYS	(1u << 11)
#define HDM_CAP_16_WAYS		(1u << 12)
#define HDM_CAP_UIO		(1u << 13)
#define HDM_GLOBAL_POISON	(1u << 0)
#define HDM_CTRL_BI		(1u << 13)
#define HDM_CTRL_UIO		0x0f004000	/* UIO, ISP */

#define BASE(n)	CXL_HDM_DECODER0_BASE_LOW_OFFSET(n)
#define SIZE(n)	CXL_HDM_DECODER0_SIZE_LOW_OFFSET(n)
#define CTRL(n)	CXL_HDM_DECODER0_CTRL_OFFSET(n)
#define DPA_SKIP(n) CXL_HDM_DECODER0_SKIP_LOW(n)

#define LOCK	CXL_HDM_DECODER0_CTRL_LOCK
#define COMMIT	CXL_HDM_DECODER0_CTRL_COMMIT
#define DONE	CXL_HDM_DECODER0_CTRL_COMMITTED
#define FAILED	CXL_HDM_DECODER0_CTRL_COMMIT_ERROR
#define WAYS(n)	((uint32_t)(n) << 4)

struct hdm {
	struct cxl_dev dev;
	uint32_t cap;
	bool locked;		/* decoder 0, by firmware */
	uint32_t ctrl_mask;	/* what can be written to a free one, but COMMIT */
	unsigned int dwords;
	uint32_t start[CXL_HDM_DWORDS];		/* as it was at open */
	uint32_t physical[CXL_HDM_DWORDS];	/* if that can be read */
};

/* Open @bdf and remember how its decoders are. */
void hdm_open(struct hdm *hdm, const char *bdf);
void hdm_reopen(struct hdm *hdm);

uint32_t hdm_get(struct hdm *hdm, unsigned int offset);
void hdm_set(struct hdm *hdm, unsigned int offset, uint32_t value);
uint64_t hdm_get64(struct hdm *hdm, unsigned int offset);
void hdm_set64(struct hdm *hdm, unsigned int offset, uint64_t value);

/* Clear CTRL of decoder @n, set it up, and write CTRL. */
void hdm_program(struct hdm *hdm, unsigned int n, uint64_t base, uint64_t size,
		 uint32_t ctrl);

/* Offset of the first register that is not as it was at open, or -1. */
int hdm_changed(struct hdm *hdm);

/* The same of the physical registers; -1 as well if they cannot be read. */
int hdm_physical_changed(struct hdm *hdm);

/*
 * Write ones and zeroes to every register of decoder @n, these values to CTRL.
 * Offset of the first register that changed, or -1.
 */
int hdm_try_to_change(struct hdm *hdm, unsigned int n, uint32_t ctrl_ones,
		      uint32_t ctrl_zeroes);

#endif
