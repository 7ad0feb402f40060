// SPDX-License-Identifier: GPL-2.0
#include <linux/btf.h>
#include <linux/interval_tree.h>
#include <linux/memory-failure.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/range.h>
#include <linux/seq_file.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>
#include <cxl/cxl.h>

#include "layout.h"

#define SIZE(type) { #type, sizeof(struct type) }
#define FIELD(type, field) { #type "." #field, offsetof(struct type, field) }

/* In the order of ffi/layout.rs. */
const struct cxl_vfio_layout cxl_vfio_c_layout[] = {
	SIZE(pci_driver),
	FIELD(pci_driver, id_table),
	FIELD(pci_driver, probe),
	FIELD(pci_driver, remove),
	FIELD(pci_driver, sriov_configure),
	FIELD(pci_driver, err_handler),
	FIELD(pci_driver, driver_managed_dma),
	SIZE(pci_error_handlers),
	FIELD(pci_error_handlers, error_detected),
	FIELD(pci_error_handlers, slot_reset),
	FIELD(pci_error_handlers, reset_prepare),
	FIELD(pci_error_handlers, reset_done),
	FIELD(pci_error_handlers, cor_error_detected),
	SIZE(pci_dev),
	FIELD(pci_dev, vendor),
	FIELD(pci_dev, device),
	FIELD(pci_dev, pm_cap),
	FIELD(pci_dev, pcie_cap),
	FIELD(pci_dev, cfg_size),
	FIELD(pci_dev, dev),
	SIZE(rw_semaphore),
	SIZE(work_struct),
	SIZE(seq_file),
	FIELD(seq_file, private),
	SIZE(vm_operations_struct),
	FIELD(vm_operations_struct, open),
	FIELD(vm_operations_struct, may_split),
	FIELD(vm_operations_struct, fault),
	FIELD(vm_operations_struct, huge_fault),
	SIZE(vm_fault),
	FIELD(vm_fault, vma),
	FIELD(vm_fault, address),
	SIZE(vm_area_struct),
	FIELD(vm_area_struct, vm_start),
	FIELD(vm_area_struct, vm_end),
	FIELD(vm_area_struct, vm_flags),
	FIELD(vm_area_struct, vm_ops),
	FIELD(vm_area_struct, vm_pgoff),
	FIELD(vm_area_struct, vm_private_data),
	FIELD(inode, i_mapping),
	SIZE(range),
	FIELD(range, start),
	FIELD(range, end),
	SIZE(pfn_address_space),
	FIELD(pfn_address_space, node.start),
	FIELD(pfn_address_space, node.last),
	FIELD(pfn_address_space, pfn_to_vma_pgoff),
	FIELD(pfn_address_space, mapping),
	SIZE(vfio_device),
	FIELD(vfio_device, dev),
	FIELD(vfio_device, ops),
	FIELD(vfio_device, inode),
	SIZE(vfio_device_ops),
	FIELD(vfio_device_ops, match_token_uuid),
	SIZE(vfio_pci_device_ops),
	SIZE(vfio_pci_core_device),
	FIELD(vfio_pci_core_device, pdev),
	FIELD(vfio_pci_core_device, pci_ops),
	FIELD(vfio_pci_core_device, num_regions),
	FIELD(vfio_pci_core_device, region),
	FIELD(vfio_pci_core_device, msix_bar),
	FIELD(vfio_pci_core_device, msix_size),
	FIELD(vfio_pci_core_device, msix_offset),
	FIELD(vfio_pci_core_device, pm_runtime_engaged),
	FIELD(vfio_pci_core_device, memory_lock),
	SIZE(vfio_pci_region),
	SIZE(vfio_pci_regops),
	SIZE(cxl_dev_state),
	FIELD(cxl_dev_state, reg_map),
	FIELD(cxl_dev_state, media_ready),
	SIZE(cxl_register_map),
};

const size_t cxl_vfio_c_layout_len = ARRAY_SIZE(cxl_vfio_c_layout);

size_t cxl_vfio_running_size(const char *name)
{
#ifdef CONFIG_DEBUG_INFO_BTF
	const struct btf_type *type;
	struct btf *btf;
	s32 id = bpf_find_btf_id(name, BTF_KIND_STRUCT, &btf);

	/* A reference is taken of the kernel's own, which never goes. */
	type = id > 0 ? btf_type_by_id(btf, id) : NULL;
	return type ? type->size : 0;
#else
	return 0;
#endif
}
