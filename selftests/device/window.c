/*
 * cxl-type2: which host addresses reach the memory, and who touches the others
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A decoded range is an alias of the device's memory laid over the fixed memory
 * window, so that CPU accesses are plain RAM accesses. Below it a region of
 * lower priority counts what reaches the window while nothing decodes it.
 */
#include "qemu/osdep.h"
#include "window.h"
#include "dvsec.h"
#include "fatal.h"
#include "function.h"
#include "host.h"
#include "media.h"

enum { PRIO_STRAY, PRIO_DECODED };

struct CT2Watch {
    MemoryRegion mr;
    CXLFixedWindow *fw;
    unsigned users;
    QTAILQ_ENTRY(CT2Watch) node;
};

static QTAILQ_HEAD(, CT2Watch) watches = QTAILQ_HEAD_INITIALIZER(watches);
static QTAILQ_HEAD(, CXLType2Dev) devices = QTAILQ_HEAD_INITIALIZER(devices);

/* Devices may share a host bridge: blame the one whose place it is */
static CXLType2Dev *stray_owner(CT2Watch *w, uint64_t hpa)
{
    CXLType2Dev *d, *any = NULL;

    QTAILQ_FOREACH(d, &devices, node) {
        if (d->watch != w) {
            continue;
        }
        if (hpa >= d->window_base && hpa - d->window_base < d->window_size) {
            return d;
        }
        any = any ?: d;
    }
    return any;
}

/* Why no address reaches the memory, NULL if decoders decide */
static const char *closed(CXLType2Dev *d)
{
    if (d->gone) {
        return "the device is gone";
    }
    if (ct2_function_link_down(d)) {
        return "its link is in reset";
    }
    if (!ct2_function_in_d0(d)) {
        return "the function is not in D0";
    }
    if (d->mse_gates_window && !ct2_function_decodes(d)) {
        return "Memory Space is off";
    }
    if (!ct2_dvsec_mem_active(d)) {
        return d->cxl_resetting ? "a CXL reset is under way"
                                : "memory is not active";
    }
    if (!ct2_dvsec_mem_enabled(d)) {
        return "Mem_Enable is off";
    }
    if (!ct2_hdm_enabled(&d->hdm)) {
        return "HDM Decoder Enable is off";
    }
    return NULL;
}

static void stray(CXLType2Dev *d, uint64_t hpa, unsigned size,
                  const char *what, uint64_t *counter)
{
    *counter += 1;
    d->stray_addr = hpa;
    if (d->stray_fatal || d->abort) {
        ct2_fatal(d, CT2_STRAY_EXIT, "stray %s of %u bytes at host address 0x%"
                  PRIx64 " while %s", what, size, hpa,
                  closed(d) ?: "no committed decoder decodes it");
    }
}

static uint64_t stray_read(void *opaque, hwaddr off, unsigned size)
{
    uint64_t hpa = ((CT2Watch *)opaque)->fw->base + off;
    CXLType2Dev *d = stray_owner(opaque, hpa);

    if (d) {                    /* not unplugged meanwhile */
        stray(d, hpa, size, "read", &d->stray_reads);
    }
    return UINT64_MAX;
}

static void stray_write(void *opaque, hwaddr off, uint64_t val, unsigned size)
{
    uint64_t hpa = ((CT2Watch *)opaque)->fw->base + off;
    CXLType2Dev *d = stray_owner(opaque, hpa);

    if (d) {
        stray(d, hpa, size, "write", &d->stray_writes);
    }
}

