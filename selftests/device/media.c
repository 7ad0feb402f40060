/*
 * cxl-type2: the device's memory, and poison in it
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Poisoned pages are small I/O regions over the RAM, so that decoders, which
 * alias the whole, need not know of them.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "cxl_type2.h"

#define POISON_PAGE 4096
#define NO_PAGE     UINT64_MAX

struct CT2Poison {
    MemoryRegion mr;
    CXLType2Dev *dev;
    uint64_t dpa;
    QLIST_ENTRY(CT2Poison) node;
};

static MemoryRegion *backend(CXLType2Dev *d)
{
    return host_memory_backend_get_memory(d->memdev);
}

uint64_t ct2_media_size(CXLType2Dev *d)
{
    return memory_region_size(backend(d));
}

uint8_t *ct2_media_ptr(CXLType2Dev *d, uint64_t dpa)
{
    return (uint8_t *)memory_region_get_ram_ptr(backend(d)) + dpa;
}

void ct2_media_written(CXLType2Dev *d, uint64_t dpa, uint64_t size)
{
    memory_region_set_dirty(backend(d), dpa, size);
}

/* Give the pages back rather than write zeroes into many GiB of them */
void ct2_media_zero(CXLType2Dev *d)
{
    uint64_t size = ct2_media_size(d);

    if (ram_block_discard_range(backend(d)->ram_block, 0, size)) {
        memset(ct2_media_ptr(d, 0), 0, size);
    }
    ct2_media_written(d, 0, size);
    ct2_poison_remove_all(d);
}

static uint64_t poison_read(void *opaque, hwaddr off, unsigned size)
{
    CT2Poison *p = opaque;
    uint64_t hpa;

    p->dev->poison_hits++;
    if (ct2_window_hpa(p->dev, p->dpa + off, &hpa)) {
        ct2_mce_raise(hpa);
    }
    return UINT64_MAX;
}

/* A partial write does not clean the line: it stays poisoned */
static void poison_write(void *opaque, hwaddr off, uint64_t val, unsigned size)
{
    CT2Poison *p = opaque;

    memcpy(ct2_media_ptr(p->dev, p->dpa + off), &val, size);
    ct2_media_written(p->dev, p->dpa + off, size);
}

static const MemoryRegionOps poison_ops = {
    .read = poison_read,
    .write = poison_write,
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

bool ct2_media_poisoned(CXLType2Dev *d, uint64_t dpa, uint64_t size)
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
    memory_region_add_subregion_overlap(&d->media, dpa, &p->mr, 1);
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

void ct2_media_init(CXLType2Dev *d)
{
    memory_region_init(&d->media, OBJECT(d), "cxl-type2-media",
                       ct2_media_size(d));
    memory_region_add_subregion(&d->media, 0, backend(d));
    host_memory_backend_set_mapped(d->memdev, true);
}

void ct2_media_exit(CXLType2Dev *d)
{
    ct2_poison_remove_all(d);
    memory_region_del_subregion(&d->media, backend(d));
    host_memory_backend_set_mapped(d->memdev, false);
}

/* The memory regions are gone by now, and every reader with them */
void ct2_media_finalize(CXLType2Dev *d)
{
    CT2Poison *p, *next;

    QLIST_FOREACH_SAFE(p, &d->poison, node, next) {
        g_free(p);
    }
}
