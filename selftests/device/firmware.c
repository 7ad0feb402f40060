/*
 * cxl-type2: what platform firmware leaves behind after power-on
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Decoder 0 of the device and a decoder of its host bridge are committed to a
 * piece of the host bridge's fixed memory window, CXL.mem is enabled.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qemu/error-report.h"
#include "hw/pci/pcie_port.h"
#include "firmware.h"
#include "dvsec.h"
#include "host.h"
#include "media.h"
#include "window.h"

static uint64_t wanted_size(CXLType2Dev *d)
{
    return d->hdm_size ?: ct2_media_size(d);
}

/* Choose the device's place, which strays are blamed on even if uncommitted */
void ct2_firmware_place(CXLType2Dev *d)
{
    PCIDevice *port;
    CXLHost *host = ct2_host(d, &port);
    CXLFixedWindow *fw = host ? ct2_host_first_window(host) : NULL;
    uint64_t base;

    d->window_base = d->window_size = 0;
    if (!fw) {
        return;
    }
    base = QEMU_ALIGN_UP(fw->base + d->hpa_offset, d->hpa_align);
    if (base - fw->base <= fw->size &&
        wanted_size(d) <= fw->size - (base - fw->base)) {
        d->window_base = base;
        d->window_size = wanted_size(d);
    }
}

static uint32_t commit_ctrl(CXLType2Dev *d)
{
    uint32_t ctrl = 0;

    ctrl = FIELD_DP32(ctrl, CXL_HDM_DECODER0_CTRL, COMMIT, 1);
    ctrl = FIELD_DP32(ctrl, CXL_HDM_DECODER0_CTRL, LOCK_ON_COMMIT, d->lock);
    return FIELD_DP32(ctrl, CXL_HDM_DECODER0_CTRL, TYPE, d->hostonly);
}

static void commit_host(CXLType2Dev *d, CXLHost *host, PCIDevice *port)
{
    CT2Hdm hdm = ct2_host_hdm(host);
    const char *why = "no decoder is left";

    for (unsigned n = 0; n < hdm.count; n++) {
        if (ct2_hdm_ctrl(&hdm, n)) {
            continue;
        }
        ct2_hdm_program(&hdm, n, d->window_base, d->window_size,
                        commit_ctrl(d));
        hdm.regs[R_CXL_HDM_DECODER0_TARGET_LIST_LO -
                 R_CXL_HDM_DECODER_CAPABILITY + 8 * n] = PCIE_PORT(port)->port;
        why = ct2_hdm_refusal(&hdm, n);
        ct2_hdm_finish(&hdm, n, false);
        break;
    }
    if (why) {
        error_report("%s: firmware cannot commit a host bridge decoder: %s",
                     ct2_name(d), why);
        exit(1);
    }
}

void ct2_firmware_run(CXLType2Dev *d)
{
    PCIDevice *port;
    CXLHost *host = ct2_host(d, &port);
    uint32_t ctrl;

    if (host) {
        ct2_host_adopt(host, ct2_window_update_all);
    }
    if (!d->firmware_commit) {
        return;
    }
    if (!d->window_size) {
        error_report("%s: its host bridge has no fixed memory window with "
                     "room for %" PRIu64 " MiB aligned to %" PRIu64 " MiB",
                     ct2_name(d), wanted_size(d) / MiB, d->hpa_align / MiB);
        exit(1);
    }
    if (d->hb_commit && !host->passthrough) {
        commit_host(d, host, port);
    }
    if (d->hdm.count) {
        ct2_hdm_program(&d->hdm, 0, d->window_base, d->window_size,
                        commit_ctrl(d));
        ct2_hdm_finish(&d->hdm, 0, false);
        ctrl = (ct2_hdm_ctrl(&d->hdm, 0) | d->ctrl_set) & ~d->ctrl_clear;
        ct2_hdm_program(&d->hdm, 0, d->window_base, d->window_size, ctrl);
    }
    ct2_dvsec_set_ranges(d, d->window_base, d->mem_enable);
    if (d->config_lock) {
        ct2_dvsec_lock(d);
    }
}