static const MemoryRegionOps stray_ops = {
    .read = stray_read,
    .write = stray_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

/* Fixed memory windows get their address late: at the first machine reset */
void ct2_window_watch(CXLType2Dev *d)
{
    PCIDevice *port;
    CXLHost *host = ct2_host(d, &port);
    CXLFixedWindow *fw = host ? ct2_host_first_window(host) : NULL;
    CT2Watch *w;

    if (d->watch || !fw) {
        return;
    }
    QTAILQ_FOREACH(w, &watches, node) {
        if (w->fw == fw) {
            break;
        }
    }
    if (!w) {
        w = g_new0(CT2Watch, 1);
        w->fw = fw;
        memory_region_init_io(&w->mr, NULL, &stray_ops, w, "cxl-type2-stray",
                              fw->size);
        QTAILQ_INSERT_TAIL(&watches, w, node);
    }
    if (!w->users++) {
        memory_region_add_subregion_overlap(&fw->mr, 0, &w->mr, PRIO_STRAY);
    }
    d->watch = w;
}

/* Like the fixed window that it watches, a watch is never freed */
static void unwatch(CXLType2Dev *d)
{
    CT2Watch *w = d->watch;

    d->watch = NULL;
    if (w && !--w->users) {
        memory_region_del_subregion(&w->fw->mr, &w->mr);
    }
}

static void unmap(CT2Map *map)
{
    if (map->fw) {
        memory_region_del_subregion(&map->fw->mr, &map->alias);
        object_unparent(OBJECT(&map->alias));
        map->fw = NULL;
    }
}

/* Decoder n's range as the registers describe it; no window if unreachable */
static CT2Map wanted(CXLType2Dev *d, unsigned n, uint64_t dpa)
{
    PCIDevice *port;
    CXLHost *host = ct2_host(d, &port);
    uint32_t ctrl = ct2_hdm_ctrl(&d->hdm, n);
    CT2Map map = {
        .hpa = ct2_hdm_base(&d->hdm, n),
        .size = ct2_hdm_size(&d->hdm, n),
        .dpa = dpa,
    };

    if (!host || closed(d)) {
        return map;
    }
    /* the model does not interleave: such a range reaches nothing */
    if (!FIELD_EX32(ctrl, CXL_HDM_DECODER0_CTRL, COMMITTED) ||
        FIELD_EX32(ctrl, CXL_HDM_DECODER0_CTRL, IW)) {
        return map;
    }
    if (map.dpa > ct2_media_size(d) ||
        map.size > ct2_media_size(d) - map.dpa ||
        !ct2_host_routes(host, port, map.hpa, map.size)) {
        return map;
    }
    map.fw = ct2_host_window(host, map.hpa);
    if (map.fw && map.size > map.fw->size - (map.hpa - map.fw->base)) {
        map.fw = NULL;
    }
    return map;
}

void ct2_window_update(CXLType2Dev *d)
{
    uint64_t dpa = 0;

    memory_region_transaction_begin();
    for (unsigned n = 0; n < d->hdm.count; n++) {
        CT2Map *map = &d->map[n], want;

        dpa += ct2_hdm_skip(&d->hdm, n);
        want = wanted(d, n, dpa);
        dpa += want.size;
        /* each change flushes the translations of every CPU */
        if (want.fw == map->fw && (!want.fw ||
            (want.hpa == map->hpa && want.dpa == map->dpa &&
             want.size == map->size))) {
            continue;
        }
        unmap(map);
        if (want.fw) {
            g_autofree char *name = g_strdup_printf("cxl-type2-hdm%u", n);

            *map = want;
            memory_region_init_alias(&map->alias, OBJECT(d), name, &d->media,
                                     map->dpa, map->size);
            memory_region_add_subregion_overlap(&map->fw->mr,
                                                map->hpa - map->fw->base,
                                                &map->alias, PRIO_DECODED);
        }
    }
    memory_region_transaction_commit();
}

void ct2_window_update_all(void)
{
    CXLType2Dev *d;

    QTAILQ_FOREACH(d, &devices, node) {
        ct2_window_update(d);
    }
}

/* The host address at which the CPUs see @dpa now */
bool ct2_window_hpa(CXLType2Dev *d, uint64_t dpa, uint64_t *hpa)
{
    for (unsigned n = 0; n < d->hdm.count; n++) {
        CT2Map *map = &d->map[n];

        if (map->fw && dpa >= map->dpa && dpa - map->dpa < map->size) {
            *hpa = map->hpa + (dpa - map->dpa);
            return true;
        }
    }
    return false;
}

/* The device address that @hpa has, or had when it was decoded last */
bool ct2_window_dpa(CXLType2Dev *d, uint64_t hpa, uint64_t *dpa)
{
    for (unsigned n = 0; n < d->hdm.count; n++) {
        CT2Map *map = &d->map[n];

        if (hpa >= map->hpa && hpa - map->hpa < map->size) {
            *dpa = map->dpa + (hpa - map->hpa);
            return true;
        }
    }
    return false;
}

/* A cache writes a line to where @dpa was, and nothing decodes it now */
void ct2_window_lost_line(CXLType2Dev *d, uint64_t dpa, unsigned size)
{
    for (unsigned n = 0; n < d->hdm.count; n++) {
        CT2Map *map = &d->map[n];

        if (dpa >= map->dpa && dpa - map->dpa < map->size) {
            stray(d, map->hpa + (dpa - map->dpa), size, "write-back",
                  &d->stray_writes);
            return;
        }
    }
}

void ct2_window_init(CXLType2Dev *d)
{
    QTAILQ_INSERT_TAIL(&devices, d, node);
}

void ct2_window_exit(CXLType2Dev *d)
{
    QTAILQ_REMOVE(&devices, d, node);
    for (unsigned n = 0; n < HDM_DECODE_MAX; n++) {
        unmap(&d->map[n]);
    }
    unwatch(d);
}
