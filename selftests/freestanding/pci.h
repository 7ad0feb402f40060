/* SPDX-License-Identifier: GPL-2.0 */
/* A PCI Express function, in the terms of its specification. It is known by the address of its configuration space. */
#ifndef FREESTANDING_PCI_H
#define FREESTANDING_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_CONFIG_SIZE		0x1000
#define PCI_BUSES		256
#define PCI_ANY_CLASS		0xffffffff

#define PCI_VENDOR_ID		0x00
#define PCI_COMMAND		0x04
#define   PCI_COMMAND_MEMORY	0x0002
#define   PCI_COMMAND_MASTER	0x0004
#define PCI_STATUS		0x06
#define   PCI_STATUS_CAP_LIST	0x0010
#define PCI_REVISION_ID		0x08	/* and the class, from its second byte on */
#define PCI_BAR(n)		(0x10 + 4 * (n))
#define PCI_BARS		6
#define PCI_CAPABILITY_LIST	0x34

#define PCI_CAP_ID_EXP		0x10
#define PCI_EXP_DEVCAP		0x04
#define   PCI_EXP_DEVCAP_FLR	0x10000000
#define PCI_EXP_DEVCTL		0x08
#define   PCI_EXP_DEVCTL_FLR	0x8000

/* The first function of this class on so many buses, 0 if there is none. */
uint64_t pci_find(uint64_t ecam, unsigned int buses, uint32_t class);

/* Its command register has these bits, and no other. */
void pci_enable(uint64_t function, uint16_t command);

struct bar {
	uint64_t address;
	uint64_t size;	/* 0 if it is no memory BAR */
	bool wide;	/* takes the next one's place, too */
};

/* Sizes it, with Memory Space off. */
struct bar pci_bar(uint64_t function, unsigned int index);
uint64_t pci_bar_address(uint64_t function, unsigned int index);
void pci_place_bar(uint64_t function, unsigned int index, uint64_t address);

/* Addresses of capabilities, 0 if there is none. */
uint64_t pci_capability(uint64_t function, uint8_t id);
uint64_t pci_dvsec(uint64_t function, uint16_t vendor, uint16_t id);
uint32_t pci_dvsec_length(uint64_t dvsec);

#endif
