/*
 * cxl-type2: an emulated CXL Type-2 accelerator
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Register names are those of QEMU's hw/cxl headers and of the CXL
 * specification r4.0; section numbers refer to the latter.
 */
#ifndef CXL_TYPE2_H
#define CXL_TYPE2_H

#include "qemu/timer.h"
#include "hw/pci/pci_device.h"
#include "hw/cxl/cxl.h"
#include "hw/cxl/cxl_host.h"
#include "system/hostmem.h"

#define TYPE_CXL_TYPE2 "cxl-type2"
OBJECT_DECLARE_SIMPLE_TYPE(CXLType2Dev, CXL_TYPE2)

#define CT2_GRANULE         (256 * MiB)     /* unit of decoder base and size */
#define CT2_MSIX_VECTORS    4
#define CT2_BARS            3               /* 64-bit BARs 0, 2 and 4 */
#define CT2_CM_DWORDS       (CXL2_COMPONENT_CM_REGION_SIZE / 4)
#define CT2_RAS_LOG_MAX     17              /* one per defined error */

/* exit status of the VM when stray-fatal is on */
#define CT2_STRAY_EXIT      4

/* hdm.c: one HDM Decoder Capability, of the device or of a host bridge */
typedef struct CT2Hdm CT2Hdm;
struct CT2Hdm {
    uint32_t *regs;             /* at HDM Decoder Capability */
    unsigned count;
    uint32_t ctrl_rwl;          /* Control fields that software may write */
    uint32_t aux_lo_mask;       /* DPA Skip Low or Target List Low */
    void (*commit)(CT2Hdm *hdm, unsigned n); /* COMMIT went from 0 to 1 */
};

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

struct CXLType2Dev {
    PCIDevice parent_obj;

    /* BARs: layout.c */
    MemoryRegion bar[CT2_BARS];         /* containers; size 0: not there */
    MemoryRegion bar_gone[CT2_BARS];    /* all ones over a BAR */
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
    uint64_t odd_accesses;

    /* memory and its place in host address space: media.c, window.c */
    MemoryRegion media;
    CT2Map map[HDM_DECODE_MAX];
    CT2Watch *watch;
    uint64_t window_base, window_size;
    uint64_t stray_reads, stray_writes, stray_addr;
    QLIST_HEAD(, CT2Poison) poison;
    uint32_t poisoned;
    uint64_t poison_hits;

    /* config space: dvsec.c, config.c */
    uint16_t dvsec;                     /* CXL Device DVSEC, 0: none */
    QEMUTimer *active_timer, *valid_timer, *wbi_timer;

    /* reset.c */
    QEMUTimer *cxl_reset_timer;
    bool machine_reset, cxl_resetting, cxl_resetting_function;
    bool cxl_reset_clear;
    uint64_t resets, reset_count[CT2_RESET_KINDS];

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
    bool no_soft_reset, cxl_reset_cap, reset_mem_clr_cap;
    bool no_hdm, no_ras, no_dvsec;

    /* may change at run time: the tables in props.c */
    uint32_t commit_delay_ms, cxl_reset_ms, wbi_ms;
    uint32_t mem_active_delay_ms, mem_valid_delay_ms;
    bool mem_active, mem_valid, commit_err;
    bool cxl_reset_err, cxl_reset_hang, cxl_reset_keeps_hdm;
    bool cxl_reset_function, flr_clears_hdm, flr_clears_mem_enable;
    bool flr_drops_active, hot_reset_keeps_hdm, d3_clears_hdm;
    bool preserve_err, mse_gates_window, gone, stray_fatal;
};

/* cxl_type2.c */
typedef QTAILQ_HEAD(CT2List, CXLType2Dev) CT2List;
extern CT2List ct2_devices;
const char *ct2_name(CXLType2Dev *d);

/* layout.c: what is in which BAR */
bool ct2_layout_init(CXLType2Dev *d, Error **errp);
void ct2_layout_exit(CXLType2Dev *d);
void ct2_layout_gone(CXLType2Dev *d);

