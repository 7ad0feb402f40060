// SPDX-License-Identifier: GPL-2.0
/* A reset of the bus that reaches CXL functions: the port above masks it unless it is told otherwise (8.1.5.2). */
#include <linux/pci.h>

#include "helpers.h"

struct others {
	const struct pci_dev *pdev;
	bool driven;
};

static int look_for_driver(struct pci_dev *other, void *data)
{
	struct others *others = data;

	others->driven |= other != others->pdev && other->dev.driver;
	return others->driven;
}

int cxl_vfio_may_reset_bus(struct pci_dev *pdev)
{
	struct others others = { .pdev = pdev };

	if (!pci_upstream_bridge(pdev) || (pci_probe_reset_slot(pdev->slot) && pci_probe_reset_bus(pdev->bus)))
		return -ENOTTY;
	pci_walk_bus(pdev->bus, look_for_driver, &others);
	return others.driven ? -EBUSY : 0;
}

static void unmask(struct pci_dev *port, u16 dvsec, bool unmask)
{
	u16 control;

	if (pci_read_config_word(port, dvsec + PCI_DVSEC_CXL_PORT_CTL, &control) || PCI_POSSIBLE_ERROR(control))
		return;
	control &= ~PCI_DVSEC_CXL_PORT_CTL_UNMASK_SBR;
	if (unmask)
		control |= PCI_DVSEC_CXL_PORT_CTL_UNMASK_SBR;
	pci_write_config_word(port, dvsec + PCI_DVSEC_CXL_PORT_CTL, control);
}

int cxl_vfio_reset_bus(struct pci_dev *pdev)
{
	struct pci_dev *port = pci_upstream_bridge(pdev);
	u16 dvsec = pci_find_dvsec_capability(port, PCI_VENDOR_ID_CXL, PCI_DVSEC_CXL_PORT);
	bool masked = dvsec && !cxl_vfio_passes_bus_resets(pdev);
	int ret;

	if (masked)
		unmask(port, dvsec, true);
	ret = cxl_vfio_passes_bus_resets(pdev) ? pci_reset_bus(pdev) : -ENOTTY;
	if (masked)
		unmask(port, dvsec, false);
	return ret;
}
