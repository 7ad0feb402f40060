/*
 * cxl-type2: HDM Decoder Capability, r4.0 8.2.4.20
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The same rules serve the device and the host bridges above it. QEMU's own
 * host bridge accepts every COMMIT and ignores LOCK_ON_COMMIT.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "hdm.h"

/* dword offsets from the capability */
#define CAP         0
#define GLOBAL_CTRL 1
#define DECODER(n)  (4 + 8 * (n))
#define BASE_LO     0
#define BASE_HI     1
#define SIZE_LO     2
#define SIZE_HI     3
#define CTRL        4
#define AUX_LO      5           /* DPA Skip, or Target List */
#define AUX_HI      6

#define LO_MASK     0xf0000000u

#define GLOBAL_ENABLE \
    R_CXL_HDM_DECODER_GLOBAL_CONTROL_HDM_DECODER_ENABLE_MASK
#define GLOBAL_POISON \
    R_CXL_HDM_DECODER_GLOBAL_CONTROL_POISON_ON_ERR_EN_MASK

#define GET(val, field) FIELD_EX32(val, CXL_HDM_DECODER0_CTRL, field)
#define SET(val, field, x) FIELD_DP32(val, CXL_HDM_DECODER0_CTRL, field, x)
#define CAPABLE(hdm, field) \
    FIELD_EX32((hdm)->regs[CAP], CXL_HDM_DECODER_CAPABILITY, field)

static uint32_t *reg(const CT2Hdm *hdm, unsigned n, unsigned which)
{
    return &hdm->regs[DECODER(n) + which];
}

static uint64_t pair(const CT2Hdm *hdm, unsigned n, unsigned lo)
{
    return (*reg(hdm, n, lo) & LO_MASK) |
           ((uint64_t)*reg(hdm, n, lo + 1) << 32);
}

uint64_t ct2_hdm_base(const CT2Hdm *hdm, unsigned n)
{
    return pair(hdm, n, BASE_LO);
}

uint64_t ct2_hdm_size(const CT2Hdm *hdm, unsigned n)
{
    return pair(hdm, n, SIZE_LO);
}

uint64_t ct2_hdm_skip(const CT2Hdm *hdm, unsigned n)
{
    return pair(hdm, n, AUX_LO);
}

uint32_t ct2_hdm_ctrl(const CT2Hdm *hdm, unsigned n)
{
    return *reg(hdm, n, CTRL);
}

static bool committed(const CT2Hdm *hdm, unsigned n)
{
    return n < hdm->count && GET(*reg(hdm, n, CTRL), COMMITTED);
}

bool ct2_hdm_enabled(const CT2Hdm *hdm)
{
    return hdm->regs[GLOBAL_CTRL] & GLOBAL_ENABLE;
}

/* COMMIT was written and neither COMMITTED nor the error is set yet */
bool ct2_hdm_pending(const CT2Hdm *hdm, unsigned n)
{
    uint32_t ctrl = *reg(hdm, n, CTRL);

    return GET(ctrl, COMMIT) && !GET(ctrl, COMMITTED) && !GET(ctrl, ERR);
}

/* Encoded Interleave Ways, 0 if the encoding is reserved or not supported */
static unsigned decode_ways(const CT2Hdm *hdm, unsigned iw)
{
    switch (iw) {
    case 0 ... 3:
        return 1 << iw;
    case 4:
        return CAPABLE(hdm, 16_WAY) ? 16 : 0;
    case 8 ... 10:
        return CAPABLE(hdm, 3_6_12_WAY) ? 3 << (iw - 8) : 0;
    default:
        return 0;
    }
}

/* Why decoder n cannot be committed as it is programmed, NULL if it can */
const char *ct2_hdm_refusal(const CT2Hdm *hdm, unsigned n)
{
    uint64_t base = ct2_hdm_base(hdm, n), size = ct2_hdm_size(hdm, n);
    uint32_t ctrl = *reg(hdm, n, CTRL);
    unsigned ways = decode_ways(hdm, GET(ctrl, IW));

    if (!ways) {
        return "interleave ways are not supported";
    }
    if (GET(ctrl, IG) > 6) {
        return "interleave granularity is reserved";
    }
    if (!size) {
        return "size is zero";
    }
    if (size % (CT2_GRANULE * ways)) {
        return "size is no multiple of 256 MiB x ways";
    }
    if (base % (CT2_GRANULE * ways)) {
        return "base is not aligned to 256 MiB x ways";
    }
    if (base > UINT64_MAX - size) {
        return "range wraps";
    }
    for (unsigned i = 0; i < n; i++) {
        if (!committed(hdm, i)) {
            return "a lower decoder is not committed";
        }
        /* lower decoders lie at lower addresses, so this is overlap as well */
        if (ct2_hdm_base(hdm, i) + ct2_hdm_size(hdm, i) > base) {
            return "a lower decoder does not lie below it";
        }
    }
    return NULL;
}