/* component.c: the 64 KiB component register block */
void ct2_component_init(CXLType2Dev *d);
void ct2_component_power_on(CXLType2Dev *d);
void ct2_component_exit(CXLType2Dev *d);

/* ras.c: CXL RAS Capability */
void ct2_ras_power_on(CXLType2Dev *d);
void ct2_ras_write(CXLType2Dev *d, hwaddr off, uint32_t val);
bool ct2_ras_correctable(CXLType2Dev *d, uint64_t bits, Error **errp);
uint64_t ct2_ras_correctable_status(CXLType2Dev *d);
bool ct2_ras_uncorrectable(CXLType2Dev *d, uint64_t bits, Error **errp);
uint64_t ct2_ras_uncorrectable_status(CXLType2Dev *d);
bool ct2_aer_correctable(CXLType2Dev *d, uint64_t bits, Error **errp);
uint64_t ct2_aer_correctable_status(CXLType2Dev *d);
bool ct2_aer_uncorrectable(CXLType2Dev *d, uint64_t bits, Error **errp);
uint64_t ct2_aer_uncorrectable_status(CXLType2Dev *d);

/* hdm.c: the write rules of HDM decoders */
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

/* host.c: the host bridge above a device and its fixed memory windows */
CXLHost *ct2_host(CXLType2Dev *d, PCIDevice **port);
CXLFixedWindow *ct2_host_window(CXLHost *host, uint64_t hpa);
CXLFixedWindow *ct2_host_first_window(CXLHost *host);
bool ct2_host_routes(CXLHost *host, PCIDevice *port, uint64_t hpa,
                     uint64_t size);
CT2Hdm ct2_host_hdm(CXLHost *host);
void ct2_host_adopt(CXLHost *host);

/* firmware.c: what platform firmware leaves behind */
void ct2_firmware_place(CXLType2Dev *d);
void ct2_firmware_run(CXLType2Dev *d);

/* media.c: the device's memory, poison included */
void ct2_media_init(CXLType2Dev *d);
void ct2_media_exit(CXLType2Dev *d);
void ct2_media_finalize(CXLType2Dev *d);
uint64_t ct2_media_size(CXLType2Dev *d);
uint8_t *ct2_media_ptr(CXLType2Dev *d, uint64_t dpa);
void ct2_media_written(CXLType2Dev *d, uint64_t dpa, uint64_t size);
void ct2_media_zero(CXLType2Dev *d);
bool ct2_media_poisoned(CXLType2Dev *d, uint64_t dpa, uint64_t size);
bool ct2_poison_add(CXLType2Dev *d, uint64_t dpa, Error **errp);
bool ct2_poison_remove(CXLType2Dev *d, uint64_t dpa, Error **errp);
void ct2_poison_remove_all(CXLType2Dev *d);

/* mce.c: tell a CPU that it consumed poison */
void ct2_mce_raise(uint64_t hpa);

/* window.c: which host addresses reach the memory now */
void ct2_window_update(CXLType2Dev *d);
void ct2_window_update_all(void);
void ct2_window_exit(CXLType2Dev *d);
void ct2_window_watch(CXLType2Dev *d);
bool ct2_window_hpa(CXLType2Dev *d, uint64_t dpa, uint64_t *hpa);

/* dvsec.c: DVSECs of the function */
void ct2_dvsec_init(CXLType2Dev *d);
void ct2_dvsec_clear(CXLType2Dev *d, bool sticky);
void ct2_dvsec_clear_control(CXLType2Dev *d);
void ct2_dvsec_unlock(CXLType2Dev *d);
bool ct2_dvsec_locked(CXLType2Dev *d);
bool ct2_dvsec_mem_enabled(CXLType2Dev *d);
bool ct2_dvsec_mem_active(CXLType2Dev *d);
void ct2_dvsec_set_ranges(CXLType2Dev *d, uint64_t base, bool mem_enable);
void ct2_dvsec_set_status2(CXLType2Dev *d, uint16_t clear, uint16_t set);
bool ct2_dvsec_set_viral(CXLType2Dev *d, uint64_t val, Error **errp);
uint64_t ct2_dvsec_viral(CXLType2Dev *d);
void ct2_dvsec_lock(CXLType2Dev *d);
void ct2_dvsec_update(CXLType2Dev *d);
void ct2_dvsec_written(CXLType2Dev *d, uint32_t addr, int len);

