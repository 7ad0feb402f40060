# SPDX-License-Identifier: GPL-2.0-or-later
# All that the test of vfio-cxl.patch plugs into a machine.
CONFIG_Q35=y
CONFIG_PCIE_PORT=y
CONFIG_VFIO_PCI=y
CONFIG_ISA_DEBUG=y
