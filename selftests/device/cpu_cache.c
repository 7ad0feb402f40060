/*
 * cxl-type2: a model of the CPUs' write-back caches over the device's memory
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TCG has no caches. With cpu-cache=on the CPUs have a view of the memory that
 * is a memory of its own, as if the whole were cached. A line that differs from
 * what it was filled with is dirty. It goes to the device's memory when a CPU
 * flushes it, or at some random time, and if nothing decodes its address then,
 * it is a stray write and lost. A line that memory has changed under, by a CXL
 * reset that cleared it, stays as it was until it is flushed or evicted.
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/cutils.h"
#include "qapi/error.h"
#include "cpu_cache.h"
#include "media.h"
#include "window.h"

#define LINE        64
#define PAGE        4096
#define EVICT_MS    20
#define EVICT_PAGES 8

static QLIST_HEAD(, CXLType2Dev) cached = QLIST_HEAD_INITIALIZER(cached);
static bool flushes_are_seen;

void ct2_cpu_cache_is_flushed(void)
{
    flushes_are_seen = true;
}

static uint8_t *view(CXLType2Dev *d, uint64_t dpa)
{
    return (uint8_t *)memory_region_get_ram_ptr(&d->cpu.view) + dpa;
}

static bool decoded(CXLType2Dev *d, uint64_t dpa)
{
    uint64_t hpa;

    return ct2_window_hpa(d, dpa, &hpa);
}

/* Not by a CPU: the dirty log need not tell us what we did */
static void fill(CXLType2Dev *d, uint64_t dpa)
{
    uint8_t *memory = ct2_media_ptr(d, dpa);

    if (memcmp(view(d, dpa), memory, LINE)) {
        memcpy(view(d, dpa), memory, LINE);
    }
    memcpy(d->cpu.filled + dpa, memory, LINE);
}

/* CPUs may store meanwhile: what is copied is looked at once */
static void write_back(CXLType2Dev *d, uint64_t dpa)
{
    uint8_t line[LINE];

    memcpy(line, view(d, dpa), LINE);
    if (!memcmp(line, d->cpu.filled + dpa, LINE)) {
        return;
    }
    if (decoded(d, dpa)) {
        memcpy(ct2_media_ptr(d, dpa), line, LINE);
        memcpy(d->cpu.filled + dpa, line, LINE);
        ct2_media_written(d, dpa, LINE);
    } else {
        fill(d, dpa);
        d->cpu.lost++;
        ct2_window_lost_line(d, dpa, LINE);
    }
}

static void write_back_and_drop(CXLType2Dev *d, uint64_t dpa)
{
    write_back(d, dpa);
    fill(d, dpa);
}

/* Pages that a CPU has written since the last time; they stay in the set */
static void find_written_pages(CXLType2Dev *d)
{
    uint64_t size = ct2_media_size(d);
    DirtyBitmapSnapshot *snapshot;

    snapshot = memory_region_snapshot_and_clear_dirty(&d->cpu.view, 0, size,
                                                      DIRTY_MEMORY_VGA);
    for (uint64_t dpa = 0; dpa < size; dpa += PAGE) {
        if (memory_region_snapshot_get_dirty(&d->cpu.view, snapshot, dpa,
                                             PAGE)) {
            set_bit(dpa / PAGE, d->cpu.pages);
        }
    }
    g_free(snapshot);
}

static void for_page(CXLType2Dev *d, uint64_t page,
                     void (*what)(CXLType2Dev *d, uint64_t dpa))
{
    for (unsigned off = 0; off < PAGE; off += LINE) {
        what(d, page * PAGE + off);
    }
}

static void for_all(CXLType2Dev *d, void (*what)(CXLType2Dev *d, uint64_t dpa))
{
    uint64_t count = ct2_media_size(d) / PAGE, page;

    find_written_pages(d);
    for (page = find_first_bit(d->cpu.pages, count); page < count;
         page = find_next_bit(d->cpu.pages, count, page + 1)) {
        for_page(d, page, what);
    }
}

static void evict_or_keep(CXLType2Dev *d, uint64_t dpa)
{
    if (g_random_boolean()) {
        write_back_and_drop(d, dpa);
    }
}

/*
 * Some lines while the memory is decoded; as soon as nothing decodes it, all
 * that are dirty, so that a forgotten flush shows at once.
 */
static void evict(void *opaque)
{
    CXLType2Dev *d = opaque;
    uint64_t count = ct2_media_size(d) / PAGE, page;

    timer_mod(d->cpu.evict_timer,
              qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + EVICT_MS);
    if (!decoded(d, 0)) {
        if (!d->cpu.all_clean) {
            for_all(d, write_back);
            d->cpu.all_clean = true;
        }
        return;
    }
    d->cpu.all_clean = false;
    if (!d->cpu_cache_evicts) {
        return;
    }
    find_written_pages(d);
    for (int i = 0; i < EVICT_PAGES; i++) {
        page = find_next_bit(d->cpu.pages, count,
                             g_random_int_range(0, MIN(count, INT32_MAX)));
        if (page >= count) {
            page = find_first_bit(d->cpu.pages, count);
        }
        if (page < count) {
            for_page(d, page, evict_or_keep);
        }
    }
}

