/* SPDX-License-Identifier: GPL-2.0 */
/* PCI functions as sysfs shows them; a function is named by its address. */
#ifndef SELFTESTS_VFIO_PCI_H
#define SELFTESTS_VFIO_PCI_H

#include "util.h"

#define PCI_BDF_SIZE 16
#define PCI_NAME_SIZE 64
#define PCI_CONFIG_SIZE 4096

struct pci_id {
	uint16_t vendor;
	uint16_t device;
	uint32_t class;
};

/* Whether @bdf has the form 0000:00:00.0. */
bool pci_bdf_valid(const char *bdf);
bool pci_present(const char *bdf);

/*
 * The addresses among the arguments from @argv[@first] on. Ends the program:
 * with a sentence if one is malformed, as skipped if one is not present.
 */
void pci_check_args(int argc, char **argv, int first);

int pci_attr_read(const char *bdf, const char *attr, char *buf, size_t size);
int pci_attr_write(const char *bdf, const char *attr, const char *value);
long pci_attr_number(const char *bdf, const char *attr);

void pci_read_id(const char *bdf, struct pci_id *id);
int pci_iommu_group(const char *bdf);

/* Services of the port above a function, as the kernel names them: if it has them. */
#define PCI_PORT_AER 0x2
#define PCI_PORT_HOTPLUG 0x4
bool pci_port_service(const char *bdf, unsigned int service);

/* Address of the virtual function @index of @pf; false if there is none. */
bool pci_vf(const char *pf, int index, char *bdf, size_t size);

/* Name of the bound driver, "" for none. */
const char *pci_driver(const char *bdf, char *name, size_t size);
bool pci_driver_is(const char *bdf, const char *driver);
bool pci_driver_loaded(const char *driver);

/* Set driver_override; "" clears it. */
int pci_set_override(const char *bdf, const char *driver);

/*
 * Unbind @bdf from whatever has it and bind it to @driver the way libvirt and
 * driverctl do: driver_override, then drivers_probe. Returns 0, or -errno of
 * the driver's probe.
 */
int pci_bind(const char *bdf, const char *driver);
int pci_unbind(const char *bdf);

/* Ask the PCI core to find a driver, as hotplug would. */
int pci_probe(const char *bdf);

/*
 * Note driver and driver_override of @bdf and bring both back when the program
 * exits. A device on a real machine belongs to somebody.
 */
void pci_restore_at_exit(const char *bdf);

/* Configuration space as the host sees it; returns bytes read or -errno. */
int pci_host_config(const char *bdf, void *buf, size_t size, size_t offset);

/* Write to it, past the driver; returns bytes written or -errno. */
int pci_host_config_write(const char *bdf, const void *buf, size_t size,
			  size_t offset);

#endif
