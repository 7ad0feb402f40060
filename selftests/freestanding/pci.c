// SPDX-License-Identifier: GPL-2.0
#include "io.h"
#include "pci.h"

#define EXTENDED	0x100
#define DVSEC		0x23
#define FUNCTIONS	256	/* of a bus */

uint64_t pci_find(uint64_t ecam, unsigned int buses, uint32_t class)
{
	unsigned int n;
	uint64_t function;

	for (n = 0; n < buses * FUNCTIONS; n++) {
		function = ecam + (uint64_t)n * PCI_CONFIG_SIZE;
		if (read32(function + PCI_VENDOR_ID) == 0xffffffff) {
			/* A device without function 0 has no other. */
			n |= n & 7 ? 0 : 7;
			continue;
		}
		if (class == PCI_ANY_CLASS || read32(function + PCI_REVISION_ID) >> 16 == class)
			return function;
	}
	return 0;
}

void pci_enable(uint64_t function, uint16_t command)
{
	write16(function + PCI_COMMAND, command);
}

static bool is_wide(uint32_t low)
{
	return (low & 7) == 4;
}

uint64_t pci_bar_address(uint64_t function, unsigned int index)
{
	uint32_t low = read32(function + PCI_BAR(index));
	uint64_t high = 0;

	if (low & 1)
		return 0;
	if (is_wide(low) && index + 1 < PCI_BARS)
		high = read32(function + PCI_BAR(index + 1));
	return high << 32 | (low & ~0xfu);
}

void pci_place_bar(uint64_t function, unsigned int index, uint64_t address)
{
	bool wide = is_wide(read32(function + PCI_BAR(index)));

	/* Bits that are not the address are read-only. */
	write32(function + PCI_BAR(index), address);
	if (wide)
		write32(function + PCI_BAR(index + 1), address >> 32);
}

struct bar pci_bar(uint64_t function, unsigned int index)
{
	uint16_t command = read16(function + PCI_COMMAND);
	uint32_t low = read32(function + PCI_BAR(index));
	struct bar bar = {
		.address = pci_bar_address(function, index),
		.wide = is_wide(low) && index + 1 < PCI_BARS,
	};

	if (low & 1)
		return bar;
	pci_enable(function, command & ~PCI_COMMAND_MEMORY);
	/* The size shows in the bits that stay. */
	pci_place_bar(function, index, ~0ull);
	low = read32(function + PCI_BAR(index));
	if (low)
		bar.size = -((bar.wide ? (uint64_t)read32(function + PCI_BAR(index + 1)) : 0xffffffff) << 32 |
			     (low & ~0xfu));
	pci_place_bar(function, index, bar.address);
	pci_enable(function, command);
	return bar;
}

uint64_t pci_capability(uint64_t function, uint8_t id)
{
	unsigned int left = (EXTENDED - 0x40) / 4;
	uint16_t header;
	uint8_t at;

	if (!(read16(function + PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	at = read16(function + PCI_CAPABILITY_LIST) & 0xfc;
	for (; at >= 0x40 && left; left--) {
		header = read16(function + at);
		if ((header & 0xff) == id)
			return function + at;
		at = header >> 8 & 0xfc;
	}
	return 0;
}

uint64_t pci_dvsec(uint64_t function, uint16_t vendor, uint16_t id)
{
	/* A list that does not end has a loop. */
	unsigned int at = EXTENDED, left = (PCI_CONFIG_SIZE - EXTENDED) / 8;
	uint32_t header;

	for (; at >= EXTENDED && left; left--) {
		header = read32(function + at);
		if (!header || header == 0xffffffff)
			return 0;
		if ((header & 0xffff) == DVSEC &&
		    (read32(function + at + 4) & 0xffff) == vendor &&
		    read16(function + at + 8) == id)
			return function + at;
		at = header >> 20 & 0xffc;
	}
	return 0;
}

uint32_t pci_dvsec_length(uint64_t dvsec)
{
	return read32(dvsec + 4) >> 20;
}
