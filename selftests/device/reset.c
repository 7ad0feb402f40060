/*
 * cxl-type2: what each kind of reset takes away
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Specification digests and hardware disagree on what survives, so each point
 * in dispute is a property.
 */
#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie_regs.h"
#include "system/reset.h"
#include "reset.h"
#include "cache.h"
#include "component.h"
#include "cpu_cache.h"
#include "doe.h"
#include "dvsec.h"
#include "firmware.h"
#include "function.h"
#include "media.h"
#include "poison.h"
#include "regs.h"
#include "window.h"

static int64_t in_ms(uint32_t ms)
{
    return qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + ms;
}

/* Memory becomes valid and active some time after a reset, by itself */
static void restart_memory(CXLType2Dev *d)
{
    timer_del(d->active_timer);
    timer_del(d->valid_timer);
    if (d->mem_active_delay_ms) {
        timer_mod(d->active_timer, in_ms(d->mem_active_delay_ms));
    }
    if (d->mem_valid_delay_ms) {
        timer_mod(d->valid_timer, in_ms(d->mem_valid_delay_ms));
    }
}

static void memory_timer(void *opaque)
{
    CXLType2Dev *d = opaque;

    ct2_dvsec_update(d);
    ct2_window_update(d);
}

static bool clears_hdm(CXLType2Dev *d, CT2Reset kind)
{
    switch (kind) {
    case CT2_RESET_HOT:
        return !d->hot_reset_keeps_hdm;
    case CT2_RESET_FLR:
        return d->flr_clears_hdm;
    case CT2_RESET_CXL:
        return !d->cxl_reset_keeps_hdm;
    case CT2_RESET_D3:
        return d->d3_clears_hdm || !d->no_soft_reset;
    default:
        return true;
    }
}

static bool clears_control(CXLType2Dev *d, CT2Reset kind)
{
    switch (kind) {
    case CT2_RESET_FLR:
        return d->flr_clears_mem_enable;
    case CT2_RESET_CXL:
        /* CONFIG_LOCK survives, so what it froze does too */
        return !d->cxl_reset_keeps_hdm && !ct2_dvsec_locked(d);
    case CT2_RESET_D3:
        return !d->no_soft_reset && !ct2_dvsec_locked(d);
    default:
        return true;
    }
}

/* A decoder that is committed and locked, and not where firmware put it */
static void move_hdm(CT2Hdm *hdm)
{
    uint32_t ctrl = ct2_hdm_ctrl(hdm, 0);

    ctrl = FIELD_DP32(ctrl, CXL_HDM_DECODER0_CTRL, LOCK_ON_COMMIT, 1);
    ctrl = FIELD_DP32(ctrl, CXL_HDM_DECODER0_CTRL, COMMIT, 1);
    ctrl = FIELD_DP32(ctrl, CXL_HDM_DECODER0_CTRL, COMMITTED, 1);
    ct2_hdm_program(hdm, 0, ct2_hdm_base(hdm, 0) + CT2_GRANULE,
                    ct2_hdm_size(hdm, 0), ctrl);
}

static bool drops_memory(CXLType2Dev *d, CT2Reset kind)
{
    return kind == CT2_RESET_POWER || kind == CT2_RESET_HOT ||
           (kind == CT2_RESET_FLR && d->flr_drops_active);
}

void ct2_reset_apply(CXLType2Dev *d, CT2Reset kind)
{
    bool conventional = kind == CT2_RESET_POWER || kind == CT2_RESET_HOT;

    d->reset_count[kind]++;
    if (kind != CT2_RESET_FLR) {
        ct2_cache_lose(d);
    }
    if (conventional) {
        timer_del(d->cxl_reset_timer);
        d->cxl_resetting = d->cxl_reset_silent = false;
        ct2_dvsec_clear(d, kind == CT2_RESET_POWER);
        ct2_dvsec_unlock(d);
    }
    if (kind == CT2_RESET_HOT && d->preserve_err &&
        (d->dvsec_cap3 & CT2_CAP3_VOLATILE_STATE)) {
        ct2_dvsec_set_status2(d, 0, CT2_STATUS2_PRESERVE_ERR);
    }
    if (kind == CT2_RESET_FLR || kind == CT2_RESET_HOT) {
        ct2_function_begin_reset(d);
    }
    if (kind == CT2_RESET_POWER) {
        ct2_component_power_on(d);
        ct2_poison_remove_all(d);
        ct2_cpu_cache_power_on(d);
    }
    if (clears_hdm(d, kind)) {
        ct2_hdm_clear(&d->hdm, FIELD_DP32(0, CXL_HDM_DECODER0_CTRL, TYPE,
                                          d->hostonly));
    }
    if (kind == CT2_RESET_FLR && d->flr_moves_hdm && d->hdm.count) {
        move_hdm(&d->hdm);
    }
    if (clears_control(d, kind)) {
        ct2_dvsec_clear_control(d);
    }
    if (drops_memory(d, kind)) {
        restart_memory(d);
    }
    ct2_dvsec_update(d);
}

