/*
 * cxl-type2: the component register block, r4.0 8.2.3 and 8.2.4
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "component.h"
#include "fatal.h"
#include "ras.h"
#include "window.h"

#define CM_START CXL2_COMPONENT_IO_REGION_SIZE
#define CM_END   (CM_START + CXL2_COMPONENT_CM_REGION_SIZE)

/* 8.2.4.19: seven registers of 64 bits. All others here have 32. */
#define LINK_SIZE 0x38

static unsigned width(hwaddr addr)
{
    hwaddr link = CM_START + CXL_LINK_REGISTERS_OFFSET;

    return addr >= link && addr < link + LINK_SIZE ? 8 : 4;
}

/*
 * A register takes accesses of its own width, 8.2.3: hardware may answer a
 * part of one in any way. cxl-core reads the first dword of every element when
 * it looks for them, so that is counted apart.
 */
static void count(CXLType2Dev *d, hwaddr addr, unsigned size, bool write)
{
    if (size == width(addr)) {
        return;
    }
    if (!write && size == 4 && addr == CM_START + CXL_LINK_REGISTERS_OFFSET) {
        d->element_reads++;
    } else {
        d->odd_accesses++;
    }
}

static uint32_t read_dword(CXLType2Dev *d, hwaddr addr)
{
    return addr >= CM_START && addr < CM_END ? d->cm[(addr - CM_START) / 4] : 0;
}

static void write_dword(CXLType2Dev *d, hwaddr addr, uint32_t val)
{
    hwaddr off = addr - CM_START;

    if (addr < CM_START || addr >= CM_END) {
        return;
    }
    if (!d->no_hdm && off >= CXL_HDM_REGISTERS_OFFSET &&
        off < CXL_HDM_REGISTERS_OFFSET + CXL_HDM_REGISTERS_SIZE) {
        ct2_hdm_write(&d->hdm, off - CXL_HDM_REGISTERS_OFFSET, val);
        ct2_window_update(d);
    } else if (!d->no_ras && off >= CXL_RAS_REGISTERS_OFFSET &&
               off < CXL_RAS_REGISTERS_OFFSET + CXL_RAS_REGISTERS_SIZE) {
        ct2_ras_write(d, off, val);
    }
}

/* Nothing promises that they answer in a CXL reset, and a host may not survive it */
static void unanswered(CXLType2Dev *d, hwaddr addr, unsigned size,
                       const char *what)
{
    if (d->abort && d->cxl_reset_silent) {
        ct2_fatal(d, CT2_ABORT_EXIT, "%s of %u bytes at 0x%" PRIx64 " of the "
                  "component registers while a CXL reset is under way", what,
                  size, addr);
    }
}

static uint64_t comp_read(void *opaque, hwaddr addr, unsigned size)
{
    CXLType2Dev *d = opaque;

    unanswered(d, addr, size, "read");
    count(d, addr, size, false);
    switch (size) {
    case 4:
        return read_dword(d, addr);
    case 8:
        return read_dword(d, addr) | (uint64_t)read_dword(d, addr + 4) << 32;
    default:
        return UINT64_MAX;
    }
}

static void comp_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    CXLType2Dev *d = opaque;

    unanswered(d, addr, size, "write");
    count(d, addr, size, true);
    if (size >= 4) {
        write_dword(d, addr, val);
    }
    if (size == 8) {
        write_dword(d, addr + 4, val >> 32);
    }
}

static const MemoryRegionOps comp_ops = {
    .read = comp_read,
    .write = comp_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

static void commit_finish(void *opaque)
{
    CXLType2Dev *d = opaque;
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL), next = INT64_MAX;

    for (unsigned n = 0; n < d->hdm.count; n++) {
        if (!ct2_hdm_pending(&d->hdm, n)) {
            continue;
        }
        if (d->commit_at[n] <= now) {
            ct2_hdm_finish(&d->hdm, n, d->commit_err);
        } else {
            next = MIN(next, d->commit_at[n]);
        }
    }
    if (next != INT64_MAX) {
        timer_mod(d->commit_timer, next);
    }
    ct2_window_update(d);
}

static void commit_start(CT2Hdm *hdm, unsigned n)
{
    CXLType2Dev *d = container_of(hdm, CXLType2Dev, hdm);

    d->commit_at[n] = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
                      d->commit_delay_ms;
    commit_finish(d);
}