/* config.c: config space accesses, power states */
uint32_t ct2_config_read(PCIDevice *p, uint32_t addr, int len);
void ct2_config_write(PCIDevice *p, uint32_t addr, uint32_t val, int len);
bool ct2_config_in_d0(CXLType2Dev *d);

/* reset.c */
void ct2_reset_init(CXLType2Dev *d);
void ct2_reset_exit(CXLType2Dev *d);
void ct2_reset_class_init(ResettableClass *rc);
void ct2_reset_apply(CXLType2Dev *d, CT2Reset kind);
void ct2_reset_cxl_start(CXLType2Dev *d, bool clear_memory);

/* regs.c: device registers (DMA engine, MSI-X triggers, counters) */
#define CT2_REGS_SIZE       0x4000
#define CT2_REGS_MSIX_TABLE 0x2000
#define CT2_REGS_MSIX_PBA   0x3000
void ct2_regs_init(CXLType2Dev *d);
void ct2_regs_reset(CXLType2Dev *d);

/* props.c: properties that may change at run time */
void ct2_props_instance_init(CXLType2Dev *d);
void ct2_props_class_init(ObjectClass *oc);

/* CXL Device DVSEC fields that QEMU does not name, 8.1.3 */
#define CT2_CAP_CACHE               BIT(0)
#define CT2_CAP_IO                  BIT(1)
#define CT2_CAP_MEM                 BIT(2)
#define CT2_CAP_MEM_HWINIT          BIT(3)
#define CT2_CAP_HDM_COUNT_1         BIT(4)
#define CT2_CAP_CACHE_WBI           BIT(6)
#define CT2_CAP_CXL_RESET           BIT(7)
#define CT2_CAP_RESET_TIMEOUT_SHIFT 8
#define CT2_CAP_RESET_MEM_CLR       BIT(11)

#define CT2_CTRL_CACHE_ENABLE       BIT(0)
#define CT2_CTRL_IO_ENABLE          BIT(1)
#define CT2_CTRL_MEM_ENABLE         BIT(2)
#define CT2_CTRL_P2P_ENABLE         BIT(12)
#define CT2_CTRL_RWL                (0x0ffd | BIT(14))

#define CT2_STATUS_VIRAL            BIT(14)

#define CT2_CTRL2_DISABLE_CACHING   BIT(0)
#define CT2_CTRL2_INITIATE_WBI      BIT(1)
#define CT2_CTRL2_INITIATE_RESET    BIT(2)
#define CT2_CTRL2_RESET_MEM_CLR     BIT(3)
#define CT2_CTRL2_VOLATILE_STATE    BIT(4)
#define CT2_CTRL2_MODIFIED_COMPL    BIT(5)
#define CT2_CTRL2_DOORBELLS         (CT2_CTRL2_INITIATE_WBI | \
                                     CT2_CTRL2_INITIATE_RESET)

#define CT2_STATUS2_CACHE_INVALID   BIT(0)
#define CT2_STATUS2_RESET_COMPLETE  BIT(1)
#define CT2_STATUS2_RESET_ERROR     BIT(2)
#define CT2_STATUS2_PRESERVE_ERR    BIT(3)

#define CT2_LOCK_CONFIG             BIT(0)

#define CT2_CAP2_MODIFIED_COMPL     BIT(6)

#define CT2_CAP3_VOLATILE_STATE     BIT(3)
#define CT2_CAP3_P2P                BIT(4)

#define CT2_RANGE_VALID             BIT(0)
#define CT2_RANGE_ACTIVE            BIT(1)

#endif
