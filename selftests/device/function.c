/*
 * cxl-type2: the PCI function: what it answers
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bus.h"
#include "function.h"

bool ct2_function_in_d0(CXLType2Dev *d)
{
    PCIDevice *p = PCI_DEVICE(d);

    return !d->pm_cap || !(pci_get_word(p->config + p->pm_cap + PCI_PM_CTRL) &
                           PCI_PM_CTRL_STATE_MASK);
}

bool ct2_function_decodes(CXLType2Dev *d)
{
    return pci_get_word(PCI_DEVICE(d)->config + PCI_COMMAND) &
           PCI_COMMAND_MEMORY;
}

bool ct2_function_link_down(CXLType2Dev *d)
{
    PCIDevice *port = pci_get_bus(PCI_DEVICE(d))->parent_dev;

    return port && (pci_get_word(port->config + PCI_BRIDGE_CONTROL) &
                    PCI_BRIDGE_CTL_BUS_RESET);
}

void ct2_function_begin_reset(CXLType2Dev *d)
{
    d->reset_until = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + d->reset_ms;
}

const char *ct2_function_absence(CXLType2Dev *d)
{
    if (d->gone) {
        return "the device is gone";
    }
    if (ct2_function_link_down(d)) {
        return "its link is in reset";
    }
    if (qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) < d->reset_until) {
        return "the function is in reset";
    }
    return NULL;
}

const char *ct2_function_silence(CXLType2Dev *d)
{
    const char *absence = ct2_function_absence(d);

    if (absence) {
        return absence;
    }
    if (!ct2_function_in_d0(d)) {
        return "the function is not in D0";
    }
    if (!ct2_function_decodes(d)) {
        return "Memory Space is off";
    }
    return NULL;
}
