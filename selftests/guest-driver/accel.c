// SPDX-License-Identifier: GPL-2.0
/*
 * What a driver of a CXL Type-2 accelerator does to get at its memory: on bare metal, and the same in a guest that the
 * accelerator is passed through to. See README.md.
 */
#include <linux/bitfield.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/module.h>
#include <cxl/pci.h>

#include "accel.h"

/* Firmware, or the VMM in a guest, committed what range 1 of the DVSEC says; a real driver may know it by itself. */
static u64 accel_capacity(struct pci_dev *pdev, u16 dvsec)
{
	u32 high, low;

	pci_read_config_dword(pdev, dvsec + PCI_DVSEC_CXL_RANGE_SIZE_HIGH(0), &high);
	pci_read_config_dword(pdev, dvsec + PCI_DVSEC_CXL_RANGE_SIZE_LOW(0), &low);
	return (u64)high << 32 | (low & PCI_DVSEC_CXL_MEM_SIZE_LOW);
}

static int accel_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct cxl_memdev *memdev;
	struct accel *accel;
	u16 dvsec;
	int rc;

	rc = pcim_enable_device(pdev);
	if (rc)
		return rc;
	pci_set_master(pdev);
	/* Its own memory, to which it may write by DMA, is above 4 GiB. */
	rc = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (rc)
		return rc;

	/* The same silicon may sit behind a link that was not trained as CXL: then it is a PCIe device without this memory. */
	dvsec = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL, PCI_DVSEC_CXL_DEVICE);
	if (!dvsec || !pcie_is_cxl(pdev))
		return dev_err_probe(&pdev->dev, -ENODEV, "no CXL link\n");

	accel = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_DEVMEM, pci_get_dsn(pdev), dvsec, struct accel, cxlds,
					  false);
	if (!accel)
		return -ENOMEM;

	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT, &accel->cxlds.reg_map);
	if (rc)
		return dev_err_probe(&pdev->dev, rc, "no component registers\n");

	/* Without a mailbox nobody but the driver knows that the memory works. */
	accel->cxlds.media_ready = true;
	rc = cxl_set_capacity(&accel->cxlds, accel_capacity(pdev, dvsec));
	if (rc)
		return dev_err_probe(&pdev->dev, rc, "cxl-core does not take the capacity\n");

	/* cxl-core finds what is committed from the host bridge down to here, and claims it for this device. */
	memdev = devm_cxl_probe_mem(&accel->cxlds, &accel->range);
	if (IS_ERR(memdev))
		return dev_err_probe(&pdev->dev, PTR_ERR(memdev), "cxl-core finds no way to the memory\n");

	accel->memory = devm_memremap(&pdev->dev, accel->range.start, range_len(&accel->range), MEMREMAP_WB);
	if (IS_ERR(accel->memory))
		return PTR_ERR(accel->memory);

	pci_set_drvdata(pdev, accel);
	/* What slot_reset() below restores */
	pci_save_state(pdev);
	pci_info(pdev, "CXL memory %#llx-%#llx\n", accel->range.start, accel->range.end);
	return 0;
}

/* From here on the memory must not be touched: the AER driver calls this before it resets the link. */
static pci_ers_result_t accel_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	return state == pci_channel_io_perm_failure ? PCI_ERS_RESULT_DISCONNECT : PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t accel_slot_reset(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	return PCI_ERS_RESULT_RECOVERED;
}

static void accel_resume(struct pci_dev *pdev)
{
	pci_info(pdev, "works again after an error\n");
}

static const struct pci_error_handlers accel_error_handlers = {
	.error_detected = accel_error_detected,
	.slot_reset = accel_slot_reset,
	.resume = accel_resume,
};

/* The emulated accelerator */
static const struct pci_device_id accel_ids[] = { { PCI_DEVICE(0x1b36, 0x00c2) }, { } };
MODULE_DEVICE_TABLE(pci, accel_ids);

static struct pci_driver accel_driver = {
	.name = KBUILD_MODNAME,
	.id_table = accel_ids,
	.probe = accel_probe,
	.err_handler = &accel_error_handlers,
	.dev_groups = accel_selftest_groups,
};
module_pci_driver(accel_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Example of a driver for a CXL Type-2 accelerator");
MODULE_IMPORT_NS("CXL");
/* Without these there is no CXL topology to look for the memory in. */
MODULE_SOFTDEP("pre: cxl_acpi cxl_mem");
