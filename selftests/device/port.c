/*
 * cxl-type2: the root port above, whose bus reset may be masked
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Below a port that trained as CXL a Secondary Bus Reset does nothing while
 * Unmask SBR is clear, 8.1.5.2. QEMU's root port resets the bus all the same.
 */
#include "qemu/osdep.h"
#include "qemu/range.h"
#include "hw/pci/pci_bus.h"
#include "port.h"

#define PORT_CONTROL    0x0c
#define UNMASK_SBR      BIT(0)

static QLIST_HEAD(, CXLType2Dev) below = QLIST_HEAD_INITIALIZER(below);

/* CXL Extensions DVSEC for Ports */
static uint16_t port_dvsec(PCIDevice *port)
{
    uint16_t at = PCI_CONFIG_SPACE_SIZE;

    while (at) {
        uint32_t head = pci_get_long(port->config + at);

        if (PCI_EXT_CAP_ID(head) == PCI_EXT_CAP_ID_DVSEC &&
            pci_get_word(port->config + at + PCIE_DVSEC_HEADER1_OFFSET) ==
            CXL_VENDOR_ID &&
            pci_get_word(port->config + at + PCIE_DVSEC_ID_OFFSET) ==
            EXTENSIONS_PORT_DVSEC) {
            return at;
        }
        at = PCI_EXT_CAP_NEXT(head);
    }
    return 0;
}

static bool masks_reset(CXLType2Dev *d)
{
    PCIDevice *port = d->port;
    uint16_t dvsec = port_dvsec(port);

    return d->port_masks_reset && dvsec &&
           !(pci_get_word(port->config + dvsec + PORT_CONTROL) & UNMASK_SBR);
}

static void port_write(PCIDevice *port, uint32_t addr, uint32_t val, int len)
{
    CXLType2Dev *d;

    QLIST_FOREACH(d, &below, port_node) {
        if (d->port == port) {
            break;
        }
    }
    if (masks_reset(d) && range_covers_byte(addr, len, PCI_BRIDGE_CONTROL)) {
        val &= ~(PCI_BRIDGE_CTL_BUS_RESET << 8 * (PCI_BRIDGE_CONTROL - addr));
    }
    d->port_config_write(port, addr, val, len);
}

void ct2_port_init(CXLType2Dev *d)
{
    PCIDevice *port = pci_get_bus(PCI_DEVICE(d))->parent_dev;

    if (!port || port->config_write == port_write) {
        return;                 /* a second function follows the first */
    }
    d->port = port;
    d->port_config_write = port->config_write;
    port->config_write = port_write;
    QLIST_INSERT_HEAD(&below, d, port_node);
}

void ct2_port_exit(CXLType2Dev *d)
{
    if (d->port) {
        d->port->config_write = d->port_config_write;
        QLIST_REMOVE(d, port_node);
    }
}
