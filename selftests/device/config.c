/*
 * cxl-type2: config space accesses and power states
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "hw/pci/pci.h"
#include "cxl_type2.h"

bool ct2_config_in_d0(CXLType2Dev *d)
{
    PCIDevice *p = PCI_DEVICE(d);

    return !d->pm_cap || !(pci_get_word(p->config + p->pm_cap + PCI_PM_CTRL) &
                           PCI_PM_CTRL_STATE_MASK);
}

uint32_t ct2_config_read(PCIDevice *p, uint32_t addr, int len)
{
    if (CXL_TYPE2(p)->gone) {
        return MAKE_64BIT_MASK(0, len * 8);
    }
    return pci_default_read_config(p, addr, len);
}

void ct2_config_write(PCIDevice *p, uint32_t addr, uint32_t val, int len)
{
    CXLType2Dev *d = CXL_TYPE2(p);
    bool was_in_d0 = ct2_config_in_d0(d);

    if (d->gone) {
        return;
    }
    pci_default_write_config(p, addr, val, len);
    pcie_cap_flr_write_config(p, addr, val, len);
    pcie_aer_write_config(p, addr, val, len);
    ct2_dvsec_written(d, addr, len);
    if (!was_in_d0 && ct2_config_in_d0(d)) {
        ct2_reset_apply(d, CT2_RESET_D3);
    }
    ct2_window_update(d);
}