static void flush(CXLType2Dev *d)
{
    for_all(d, write_back_and_drop);
    d->cpu.flushes++;
}

void ct2_cpu_cache_flush_all(void)
{
    CXLType2Dev *d;

    QLIST_FOREACH(d, &cached, cpu.node) {
        flush(d);
    }
}

void ct2_cpu_cache_line(uint64_t hpa, CT2LineOp op)
{
    CXLType2Dev *d;
    uint64_t dpa;

    QLIST_FOREACH(d, &cached, cpu.node) {
        if (ct2_window_dpa(d, hpa, &dpa)) {
            dpa = QEMU_ALIGN_DOWN(dpa, LINE);
            switch (op) {
            case CT2_LINE_WRITE_BACK:
                write_back(d, dpa);
                break;
            case CT2_LINE_FLUSH:
                write_back_and_drop(d, dpa);
                break;
            case CT2_LINE_DROP:
                fill(d, dpa);
                break;
            }
            d->cpu.lines_flushed++;
        }
    }
}

bool ct2_cpu_cache_flush(CXLType2Dev *d, uint64_t val, Error **errp)
{
    if (!d->cpu_cache || val != 1) {
        error_setg(errp, d->cpu_cache ? "cpu-cache-flush can only be set to 1"
                                      : "there is no cpu-cache");
        return false;
    }
    flush(d);
    return true;
}

uint64_t ct2_cpu_cache_flushes(CXLType2Dev *d)
{
    return d->cpu.flushes;
}

bool ct2_cpu_cache_look_at(CXLType2Dev *d, uint64_t dpa, Error **errp)
{
    if (dpa % 8 || dpa >= ct2_media_size(d)) {
        error_setg(errp, "0x%" PRIx64 " is no address of the memory", dpa);
        return false;
    }
    d->medium_at = dpa;
    return true;
}

uint64_t ct2_cpu_cache_medium(CXLType2Dev *d)
{
    return ldq_le_p(ct2_media_ptr(d, d->medium_at));
}

/* The host's caches answer a device's requests only for what they decode */
void ct2_cpu_cache_snoop(CXLType2Dev *d, uint64_t dpa, uint64_t size)
{
    if (!d->cpu_cache || !size) {
        return;
    }
    bitmap_set(d->cpu.pages, dpa / PAGE,
               (dpa + size - 1) / PAGE - dpa / PAGE + 1);
    for (uint64_t at = QEMU_ALIGN_DOWN(dpa, LINE); at < dpa + size;
         at += LINE) {
        if (decoded(d, at)) {
            write_back_and_drop(d, at);
        }
    }
}

void ct2_cpu_cache_power_on(CXLType2Dev *d)
{
    if (d->cpu_cache) {
        for_all(d, fill);
    }
}

/* A memory backend may be a file with something in it */
static void fill_whole(CXLType2Dev *d)
{
    uint64_t size = ct2_media_size(d);

    for (uint64_t page = 0; page < size / PAGE; page++) {
        if (!buffer_is_zero(ct2_media_ptr(d, page * PAGE), PAGE)) {
            set_bit(page, d->cpu.pages);
            for_page(d, page, fill);
        }
    }
}

bool ct2_cpu_cache_init(CXLType2Dev *d, Error **errp)
{
    uint64_t size = ct2_media_size(d);

    if (!d->cpu_cache) {
        return true;
    }
    if (!flushes_are_seen) {
        error_setg(errp, "cpu-cache needs -plugin with the device's object");
        return false;
    }
    if (!memory_region_init_ram_flags_nomigrate(&d->cpu.view, OBJECT(d),
                                                "cxl-type2-cpu-view", size,
                                                RAM_NORESERVE, errp)) {
        return false;
    }
    d->cpu.filled = qemu_anon_ram_alloc(size, NULL, false, true);
    if (!d->cpu.filled) {
        error_setg(errp, "no memory for what cpu-cache was filled with");
        return false;
    }
    d->cpu.pages = bitmap_new(size / PAGE);
    memory_region_set_log(&d->cpu.view, true, DIRTY_MEMORY_VGA);
    memory_region_reset_dirty(&d->cpu.view, 0, size, DIRTY_MEMORY_VGA);
    fill_whole(d);
    ct2_media_cover(d, &d->cpu.view);
    d->cpu.evict_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, evict, d);
    timer_mod(d->cpu.evict_timer, EVICT_MS);
    QLIST_INSERT_HEAD(&cached, d, cpu.node);
    return true;
}

void ct2_cpu_cache_exit(CXLType2Dev *d)
{
    if (!d->cpu_cache) {
        return;
    }
    QLIST_REMOVE(d, cpu.node);
    timer_free(d->cpu.evict_timer);
    ct2_media_uncover(d, &d->cpu.view);
    qemu_anon_ram_free(d->cpu.filled, ct2_media_size(d));
    g_free(d->cpu.pages);
}
