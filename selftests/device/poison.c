/*
 * cxl-type2: poisoned pages of the device's memory
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * They are small I/O regions over the RAM, so that decoders, which alias the
 * whole, need not know of them.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "poison.h"
#include "mce.h"
#include "media.h"
#include "sea.h"
#include "window.h"

#define POISON_PAGE 4096
#define NO_PAGE     UINT64_MAX

struct CT2Poison {
    MemoryRegion mr;
    CXLType2Dev *dev;
    uint64_t dpa;
    QLIST_ENTRY(CT2Poison) node;
};

static MemTxResult poison_read(void *opaque, hwaddr off, uint64_t *val,
                               unsigned size, MemTxAttrs attrs)
{
    CT2Poison *p = opaque;
    uint64_t hpa;

    p->dev->poison_hits++;
    *val = UINT64_MAX;
    if (ct2_window_hpa(p->dev, p->dpa + off, &hpa)) {
        return ct2_emulates_arm() ? ct2_sea_raise(hpa) : ct2_mce_raise(hpa);
    }
    return MEMTX_OK;
}

/* A partial write does not clean the line: it stays poisoned */
static MemTxResult poison_write(void *opaque, hwaddr off, uint64_t val,
                                unsigned size, MemTxAttrs attrs)
{
    CT2Poison *p = opaque;

    memcpy(ct2_media_ptr(p->dev, p->dpa + off), &val, size);
    ct2_media_written(p->dev, p->dpa + off, size);
    return MEMTX_OK;
}

static const MemoryRegionOps poison_ops = {
    .read_with_attrs = poison_read,
    .write_with_attrs = poison_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static CT2Poison *poison_find(CXLType2Dev *d, uint64_t dpa)
{
    CT2Poison *p;

    QLIST_FOREACH(p, &d->poison, node) {
        if (p->dpa == dpa) {
            return p;
        }
    }
    return NULL;
}

bool ct2_poisoned(CXLType2Dev *d, uint64_t dpa, uint64_t size)
{
    CT2Poison *p;

    QLIST_FOREACH(p, &d->poison, node) {
        if (p->dpa != NO_PAGE && dpa < p->dpa + POISON_PAGE &&
            p->dpa < dpa + size) {
            return true;
        }
    }
    return false;
}

bool ct2_poison_add(CXLType2Dev *d, uint64_t dpa, Error **errp)
{
    CT2Poison *p;

    if (dpa % POISON_PAGE || dpa >= ct2_media_size(d)) {
        error_setg(errp, "0x%" PRIx64 " is not a page of the device's memory",
                   dpa);
        return false;
    }
    if (poison_find(d, dpa)) {
        return true;
    }
    p = poison_find(d, NO_PAGE);
    if (!p) {
        p = g_new0(CT2Poison, 1);
        p->dev = d;
        memory_region_init_io(&p->mr, OBJECT(d), &poison_ops, p,
                              "cxl-type2-poison", POISON_PAGE);
        /* a machine check leaves the read handler by a long jump */
        p->mr.disable_reentrancy_guard = true;
        QLIST_INSERT_HEAD(&d->poison, p, node);
    }
    p->dpa = dpa;
    memory_region_add_subregion_overlap(&d->media, dpa, &p->mr,
                                        CT2_MEDIA_PRIO_POISON);
    d->poisoned++;
    return true;
}

/* Readers may still use an old memory map: the region stays for later use */
static void poison_drop(CXLType2Dev *d, CT2Poison *p)
{
    memory_region_del_subregion(&d->media, &p->mr);
    p->dpa = NO_PAGE;
    d->poisoned--;
}

bool ct2_poison_remove(CXLType2Dev *d, uint64_t dpa, Error **errp)
{
    CT2Poison *p = dpa == NO_PAGE ? NULL : poison_find(d, dpa);

    if (!p) {
        error_setg(errp, "page 0x%" PRIx64 " is not poisoned", dpa);
        return false;
    }
    poison_drop(d, p);
    return true;
}

void ct2_poison_remove_all(CXLType2Dev *d)
{
    CT2Poison *p;

    QLIST_FOREACH(p, &d->poison, node) {
        if (p->dpa != NO_PAGE) {
            poison_drop(d, p);
        }
    }
}

/* The memory regions are gone by now, and every reader with them */
void ct2_poison_finalize(CXLType2Dev *d)
{
    CT2Poison *p, *next;

    QLIST_FOREACH_SAFE(p, &d->poison, node, next) {
        g_free(p);
    }
}
