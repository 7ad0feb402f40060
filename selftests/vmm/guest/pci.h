/* SPDX-License-Identifier: GPL-2.0 */
/* A PCI Express function, in the terms of its specification. */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "boot.h"

#define PCI_VENDOR_ID		0x00
#define PCI_COMMAND		0x04
#define   PCI_COMMAND_MEMORY	0x0002
#define   PCI_COMMAND_MASTER	0x0004
#define PCI_STATUS		0x06
#define   PCI_STATUS_CAP_LIST	0x0010
#define PCI_BASE_ADDRESS_0	0x10
#define PCI_CAPABILITY_LIST	0x34
#define PCI_BARS		6

#define PCI_CAP_ID_EXP		0x10
#define PCI_EXP_DEVCAP		0x04
#define   PCI_EXP_DEVCAP_FLR	0x10000000
#define PCI_EXP_DEVCTL		0x08
#define   PCI_EXP_DEVCTL_FLR	0x8000

struct function {
	uint64_t config;	/* address of its configuration space */
	uint32_t id;		/* vendor and device */
	uint64_t bar[PCI_BARS];	/* 0 where there is no memory BAR */
};

/* The first function of the bus. */
bool pci_find(const struct boot *boot, struct function *pci);

/* Gives each memory BAR an address; false if there is no room. */
bool pci_place_bars(const struct boot *boot, struct function *pci);
void pci_write_bars(struct function *pci);

/* Addresses of capabilities; 0 if there is none. */
uint64_t pci_capability(struct function *pci, uint8_t id);
uint64_t pci_dvsec(struct function *pci, uint16_t vendor, uint16_t id);

void pci_enable(struct function *pci, uint16_t command);

/* Function Level Reset, and the function as it was before; false if it has none. */
bool pci_flr(struct function *pci);

#endif
