/*
 * cxl-type2: the state of an emulated CXL Type-2 accelerator
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each file below has a header with what it does for those above it; README.md
 * shows the order.
 *
 * Register names are those of QEMU's hw/cxl headers and of the CXL
 * specification r4.0; section numbers refer to the latter.
 */
#ifndef CXL_TYPE2_H
#define CXL_TYPE2_H

#include "qemu/timer.h"
#include "hw/pci/pci_device.h"
#include "hw/cxl/cxl.h"
#include "system/hostmem.h"
#include "hdm.h"

#define TYPE_CXL_TYPE2 "cxl-type2"
OBJECT_DECLARE_SIMPLE_TYPE(CXLType2Dev, CXL_TYPE2)

#define CT2_MSIX_VECTORS    4
#define CT2_BARS            3               /* 64-bit BARs 0, 2 and 4 */
#define CT2_CM_DWORDS       (CXL2_COMPONENT_CM_REGION_SIZE / 4)
#define CT2_CACHE_LINE      64
#define CT2_CACHE_LINES     16
#define CT2_RAS_LOG_MAX     17              /* one per defined error */

/* What happened to the function, ordered by how much is lost */
typedef enum CT2Reset {
    CT2_RESET_POWER,            /* power good: sticky bits go too */
    CT2_RESET_HOT,              /* conventional reset of a powered device */
    CT2_RESET_FLR,
    CT2_RESET_CXL,              /* Control2.Initiate_CXL_Reset */
    CT2_RESET_D3,               /* D3hot to D0 */
    CT2_RESET_KINDS
} CT2Reset;

/* window.c: watches one CXL fixed memory window for stray accesses */
typedef struct CT2Watch CT2Watch;

/* One decoder's piece of host address space, as mapped now */
typedef struct CT2Map {
    MemoryRegion alias;
    CXLFixedWindow *fw;         /* NULL: not mapped */
    uint64_t hpa, dpa, size;
} CT2Map;

typedef struct CT2Poison CT2Poison;

/* A 64-bit BAR; without a device it is not there */
typedef struct CT2Bar {
    CXLType2Dev *dev;
    uint8_t number;
    MemoryRegion mr;            /* what is in it: layout.c */
    MemoryRegion gone;          /* all ones over it */
    MemoryRegion vacant;        /* all ones where it was mapped last */
    MemoryRegion *vacant_in;    /* NULL: nowhere */
} CT2Bar;

/* What the CPUs have cached of the memory: cpu_cache.c */
typedef struct CT2CpuCache {
    MemoryRegion view;          /* what they see */
    uint8_t *filled;            /* what memory held when lines were filled */
    unsigned long *pages;       /* a bit for each that may differ */
    QEMUTimer *evict_timer;
    bool all_clean;             /* since nothing decodes the memory */
    uint64_t flushes, lines_flushed, lost;
    QLIST_ENTRY(CXLType2Dev) node;
} CT2CpuCache;

/* A dirty line of host memory in the device's cache */
typedef struct CT2Line {
    uint64_t hpa;
    uint8_t bytes[CT2_CACHE_LINE];
} CT2Line;

struct CXLType2Dev {
    PCIDevice parent_obj;

    /* BARs: layout.c, unanswered.c */
    CT2Bar bar[CT2_BARS];
    MemoryRegion comp, regs;
    uint8_t regs_bar_used;
    uint32_t regs_offset_used;

    /* component registers: component.c, ras.c, hdm.c */
    uint32_t cm[CT2_CM_DWORDS];
    CT2Hdm hdm;
    int64_t commit_at[HDM_DECODE_MAX];
    QEMUTimer *commit_timer;
    uint8_t ras_log[CT2_RAS_LOG_MAX];   /* uncorrectable errors, oldest first */
    unsigned ras_logged;
    uint64_t odd_accesses, element_reads;