static void cxl_reset_done(void *opaque)
{
    CXLType2Dev *d = opaque;

    d->cxl_resetting = d->cxl_reset_silent = false;
    if (!d->cxl_reset_err && d->cxl_reset_clear) {
        ct2_media_zero(d);
        ct2_poison_remove_all(d);
    }
    restart_memory(d);
    ct2_dvsec_update(d);
    ct2_dvsec_set_status2(d, 0, d->cxl_reset_err ? CT2_STATUS2_RESET_ERROR
                                                 : CT2_STATUS2_RESET_COMPLETE);
    ct2_window_update(d);
}

/* The PCI function, by a reset that does its own part of the rest */
static void reset_function(CXLType2Dev *d)
{
    d->resetting_function = true;
    pci_device_reset(PCI_DEVICE(d));
    d->resetting_function = false;
}

/* Without No_Soft_Reset the function comes back uninitialized */
void ct2_reset_from_d3(CXLType2Dev *d)
{
    ct2_reset_apply(d, CT2_RESET_D3);
    if (!d->no_soft_reset) {
        reset_function(d);
    }
}

/* Control2.Initiate_CXL_Reset; a second write while it runs changes nothing */
void ct2_reset_cxl_start(CXLType2Dev *d, bool clear_memory)
{
    if (d->cxl_resetting) {
        return;
    }
    d->cxl_resetting = true;
    d->cxl_reset_silent = !d->cxl_reset_hang;
    d->cxl_reset_clear = clear_memory;
    ct2_dvsec_set_status2(d, CT2_STATUS2_RESET_COMPLETE |
                          CT2_STATUS2_RESET_ERROR, 0);
    ct2_reset_apply(d, CT2_RESET_CXL);
    if (d->cxl_reset_function) {
        reset_function(d);
    }
    if (!d->cxl_reset_hang) {
        timer_mod(d->cxl_reset_timer,
                  in_ms(d->cxl_reset_ms +
                        (clear_memory ? d->cxl_reset_clear_ms : 0)));
    }
}

static void reset_hold(Object *obj, ResetType type)
{
    CXLType2Dev *d = CXL_TYPE2(obj);
    PCIDevice *p = PCI_DEVICE(d);

    pcie_cap_fill_link_ep_usp(p, QEMU_PCI_EXP_LNK_X16, QEMU_PCI_EXP_LNK_32GT);
    msix_reset(p);
    ct2_regs_reset(d);
    ct2_doe_reset(d);
    d->resets++;
}

static CT2Reset kind_of_reset(CXLType2Dev *d)
{
    PCIDevice *p = PCI_DEVICE(d);

    if (d->machine_reset || !d->reset_count[CT2_RESET_POWER]) {
        return CT2_RESET_POWER;
    }
    /* the PCI core leaves the bit set while it resets the function */
    if (pci_get_word(p->config + p->exp.exp_cap + PCI_EXP_DEVCTL) &
        PCI_EXP_DEVCTL_BCR_FLR) {
        return CT2_RESET_FLR;
    }
    return CT2_RESET_HOT;
}

/* By now the host bridge is back to defaults as well */
static void reset_exit(Object *obj, ResetType type)
{
    CXLType2Dev *d = CXL_TYPE2(obj);
    bool first = !d->reset_count[CT2_RESET_POWER];

    if (!d->resetting_function) {
        ct2_reset_apply(d, kind_of_reset(d));
    }
    if (d->machine_reset || first) {
        ct2_firmware_place(d);
        ct2_window_watch(d);
    }
    if (d->machine_reset) {
        d->machine_reset = false;
        ct2_firmware_run(d);
    }
    ct2_window_update(d);
}

/* Resets of the machine and of a bus look alike to the device */
static void machine_reset(void *opaque)
{
    CXLType2Dev *d = opaque;

    d->machine_reset = true;
}

void ct2_reset_init(CXLType2Dev *d)
{
    d->cxl_reset_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, cxl_reset_done, d);
    d->active_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, memory_timer, d);
    d->valid_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, memory_timer, d);
    qemu_register_reset(machine_reset, d);
}

void ct2_reset_exit(CXLType2Dev *d)
{
    qemu_unregister_reset(machine_reset, d);
    timer_free(d->cxl_reset_timer);
    timer_free(d->active_timer);
    timer_free(d->valid_timer);
}

void ct2_reset_class_init(ResettableClass *rc)
{
    rc->phases.hold = reset_hold;
    rc->phases.exit = reset_exit;
}
