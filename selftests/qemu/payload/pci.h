/* SPDX-License-Identifier: GPL-2.0 */
/* PCI Express configuration space. A function is its number bus:device.function. */
#ifndef PAYLOAD_PCI_H
#define PAYLOAD_PCI_H

#include <stdint.h>

#define PCI_CONFIG_SIZE	0x1000

void pci_init(void);
uint32_t pci_read(uint32_t function, uint32_t offset);
void pci_write(uint32_t function, uint32_t offset, uint32_t value);

/* The first function with this class on all buses, 0 (the host bridge) if there is none. */
uint32_t pci_find_class(uint32_t class);

struct bar {
	uint64_t address;
	uint64_t size;
	int is_64bit;
};

/* A memory BAR, its size 0 if it is none. */
struct bar pci_bar(uint32_t function, int index);

/* Offset of the DVSEC of this vendor and id, 0 if there is none. */
uint32_t pci_dvsec(uint32_t function, uint32_t vendor, uint32_t id);

#endif