    /* memory and its place in host address space: media.c, window.c */
    MemoryRegion media;
    CT2CpuCache cpu;
    uint64_t medium_at;
    CT2Map map[HDM_DECODE_MAX];
    CT2Watch *watch;
    uint64_t window_base, window_size;
    uint64_t stray_reads, stray_writes, stray_addr;
    QLIST_HEAD(, CT2Poison) poison;
    uint32_t poisoned;
    uint64_t poison_hits;

    /* config space: dvsec.c, config.c */
    uint16_t dvsec;                     /* CXL Device DVSEC, 0: none */
    QEMUTimer *active_timer, *valid_timer;

    /* ATS: ats.c */
    MemoryListener ats_listener;
    IOMMUNotifier ats_notifier;         /* without notify: not registered */
    MemoryRegion *ats_iommu;
    uint64_t ats_invalidations, ats_unanswered;

    struct DOECap *doe;                 /* doe.c; NULL: none */

    /* the device's cache: cache.c */
    CT2Line lines[CT2_CACHE_LINES];
    unsigned lines_held;
    uint64_t lines_lost, wbis;
    QEMUTimer *wbi_timer;

    /* port.c */
    PCIDevice *port;
    PCIConfigWriteFunc *port_config_write;
    QLIST_ENTRY(CXLType2Dev) port_node;

    /* reset.c */
    QEMUTimer *cxl_reset_timer;
    int64_t reset_until;
    bool machine_reset, cxl_resetting, resetting_function;
    /* no promise that registers answer in the CXL reset that runs */
    bool cxl_reset_silent;
    bool cxl_reset_clear;
    uint64_t resets, reset_count[CT2_RESET_KINDS], doorbells_while_busy;

    /* device registers: regs.c */
    uint32_t scratch, dma_len, dma_status;
    uint64_t dma_iova, dma_dpa;
    uint32_t msix_sent[CT2_MSIX_VECTORS];

    QTAILQ_ENTRY(CXLType2Dev) node;

    /* fixed at creation: the property table in cxl_type2.c */
    HostMemoryBackend *memdev;
    uint64_t sn, hpa_offset, hpa_align, hdm_size, bar_size;
    uint32_t class_code, comp_offset, regs_offset, ctrl_set, ctrl_clear;
    uint32_t cm_at, cm_value, config_at, config_value;
    uint16_t vendor_id, device_id;
    uint16_t dvsec_cap_set, dvsec_cap_clear, dvsec_cap2, dvsec_cap3;
    uint8_t hdm_count, comp_bar, regs_bar, bad_regloc, reset_timeout, dvsec_rev;
    uint8_t active_timeout;
    bool cache_capable, firmware_commit, hb_commit, mem_enable, lock;
    bool config_lock, hostonly, bi_capable, poison_on_err, flr_cap, pm_cap;
    bool no_soft_reset, cxl_reset_cap, reset_mem_clr_cap, cpu_cache;
    bool ats_cap, pasid_cap, doe_cap;
    bool no_hdm, no_ras, no_dvsec;

    /* may change at run time: the tables in props.c */
    uint32_t commit_delay_ms, cxl_reset_ms, cxl_reset_clear_ms, wbi_ms;
    uint32_t host_line_value, reset_ms;
    uint32_t mem_active_delay_ms, mem_valid_delay_ms;
    bool mem_active, mem_valid, commit_err;
    bool cxl_reset_err, cxl_reset_hang, cxl_reset_keeps_hdm;
    bool cxl_reset_function, flr_clears_hdm, flr_clears_mem_enable;
    bool flr_drops_active, flr_moves_hdm, hot_reset_keeps_hdm, d3_clears_hdm;
    bool preserve_err, mse_gates_window, gone, stray_fatal, abort;
    bool cpu_cache_evicts, port_masks_reset;
};

/* What messages call the device */
static inline const char *ct2_name(CXLType2Dev *d)
{
    return DEVICE(d)->id ?: TYPE_CXL_TYPE2;
}

#endif
