# SPDX-License-Identifier: GPL-2.0-or-later
# All that guests of the tests have: a PC with CXL host bridges, a virtual IOMMU, and VFIO in both of its ways.
CONFIG_Q35=y
CONFIG_PCIE_PORT=y
CONFIG_PXB=y
CONFIG_CXL=y
CONFIG_ACPI_CXL=y
# The host's side of CXL does not link without it.
CONFIG_CXL_MEM_DEVICE=y
CONFIG_VTD=y
CONFIG_VFIO_PCI=y
CONFIG_IOMMUFD=y
CONFIG_ISA_DEBUG=y
