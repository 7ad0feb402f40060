/*
 * cxl-type2: DVSECs of the function, r4.0 8.1
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QEMU's PCI core applies wmask and w1cmask byte by byte, so locking a register
 * means taking its bits out of wmask.
 */
#include "qemu/osdep.h"
#include "qemu/range.h"
#include "qapi/error.h"
#include "dvsec.h"
#include "media.h"

#define REV1_LENGTH 0x38
#define F(field) offsetof(CXLDVSECDevice, field)

static uint16_t add_dvsec(CXLType2Dev *d, uint16_t *next, uint16_t id,
                          uint8_t rev, uint16_t length, const void *body)
{
    PCIDevice *p = PCI_DEVICE(d);
    uint16_t at = *next;

    pcie_add_capability(p, PCI_EXT_CAP_ID_DVSEC, 1, at, length);
    pci_set_long(p->config + at + PCIE_DVSEC_HEADER1_OFFSET,
                 (uint32_t)length << 20 | rev << 16 | CXL_VENDOR_ID);
    pci_set_word(p->config + at + PCIE_DVSEC_ID_OFFSET, id);
    memcpy(p->config + at + sizeof(DVSECHeader),
           (const uint8_t *)body + sizeof(DVSECHeader),
           length - sizeof(DVSECHeader));
    *next += length;
    return at;
}

static uint8_t *reg(CXLType2Dev *d, unsigned field)
{
    return PCI_DEVICE(d)->config + d->dvsec + field;
}

static uint16_t cap3(CXLType2Dev *d)
{
    return d->dvsec_rev >= 2 ? pci_get_word(reg(d, F(cap3))) : 0;
}

bool ct2_dvsec_locked(CXLType2Dev *d)
{
    return d->dvsec && (pci_get_word(reg(d, F(lock))) & CT2_LOCK_CONFIG);
}

static void update_masks(CXLType2Dev *d)
{
    PCIDevice *p = PCI_DEVICE(d);
    bool locked = ct2_dvsec_locked(d);
    uint8_t *wmask = p->wmask + d->dvsec, *w1c = p->w1cmask + d->dvsec;
    uint16_t ctrl = CT2_CTRL_RWL, ctrl2, preserve = 0;
    uint32_t base_hi = locked ? 0 : ~0u, base_lo = locked ? 0 : 0xf0000000;

    if (d->dvsec_rev >= 3 && (cap3(d) & CT2_CAP3_P2P)) {
        ctrl |= CT2_CTRL_P2P_ENABLE;
    }
    ctrl2 = CT2_CTRL2_DISABLE_CACHING | CT2_CTRL2_RESET_MEM_CLR |
            CT2_CTRL2_DOORBELLS;
    if (cap3(d) & CT2_CAP3_VOLATILE_STATE) {
        ctrl2 |= CT2_CTRL2_VOLATILE_STATE;
        preserve = CT2_STATUS2_PRESERVE_ERR;
    }
    if (pci_get_word(reg(d, F(cap2))) & CT2_CAP2_MODIFIED_COMPL) {
        ctrl2 |= CT2_CTRL2_MODIFIED_COMPL;
    }
    pci_set_word(wmask + F(ctrl), locked ? 0 : ctrl);
    pci_set_word(wmask + F(ctrl2), ctrl2);
    /* RWO: the first 1 sticks */
    pci_set_word(wmask + F(lock), locked ? 0 : CT2_LOCK_CONFIG);
    pci_set_long(wmask + F(range1_base_hi), base_hi);
    pci_set_long(wmask + F(range1_base_lo), base_lo);
    pci_set_long(wmask + F(range2_base_hi), base_hi);
    pci_set_long(wmask + F(range2_base_lo), base_lo);
    pci_set_word(w1c + F(status), CT2_STATUS_VIRAL);
    pci_set_word(w1c + F(status2), preserve);
}

/* Live bits: Memory_Info_Valid and Memory_Active */
void ct2_dvsec_update(CXLType2Dev *d)
{
    uint32_t lo;

    if (!d->dvsec) {
        return;
    }
    lo = pci_get_long(reg(d, F(range1_size_lo))) &
         ~(CT2_RANGE_VALID | CT2_RANGE_ACTIVE);
    if (d->mem_valid && !timer_pending(d->valid_timer)) {
        lo |= CT2_RANGE_VALID;
    }
    if (d->mem_active && !timer_pending(d->active_timer) && !d->cxl_resetting) {
        lo |= CT2_RANGE_ACTIVE;
    }
    pci_set_long(reg(d, F(range1_size_lo)), lo);
}

