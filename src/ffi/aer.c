// SPDX-License-Identifier: GPL-2.0
/* Errors that PCIe reports for CXL: which of them are reported, and what the log says of them. */
#include <linux/aer.h>
#include <linux/pci.h>

#include "helpers.h"

/*
 * CXL.cache and CXL.mem errors arrive as internal errors (r4.0 12.2.1), which are masked after power-on. The PCI core
 * unmasks them for cxl-core alone, and there only for the event collectors of CXL 1.1.
 */
static u32 change_mask(struct pci_dev *pdev, int reg, u32 clear, u32 set)
{
	u16 aer = pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_ERR);
	u32 mask;

	if (!aer || pci_read_config_dword(pdev, aer + reg, &mask) || PCI_POSSIBLE_ERROR(mask))
		return 0;
	pci_write_config_dword(pdev, aer + reg, (mask & ~clear) | set);
	return mask & clear;
}

bool cxl_vfio_unmask_internal_errors(struct pci_dev *pdev, struct cxl_vfio_masked *masked)
{
	if (!pcie_aer_is_native(pdev))
		return false;
	masked->uncorrectable = change_mask(pdev, PCI_ERR_UNCOR_MASK, PCI_ERR_UNC_INTN, 0);
	masked->correctable = change_mask(pdev, PCI_ERR_COR_MASK, PCI_ERR_COR_INTERNAL, 0);
	return true;
}

/* A guest masks what it finds: what the host has to know is unmasked again. */
bool cxl_vfio_report_errors(struct pci_dev *pdev)
{
	struct cxl_vfio_masked masked;

	if (!cxl_vfio_unmask_internal_errors(pdev, &masked))
		return false;
	pcie_capability_set_word(pdev, PCI_EXP_DEVCTL,
				 PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE);
	return true;
}

void cxl_vfio_mask_internal_errors(struct pci_dev *pdev, const struct cxl_vfio_masked *masked)
{
	change_mask(pdev, PCI_ERR_UNCOR_MASK, 0, masked->uncorrectable);
	change_mask(pdev, PCI_ERR_COR_MASK, 0, masked->correctable);
}

void cxl_vfio_log_uncorrectable(struct pci_dev *pdev, u32 status, u32 first, u32 header)
{
	dev_err_ratelimited(&pdev->dev, "CXL RAS: uncorrectable status %#x, first error %u, header log %#010x\n",
			    status, first, header);
}

void cxl_vfio_log_correctable(struct pci_dev *pdev, u32 status)
{
	dev_warn_ratelimited(&pdev->dev, "CXL RAS: correctable status %#x\n", status);
}
