// SPDX-License-Identifier: GPL-2.0
#include "pci.h"
#include "physical.h"
#include "port.h"

/* Intel Q35: the register of the host bridge that has the base of configuration space. */
#define PCIEXBAR		0x60
#define PCIEXBAR_BASE		0xffffffe000000ULL

#define PCI_COMMAND		0x04
#define PCI_COMMAND_MEMORY	0x2
#define PCI_COMMAND_MASTER	0x4
#define PCI_CLASS		0x08
#define PCI_FUNCTIONS		0x10000
#define PCI_BAR(n)		(0x10 + 4 * (n))
#define PCI_EXT_CAPS		0x100
#define PCI_EXT_CAP_ID_DVSEC	0x23

static uint64_t config;

static uint32_t port_read(uint32_t offset)
{
	out32(0xcf8, 0x80000000 | offset);
	return in32(0xcfc);
}

void pci_init(void)
{
	config = (port_read(PCIEXBAR) | (uint64_t)port_read(PCIEXBAR + 4) << 32) & PCIEXBAR_BASE;
}

static volatile uint32_t *dword(uint32_t function, uint32_t offset)
{
	return physical(config + function * PCI_CONFIG_SIZE + offset);
}

uint32_t pci_read(uint32_t function, uint32_t offset)
{
	return *dword(function, offset);
}

void pci_write(uint32_t function, uint32_t offset, uint32_t value)
{
	*dword(function, offset) = value;
}

uint32_t pci_find_class(uint32_t class)
{
	/* On all buses: those of another host bridge are below no bridge of bus 0. */
	for (uint32_t function = 0; function < PCI_FUNCTIONS; function++) {
		if (pci_read(function, 0) == 0xffffffff) {
			/* A device without function 0 has no other. */
			function |= function & 7 ? 0 : 7;
			continue;
		}
		if (pci_read(function, PCI_CLASS) >> 16 == class)
			return function;
	}
	return 0;
}

struct bar pci_bar(uint32_t function, int index)
{
	uint32_t low = pci_read(function, PCI_BAR(index)), mask;
	uint32_t command = pci_read(function, PCI_COMMAND);
	struct bar bar = {};

	if (low & 1)
		return bar;
	bar.is_64bit = (low & 6) == 4;
	bar.address = low & ~0xfU;
	if (bar.is_64bit)
		bar.address |= (uint64_t)pci_read(function, PCI_BAR(index + 1)) << 32;
	/* The size shows in the bits that stay; BARs of more than 4 GiB are not looked for. */
	pci_write(function, PCI_COMMAND, command & 0xffff & ~PCI_COMMAND_MEMORY);
	pci_write(function, PCI_BAR(index), 0xffffffff);
	mask = pci_read(function, PCI_BAR(index)) & ~0xfU;
	pci_write(function, PCI_BAR(index), low);
	bar.size = mask ? (uint64_t)~mask + 1 : 0;
	pci_write(function, PCI_COMMAND, (command & 0xffff) | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return bar;
}

uint32_t pci_dvsec(uint32_t function, uint32_t vendor, uint32_t id)
{
	uint32_t offset = PCI_EXT_CAPS;

	/* A list that does not end has a loop. */
	for (int i = 0; offset && i < PCI_CONFIG_SIZE / 4; i++) {
		uint32_t header = pci_read(function, offset);

		if ((header & 0xffff) == PCI_EXT_CAP_ID_DVSEC &&
		    (pci_read(function, offset + 4) & 0xffff) == vendor &&
		    (pci_read(function, offset + 8) & 0xffff) == id)
			return offset;
		offset = header >> 20;
	}
	return 0;
}