bool ct2_dvsec_mem_active(CXLType2Dev *d)
{
    return !d->dvsec ||
           (pci_get_long(reg(d, F(range1_size_lo))) & CT2_RANGE_ACTIVE);
}

bool ct2_dvsec_mem_enabled(CXLType2Dev *d)
{
    return !d->dvsec || (pci_get_word(reg(d, F(ctrl))) & CT2_CTRL_MEM_ENABLE);
}

void ct2_dvsec_set_ranges(CXLType2Dev *d, uint64_t base, bool mem_enable)
{
    if (!d->dvsec) {
        return;
    }
    pci_set_long(reg(d, F(range1_base_hi)), base >> 32);
    pci_set_long(reg(d, F(range1_base_lo)), base & 0xf0000000);
    pci_set_word(reg(d, F(ctrl)), CT2_CTRL_IO_ENABLE |
                 (mem_enable ? CT2_CTRL_MEM_ENABLE : 0) |
                 (d->cache_capable ? CT2_CTRL_CACHE_ENABLE : 0));
}

void ct2_dvsec_set_status2(CXLType2Dev *d, uint16_t clear, uint16_t set)
{
    if (d->dvsec) {
        pci_set_word(reg(d, F(status2)),
                     (pci_get_word(reg(d, F(status2))) & ~clear) | set);
    }
}

uint64_t ct2_dvsec_viral(CXLType2Dev *d)
{
    return d->dvsec &&
           (pci_get_word(reg(d, F(status))) & CT2_STATUS_VIRAL);
}

bool ct2_dvsec_set_viral(CXLType2Dev *d, uint64_t val, Error **errp)
{
    if (!d->dvsec || !val) {
        error_setg(errp, val ? "the device has no CXL Device DVSEC"
                             : "only the host clears Viral_Status");
        return false;
    }
    pci_word_test_and_set_mask(reg(d, F(status)), CT2_STATUS_VIRAL);
    return true;
}

void ct2_dvsec_lock(CXLType2Dev *d)
{
    if (d->dvsec) {
        pci_set_word(reg(d, F(lock)), CT2_LOCK_CONFIG);
        update_masks(d);
    }
}

void ct2_dvsec_unlock(CXLType2Dev *d)
{
    if (d->dvsec) {
        pci_set_word(reg(d, F(lock)), 0);
        update_masks(d);
    }
}

/* Control, Control2 and the bases: what a reset puts back to defaults */
void ct2_dvsec_clear_control(CXLType2Dev *d)
{
    if (d->dvsec) {
        pci_set_word(reg(d, F(ctrl)), CT2_CTRL_IO_ENABLE);
        pci_set_word(reg(d, F(ctrl2)), 0);
        pci_set_long(reg(d, F(range1_base_hi)), 0);
        pci_set_long(reg(d, F(range1_base_lo)), 0);
        pci_set_long(reg(d, F(range2_base_hi)), 0);
        pci_set_long(reg(d, F(range2_base_lo)), 0);
    }
}

/* Status and Status2; @sticky: also what outlives all but a power loss */
void ct2_dvsec_clear(CXLType2Dev *d, bool sticky)
{
    if (!d->dvsec) {
        return;
    }
    ct2_dvsec_set_status2(d, CT2_STATUS2_CACHE_INVALID |
                          CT2_STATUS2_RESET_COMPLETE |
                          CT2_STATUS2_RESET_ERROR |
                          (sticky ? CT2_STATUS2_PRESERVE_ERR : 0), 0);
    if (sticky) {
        pci_set_word(reg(d, F(status)), 0);
    }
}

/* Control2 was written: its doorbells read as zero at once */
static uint16_t ring(CXLType2Dev *d)
{
    uint16_t cap = pci_get_word(reg(d, F(cap)));
    uint16_t ctrl2 = pci_get_word(reg(d, F(ctrl2)));

    pci_set_word(reg(d, F(ctrl2)), ctrl2 & ~CT2_CTRL2_DOORBELLS);
    /* a cache that is not disabled may fill again at any time */
    if (!(ctrl2 & CT2_CTRL2_DISABLE_CACHING)) {
        ct2_dvsec_set_status2(d, CT2_STATUS2_CACHE_INVALID, 0);
    }
    if (!(cap & CT2_CAP_CACHE_WBI)) {
        ctrl2 &= ~CT2_CTRL2_INITIATE_WBI;
    }
    if (!(cap & CT2_CAP_CXL_RESET)) {
        ctrl2 &= ~CT2_CTRL2_INITIATE_RESET;
    }
    return ctrl2 & CT2_CTRL2_DOORBELLS;
}