void ct2_hdm_finish(CT2Hdm *hdm, unsigned n, bool fail)
{
    uint32_t *ctrl = reg(hdm, n, CTRL);
    const char *why = fail ? "told to fail" : ct2_hdm_refusal(hdm, n);

    if (why) {
        qemu_log_mask(LOG_GUEST_ERROR, "cxl-type2: decoder %u: %s\n", n, why);
    }
    *ctrl = SET(*ctrl, COMMITTED, !why);
    *ctrl = SET(*ctrl, ERR, !!why);
}

static void write_ctrl(CT2Hdm *hdm, unsigned n, uint32_t val)
{
    uint32_t *ctrl = reg(hdm, n, CTRL);
    uint32_t old = *ctrl;
    bool commit = GET(val, COMMIT);

    if (GET(old, COMMITTED)) {
        /*
         * A locked decoder is released by reset only, any decoder only before
         * the lower ones.
         */
        if (GET(old, LOCK_ON_COMMIT) || commit || committed(hdm, n + 1)) {
            return;
        }
        val = SET(old, COMMIT, 0);
        *ctrl = SET(val, COMMITTED, 0);
        return;
    }
    val = (old & ~hdm->ctrl_rwl) | (val & hdm->ctrl_rwl);
    val = SET(val, COMMIT, commit);
    if (!commit) {
        val = SET(val, ERR, 0);
    }
    *ctrl = val;
    if (commit && !GET(old, COMMIT)) {
        hdm->commit(hdm, n);
    }
}

static void write_decoder(CT2Hdm *hdm, unsigned n, unsigned which, uint32_t val)
{
    static const uint32_t masks[] = {
        [BASE_LO] = LO_MASK, [BASE_HI] = ~0u,
        [SIZE_LO] = LO_MASK, [SIZE_HI] = ~0u,
        [AUX_HI] = ~0u,
    };

    if (which == CTRL) {
        write_ctrl(hdm, n, val);
    } else if (which <= AUX_HI && !committed(hdm, n)) {
        *reg(hdm, n, which) =
            val & (which == AUX_LO ? hdm->aux_lo_mask : masks[which]);
    }
}

/* A 4-byte write at @off bytes from the capability */
void ct2_hdm_write(CT2Hdm *hdm, hwaddr off, uint32_t val)
{
    unsigned dw = off / 4;

    if (dw == GLOBAL_CTRL) {
        uint32_t mask = GLOBAL_ENABLE;

        if (CAPABLE(hdm, POISON_ON_ERR_CAP)) {
            mask |= GLOBAL_POISON;
        }
        hdm->regs[dw] = (hdm->regs[dw] & ~mask) | (val & mask);
    } else if (dw >= DECODER(0) && dw < DECODER(hdm->count)) {
        write_decoder(hdm, (dw - DECODER(0)) / 8, (dw - DECODER(0)) % 8, val);
    }
}

/* What firmware, or a broken device, leaves in the registers */
void ct2_hdm_program(CT2Hdm *hdm, unsigned n, uint64_t base, uint64_t size,
                     uint32_t ctrl)
{
    *reg(hdm, n, BASE_LO) = base & LO_MASK;
    *reg(hdm, n, BASE_HI) = base >> 32;
    *reg(hdm, n, SIZE_LO) = size & LO_MASK;
    *reg(hdm, n, SIZE_HI) = size >> 32;
    *reg(hdm, n, CTRL) = ctrl;
    hdm->regs[GLOBAL_CTRL] |= GLOBAL_ENABLE;
}

/* Back to defaults; @ctrl holds the Control bits that hardware sets */
void ct2_hdm_clear(CT2Hdm *hdm, uint32_t ctrl)
{
    hdm->regs[GLOBAL_CTRL] = 0;
    for (unsigned n = 0; n < hdm->count; n++) {
        memset(reg(hdm, n, BASE_LO), 0, 8 * sizeof(uint32_t));
        *reg(hdm, n, CTRL) = ctrl;
    }
}
