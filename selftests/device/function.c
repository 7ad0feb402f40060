/*
 * cxl-type2: the PCI function: whether it is in D0, and what it decodes
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "function.h"

bool ct2_function_in_d0(CXLType2Dev *d)
{
    PCIDevice *p = PCI_DEVICE(d);

    return !d->pm_cap || !(pci_get_word(p->config + p->pm_cap + PCI_PM_CTRL) &
                           PCI_PM_CTRL_STATE_MASK);
}

/* Memory Space Enable */
bool ct2_function_decodes(CXLType2Dev *d)
{
    return pci_get_word(PCI_DEVICE(d)->config + PCI_COMMAND) &
           PCI_COMMAND_MEMORY;
}
