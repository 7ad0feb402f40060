/*
 * cxl-type2: the write rules of HDM decoders
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CXL_TYPE2_HDM_H
#define CXL_TYPE2_HDM_H

#include "qemu/units.h"
#include "hw/cxl/cxl.h"

#define CT2_GRANULE         (256 * MiB)     /* unit of decoder base and size */

/* One HDM Decoder Capability, of the device or of a host bridge */
typedef struct CT2Hdm CT2Hdm;
struct CT2Hdm {
    uint32_t *regs;             /* at HDM Decoder Capability */
    unsigned count;
    uint32_t ctrl_rwl;          /* Control fields that software may write */
    uint32_t aux_lo_mask;       /* DPA Skip Low or Target List Low */
    void (*commit)(CT2Hdm *hdm, unsigned n); /* COMMIT went from 0 to 1 */
};

uint64_t ct2_hdm_base(const CT2Hdm *hdm, unsigned n);
uint64_t ct2_hdm_size(const CT2Hdm *hdm, unsigned n);
uint64_t ct2_hdm_skip(const CT2Hdm *hdm, unsigned n);
uint32_t ct2_hdm_ctrl(const CT2Hdm *hdm, unsigned n);
bool ct2_hdm_enabled(const CT2Hdm *hdm);
bool ct2_hdm_pending(const CT2Hdm *hdm, unsigned n);
const char *ct2_hdm_refusal(const CT2Hdm *hdm, unsigned n);
void ct2_hdm_finish(CT2Hdm *hdm, unsigned n, bool fail);
void ct2_hdm_write(CT2Hdm *hdm, hwaddr off, uint32_t val);
void ct2_hdm_program(CT2Hdm *hdm, unsigned n, uint64_t base, uint64_t size,
                     uint32_t ctrl);
void ct2_hdm_clear(CT2Hdm *hdm, uint32_t ctrl);

#endif