void ct2_component_init(CXLType2Dev *d)
{
    uint32_t rwl = R_CXL_HDM_DECODER0_CTRL_IG_MASK |
                   R_CXL_HDM_DECODER0_CTRL_IW_MASK |
                   R_CXL_HDM_DECODER0_CTRL_LOCK_ON_COMMIT_MASK;

    if (d->bi_capable) {
        rwl |= R_CXL_HDM_DECODER0_CTRL_TYPE_MASK |
               R_CXL_HDM_DECODER0_CTRL_BI_MASK;
    }
    d->hdm = (CT2Hdm) {
        .regs = &d->cm[CXL_HDM_REGISTERS_OFFSET / 4],
        .count = d->no_hdm ? 0 : d->hdm_count,
        .ctrl_rwl = rwl,
        .aux_lo_mask = 0xf0000000,
        .commit = commit_start,
    };
    d->commit_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, commit_finish, d);
    memory_region_init_io(&d->comp, OBJECT(d), &comp_ops, d,
                          "cxl-type2-component", CXL2_COMPONENT_BLOCK_SIZE);
}

void ct2_component_exit(CXLType2Dev *d)
{
    timer_free(d->commit_timer);
}

/* An element of the capability array; id 0 is a null element */
static uint32_t element(uint16_t id, uint8_t version, uint16_t offset)
{
    uint32_t val = 0;

    if (id) {
        val = FIELD_DP32(val, CXL_RAS_CAPABILITY_HEADER, ID, id);
        val = FIELD_DP32(val, CXL_RAS_CAPABILITY_HEADER, VERSION, version);
        val = FIELD_DP32(val, CXL_RAS_CAPABILITY_HEADER, PTR, offset);
    }
    return val;
}

void ct2_component_power_on(CXLType2Dev *d)
{
    uint32_t *cm = d->cm;

    memset(cm, 0, sizeof(d->cm));
    ARRAY_FIELD_DP32(cm, CXL_CAPABILITY_HEADER, ID, 1);
    ARRAY_FIELD_DP32(cm, CXL_CAPABILITY_HEADER, VERSION,
                     CXL_CAPABILITY_VERSION);
    ARRAY_FIELD_DP32(cm, CXL_CAPABILITY_HEADER, CACHE_MEM_VERSION, 1);
    ARRAY_FIELD_DP32(cm, CXL_CAPABILITY_HEADER, ARRAY_SIZE, 3);
    cm[R_CXL_RAS_CAPABILITY_HEADER] =
        element(d->no_ras ? 0 : 2, CXL_RAS_CAPABILITY_VERSION,
                CXL_RAS_REGISTERS_OFFSET);
    cm[R_CXL_LINK_CAPABILITY_HEADER] =
        element(4, CXL_LINK_CAPABILITY_VERSION, CXL_LINK_REGISTERS_OFFSET);
    cm[R_CXL_HDM_CAPABILITY_HEADER] =
        element(d->no_hdm ? 0 : 5, CXL_HDM_CAPABILITY_VERSION,
                CXL_HDM_REGISTERS_OFFSET);
    /* CXL 2.0; wraps after 9; 64 free buffers, which is in the upper half */
    cm[CXL_LINK_REGISTERS_OFFSET / 4] = 9 << 8 | 2;
    cm[CXL_LINK_REGISTERS_OFFSET / 4 + 1] = 64 << 10;
    if (!d->no_ras) {
        ct2_ras_power_on(d);
    }
    if (!d->no_hdm) {
        ARRAY_FIELD_DP32(cm, CXL_HDM_DECODER_CAPABILITY, DECODER_COUNT,
                         cxl_decoder_count_enc(d->hdm_count));
        ARRAY_FIELD_DP32(cm, CXL_HDM_DECODER_CAPABILITY, INTERLEAVE_256B, 1);
        ARRAY_FIELD_DP32(cm, CXL_HDM_DECODER_CAPABILITY, INTERLEAVE_4K, 1);
        ARRAY_FIELD_DP32(cm, CXL_HDM_DECODER_CAPABILITY, POISON_ON_ERR_CAP,
                         d->poison_on_err);
        ARRAY_FIELD_DP32(cm, CXL_HDM_DECODER_CAPABILITY, 3_6_12_WAY, 1);
        ARRAY_FIELD_DP32(cm, CXL_HDM_DECODER_CAPABILITY, 16_WAY, 1);
        ARRAY_FIELD_DP32(cm, CXL_HDM_DECODER_CAPABILITY,
                         SUPPORTED_COHERENCY_MODEL, 1); /* device-coherent */
    }
    if (d->cm_at != UINT32_MAX) {
        cm[d->cm_at / 4] = d->cm_value;
    }
}