bool ct2_dvsec_caching_disabled(CXLType2Dev *d)
{
    return d->dvsec &&
           (pci_get_word(reg(d, F(ctrl2))) & CT2_CTRL2_DISABLE_CACHING);
}

/* May the device take lines of host memory into its cache? */
bool ct2_dvsec_caches(CXLType2Dev *d)
{
    return d->dvsec && d->cache_capable && !ct2_dvsec_caching_disabled(d) &&
           (pci_get_word(reg(d, F(ctrl))) & CT2_CTRL_CACHE_ENABLE);
}

/* Is a CXL reset to clear the memory, and can it? */
bool ct2_dvsec_clears_memory(CXLType2Dev *d)
{
    return (pci_get_word(reg(d, F(ctrl2))) & CT2_CTRL2_RESET_MEM_CLR) &&
           (pci_get_word(reg(d, F(cap))) & CT2_CAP_RESET_MEM_CLR);
}

/* The PCI core has stored a write of @len bytes at @addr */
uint16_t ct2_dvsec_written(CXLType2Dev *d, uint32_t addr, int len)
{
    uint16_t rung = 0;

    if (!d->dvsec) {
        return 0;
    }
    if (ranges_overlap(addr, len, d->dvsec + F(ctrl2), 2)) {
        rung = ring(d);
    }
    if (ranges_overlap(addr, len, d->dvsec + F(lock), 2)) {
        update_masks(d);
    }
    return rung;
}

static void add_device_dvsec(CXLType2Dev *d, uint16_t *next)
{
    uint64_t size = ct2_media_size(d);
    uint16_t cap = CT2_CAP_IO | CT2_CAP_MEM | CT2_CAP_MEM_HWINIT |
                   CT2_CAP_HDM_COUNT_1 |
                   d->reset_timeout << CT2_CAP_RESET_TIMEOUT_SHIFT;
    CXLDVSECDevice body = {
        .ctrl = CT2_CTRL_IO_ENABLE,
        .cap2 = d->dvsec_cap2,
        .range1_size_hi = size >> 32,
        /* memory class and media type: CDAT tells */
        .range1_size_lo = (size & 0xf0000000) | d->active_timeout << 13 |
                          2 << 5 | 2 << 2,
        .cap3 = d->dvsec_cap3,
    };

    if (d->cache_capable) {
        cap |= CT2_CAP_CACHE | CT2_CAP_CACHE_WBI;
    }
    if (d->cxl_reset_cap) {
        cap |= CT2_CAP_CXL_RESET;
    }
    if (d->reset_mem_clr_cap) {
        cap |= CT2_CAP_RESET_MEM_CLR;
    }
    body.cap = (cap | d->dvsec_cap_set) & ~d->dvsec_cap_clear;
    d->dvsec = add_dvsec(d, next, PCIE_CXL_DEVICE_DVSEC, d->dvsec_rev,
                         d->dvsec_rev == 1 ? REV1_LENGTH : sizeof(body), &body);
    update_masks(d);
}

static void add_register_locator(CXLType2Dev *d, uint16_t *next)
{
    uint32_t type = RBI_COMPONENT_REG, bir = d->comp_bar;
    uint64_t off = d->comp_offset;

    switch (d->bad_regloc) {
    case 1:
        off = d->bar_size * 2;
        break;
    case 2:
        bir = 5;                /* no such BAR */
        break;
    case 3:
        type = RBI_EMPTY;
        break;
    case 4:
        return;
    case 5:
        off = d->bar_size;      /* one byte too far */
        break;
    }
    add_dvsec(d, next, REG_LOC_DVSEC, REG_LOC_DVSEC_REVID, REG_LOC_DVSEC_LENGTH,
              &(CXLDVSECRegisterLocator) {
                  .reg0_base_lo = type | bir | (off & 0xffff0000),
                  .reg0_base_hi = off >> 32,
              });
}

void ct2_dvsec_init(CXLType2Dev *d)
{
    uint16_t next = PCI_CONFIG_SPACE_SIZE + PCI_EXT_CAP_DSN_SIZEOF;
    uint16_t flexbus = 0x26 | d->cache_capable; /* IO, Mem, 68B and VH */

    if (!d->no_dvsec) {
        add_device_dvsec(d, &next);
    }
    add_register_locator(d, &next);
    add_dvsec(d, &next, PCIE_FLEXBUS_PORT_DVSEC,
              PCIE_CXL3_FLEXBUS_PORT_DVSEC_REVID,
              PCIE_CXL3_FLEXBUS_PORT_DVSEC_LENGTH,
              &(CXLDVSECPortFlexBus) {
                  .cap = flexbus,
                  .ctrl = 0x02,
                  .status = flexbus,
              });
}
