/*
 * cxl-type2: the host bridge above a device and its fixed memory windows
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "hw/boards.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_port.h"
#include "exec/address-spaces.h"
#include "host.h"

/* The CXL host bridge, if the device sits right below one of its root ports */
CXLHost *ct2_host(CXLType2Dev *d, PCIDevice **port)
{
    PCIDevice *p = pci_get_bus(PCI_DEVICE(d))->parent_dev;

    if (!p) {
        return NULL;
    }
    *port = p;
    return (CXLHost *)object_dynamic_cast(
        OBJECT(BUS(pci_get_bus(p))->parent), TYPE_PXB_CXL_HOST);
}

/*
 * QEMU keeps its fixed memory windows in machine specific places; all of them
 * are I/O regions in system memory with the window as their opaque. A window
 * that interleaves over host bridges never reaches a device of this kind.
 */
static CXLFixedWindow *next_window(CXLHost *host, MemoryRegion **mr)
{
    while (*mr) {
        MemoryRegion *this = *mr;
        CXLFixedWindow *fw = this->opaque;

        *mr = QTAILQ_NEXT(this, subregions_link);
        if (this->ops == &cfmws_ops && fw->num_targets == 1 &&
            fw->target_hbs[0]->cxl_host_bridge == host) {
            return fw;
        }
    }
    return NULL;
}

CXLFixedWindow *ct2_host_first_window(CXLHost *host)
{
    MemoryRegion *mr = QTAILQ_FIRST(&get_system_memory()->subregions);
    CXLFixedWindow *fw, *first = NULL;

    while ((fw = next_window(host, &mr))) {
        if (!first || fw->base < first->base) {
            first = fw;
        }
    }
    return first;
}

CXLFixedWindow *ct2_host_window(CXLHost *host, uint64_t hpa)
{
    MemoryRegion *mr = QTAILQ_FIRST(&get_system_memory()->subregions);
    CXLFixedWindow *fw;

    while ((fw = next_window(host, &mr))) {
        if (hpa >= fw->base && hpa - fw->base < fw->size) {
            return fw;
        }
    }
    return NULL;
}

static void commit_at_once(CT2Hdm *hdm, unsigned n)
{
    ct2_hdm_finish(hdm, n, false);
}

CT2Hdm ct2_host_hdm(CXLHost *host)
{
    uint32_t *cm = host->cxl_cstate.crb.cache_mem_registers;
    uint32_t cap = ARRAY_FIELD_EX32(cm, CXL_HDM_DECODER_CAPABILITY,
                                    DECODER_COUNT);

    return (CT2Hdm) {
        .regs = &cm[R_CXL_HDM_DECODER_CAPABILITY],
        .count = host->passthrough ? 0 : cxl_decoder_count_dec(cap),
        .ctrl_rwl = R_CXL_HDM_DECODER0_CTRL_IG_MASK |
                    R_CXL_HDM_DECODER0_CTRL_IW_MASK |
                    R_CXL_HDM_DECODER0_CTRL_LOCK_ON_COMMIT_MASK |
                    R_CXL_HDM_DECODER0_CTRL_TYPE_MASK,
        .aux_lo_mask = ~0u,
        .commit = commit_at_once,
    };
}

/* Does the host bridge send [hpa, hpa + size) to @port, all of it? */
bool ct2_host_routes(CXLHost *host, PCIDevice *port, uint64_t hpa,
                     uint64_t size)
{
    CT2Hdm hdm = ct2_host_hdm(host);

    if (host->passthrough) {
        return true;
    }
    for (unsigned n = 0; n < hdm.count; n++) {
        uint64_t base = ct2_hdm_base(&hdm, n), len = ct2_hdm_size(&hdm, n);
        uint32_t ctrl = ct2_hdm_ctrl(&hdm, n);
        uint8_t target = hdm.regs[R_CXL_HDM_DECODER0_TARGET_LIST_LO -
                                  R_CXL_HDM_DECODER_CAPABILITY + 8 * n];

        if (FIELD_EX32(ctrl, CXL_HDM_DECODER0_CTRL, COMMITTED) &&
            !FIELD_EX32(ctrl, CXL_HDM_DECODER0_CTRL, IW) &&
            hpa >= base && hpa - base < len && size <= len - (hpa - base)) {
            return pcie_find_port_by_pn(PCI_HOST_BRIDGE(host)->bus,
                                        target) == port;
        }
    }
    return false;
}

static void (*on_change)(void);

/* QEMU has applied its own write mask to @val */
static void host_write(void *opaque, hwaddr off, uint64_t val, unsigned size)
{
    CXLComponentState *cstate = opaque;
    CXLHost *host = container_of(cstate, CXLHost, cxl_cstate);

    if (off >= CXL_HDM_REGISTERS_OFFSET &&
        off < CXL_HDM_REGISTERS_OFFSET + CXL_HDM_REGISTERS_SIZE) {
        CT2Hdm hdm = ct2_host_hdm(host);

        ct2_hdm_write(&hdm, off - CXL_HDM_REGISTERS_OFFSET, val);
        on_change();
    } else {
        cstate->crb.cache_mem_registers[off / 4] = val;
    }
}

/* Replace the decoder model of QEMU's host bridge by the one in hdm.c */
void ct2_host_adopt(CXLHost *host, void (*changed)(void))
{
    static MemoryRegionOps ops = { .write = host_write };

    on_change = changed;
    if (!host->cxl_cstate.crb.special_ops) {
        host->cxl_cstate.crb.special_ops = &ops;
    }
}
