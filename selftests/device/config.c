/*
 * cxl-type2: config space accesses
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/main-loop.h"
#include "qemu/range.h"
#include "hw/core/cpu.h"
#include "hw/pci/pci.h"
#include "system/tcg.h"
#include "config.h"
#include "cache.h"
#include "doe.h"
#include "dvsec.h"
#include "function.h"
#include "reset.h"
#include "unanswered.h"
#include "window.h"

uint32_t ct2_config_read(PCIDevice *p, uint32_t addr, int len)
{
    CXLType2Dev *d = CXL_TYPE2(p);
    uint32_t val;

    if (ct2_function_absence(d)) {
        return MAKE_64BIT_MASK(0, len * 8);
    }
    if (ct2_doe_read(d, addr, len, &val)) {
        return val;
    }
    return pci_default_read_config(p, addr, len);
}

typedef struct CT2ConfigWrite {
    PCIDevice *p;
    uint32_t addr, val;
    int len;
} CT2ConfigWrite;

static void config_write(PCIDevice *p, uint32_t addr, uint32_t val, int len)
{
    CXLType2Dev *d = CXL_TYPE2(p);
    bool was_in_d0 = ct2_function_in_d0(d);
    uint16_t rung;

    if (ct2_function_absence(d)) {
        return;
    }
    pci_default_write_config(p, addr, val, len);
    pcie_cap_flr_write_config(p, addr, val, len);
    pcie_aer_write_config(p, addr, val, len);
    ct2_doe_write(d, addr, val, len);
    rung = ct2_dvsec_written(d, addr, len);
    if (rung && (ct2_cache_busy(d) || d->cxl_resetting)) {
        d->doorbells_while_busy++;
    }
    if (rung & CT2_CTRL2_INITIATE_WBI) {
        ct2_cache_write_back(d);
    }
    if (rung & CT2_CTRL2_INITIATE_RESET) {
        ct2_reset_cxl_start(d, ct2_dvsec_clears_memory(d));
    }
    if (was_in_d0 && !ct2_function_in_d0(d)) {
        ct2_cache_lose(d);
    }
    if (!was_in_d0 && ct2_function_in_d0(d)) {
        ct2_reset_from_d3(d);
    }
    ct2_unanswered_update(d);
    ct2_window_update(d);
}

static void config_write_alone(CPUState *cpu, run_on_cpu_data data)
{
    g_autofree CT2ConfigWrite *w = data.host_ptr;

    bql_lock();
    config_write(w->p, w->addr, w->val, w->len);
    object_unref(w->p);
    bql_unlock();
}

/* Whether a write may map, unmap or move BARs */
static bool moves_bars(PCIDevice *p, uint32_t addr, int len)
{
    static const struct {
        unsigned at, len;
    } bars[] = {
        { PCI_COMMAND, 1 },
        { PCI_BASE_ADDRESS_0, PCI_CARDBUS_CIS - PCI_BASE_ADDRESS_0 },
        { PCI_ROM_ADDRESS, 4 },
    };

    for (int i = 0; i < ARRAY_SIZE(bars); i++) {
        if (ranges_overlap(addr, len, bars[i].at, bars[i].len)) {
            return true;
        }
    }
    return (p->pm_cap &&
            ranges_overlap(addr, len, p->pm_cap + PCI_PM_CTRL, 1)) ||
           (p->exp.exp_cap &&
            range_covers_byte(addr, len, p->exp.exp_cap + PCI_EXP_DEVCTL + 1));
}

/*
 * QEMU 10.0 finds the region of a CPU's access by a number that the CPU's TLB
 * has kept, in a table that is replaced when BARs move. Until another CPU has
 * flushed its TLB, its accesses behind the BAR reach wrong regions: interrupts
 * are never acknowledged, registers not written. So no CPU runs meanwhile. The
 * one that writes does not go on to its next instruction before.
 */
void ct2_config_write(PCIDevice *p, uint32_t addr, uint32_t val, int len)
{
    if (tcg_enabled() && current_cpu && moves_bars(p, addr, len)) {
        CT2ConfigWrite *w = g_new(CT2ConfigWrite, 1);

        *w = (CT2ConfigWrite) { .p = p, .addr = addr, .val = val, .len = len };
        object_ref(p);
        async_safe_run_on_cpu(current_cpu, config_write_alone,
                              RUN_ON_CPU_HOST_PTR(w));
    } else {
        config_write(p, addr, val, len);
    }
}
