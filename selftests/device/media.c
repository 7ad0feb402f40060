/*
 * cxl-type2: the device's memory
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "media.h"

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
}

void ct2_media_cover(CXLType2Dev *d, MemoryRegion *view)
{
    memory_region_add_subregion_overlap(&d->media, 0, view,
                                        CT2_MEDIA_PRIO_VIEW);
}

void ct2_media_uncover(CXLType2Dev *d, MemoryRegion *view)
{
    memory_region_del_subregion(&d->media, view);
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
    memory_region_del_subregion(&d->media, backend(d));
    host_memory_backend_set_mapped(d->memdev, false);
}
