/*
 * cxl-type2: the cache in which the device holds lines of host memory
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A line that the device owns is newer than host memory until it is written
 * back. On hardware a CPU that reads it gets the device's bytes; here it gets
 * the old ones, so a test reads host memory once the device has given up its
 * lines, and finds whether they were written back or lost.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/boards.h"
#include "exec/address-spaces.h"
#include "cache.h"
#include "dvsec.h"

static void write_back_done(void *opaque)
{
    CXLType2Dev *d = opaque;

    for (unsigned i = 0; i < d->lines_held; i++) {
        address_space_write(&address_space_memory, d->lines[i].hpa,
                            MEMTXATTRS_UNSPECIFIED, d->lines[i].bytes,
                            CT2_CACHE_LINE);
    }
    d->lines_held = 0;
    d->wbis++;
    if (ct2_dvsec_caching_disabled(d)) {
        ct2_dvsec_set_status2(d, 0, CT2_STATUS2_CACHE_INVALID);
    }
}

/* A second request while one runs begins it anew */
void ct2_cache_write_back(CXLType2Dev *d)
{
    if (d->wbi_ms) {
        timer_mod(d->wbi_timer,
                  qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + d->wbi_ms);
    } else {
        timer_del(d->wbi_timer);
        write_back_done(d);
    }
}

bool ct2_cache_busy(CXLType2Dev *d)
{
    return timer_pending(d->wbi_timer);
}

void ct2_cache_lose(CXLType2Dev *d)
{
    timer_del(d->wbi_timer);
    d->lines_lost += d->lines_held;
    d->lines_held = 0;
}

bool ct2_cache_take(CXLType2Dev *d, uint64_t hpa, Error **errp)
{
    CT2Line *line = &d->lines[d->lines_held];
    MemoryRegionSection section;
    bool ram;

    if (!ct2_dvsec_caches(d)) {
        error_setg(errp, "the device does not cache: Cache_Enable is off, or "
                   "Disable_Caching on");
        return false;
    }
    section = memory_region_find(get_system_memory(), hpa, CT2_CACHE_LINE);
    ram = section.mr == current_machine->ram;
    memory_region_unref(section.mr);
    if (!ram || hpa % CT2_CACHE_LINE) {
        error_setg(errp, "0x%" PRIx64 " is no cache line of host memory", hpa);
        return false;
    }
    if (d->lines_held == CT2_CACHE_LINES) {
        error_setg(errp, "the cache has %u lines", CT2_CACHE_LINES);
        return false;
    }
    line->hpa = hpa;
    memset(line->bytes, d->host_line_value, sizeof(line->bytes));
    d->lines_held++;
    return true;
}

uint64_t ct2_cache_held(CXLType2Dev *d)
{
    return d->lines_held;
}

void ct2_cache_init(CXLType2Dev *d)
{
    d->wbi_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, write_back_done, d);
}

void ct2_cache_exit(CXLType2Dev *d)
{
    timer_free(d->wbi_timer);
}
