// SPDX-License-Identifier: GPL-2.0
#include "io.h"
#include "pci.h"

#define EXTENDED	0x100
#define CONFIG_END	0x1000
#define DVSEC		0x23

bool pci_find(const struct boot *boot, struct function *pci)
{
	unsigned int device;

	for (device = 0; device < 32; device++) {
		pci->config = boot->ecam + (device << 15);
		pci->id = read32(pci->config + PCI_VENDOR_ID);
		if (pci->id != 0xffffffff)
			return true;
	}
	return false;
}

/* Size of a memory BAR, from the bits that it keeps; 0 for any other. */
static uint64_t bar_size(uint64_t reg, bool *wide)
{
	uint32_t old = read32(reg);
	uint64_t mask;

	*wide = !(old & 1) && (old & 6) == 4;
	write32(reg, 0xffffffff);
	mask = read32(reg);
	if (mask & 1 || !mask)
		return 0;
	mask = (mask & ~0xfull) | 0xffffffff00000000;
	if (*wide) {
		write32(reg + 4, 0xffffffff);
		mask = (mask & 0xffffffff) | (uint64_t)read32(reg + 4) << 32;
	}
	return -mask;
}

bool pci_place_bars(const struct boot *boot, struct function *pci)
{
	uint64_t at = boot->bars, size;
	unsigned int i;
	bool wide;

	pci_enable(pci, 0);
	for (i = 0; i < PCI_BARS; i += wide ? 2 : 1) {
		pci->bar[i] = 0;
		if (i + 1 < PCI_BARS)
			pci->bar[i + 1] = 0;
		size = bar_size(pci->config + PCI_BASE_ADDRESS_0 + 4 * i, &wide);
		if (!size)
			continue;
		at = (at + size - 1) & -size;
		if (size > boot->bars_size || at > boot->bars + boot->bars_size - size)
			return false;
		pci->bar[i] = at;
		/* Bits that are not the address are read-only. */
		at += size;
	}
	pci_write_bars(pci);
	return true;
}

void pci_write_bars(struct function *pci)
{
	unsigned int i;

	for (i = 0; i < PCI_BARS; i++) {
		if (!pci->bar[i])
			continue;
		write32(pci->config + PCI_BASE_ADDRESS_0 + 4 * i, pci->bar[i]);
		if ((read32(pci->config + PCI_BASE_ADDRESS_0 + 4 * i) & 6) == 4)
			write32(pci->config + PCI_BASE_ADDRESS_0 + 4 * i + 4, pci->bar[i] >> 32);
	}
}

uint64_t pci_capability(struct function *pci, uint8_t id)
{
	unsigned int left = (EXTENDED - 0x40) / 4;
	uint16_t header;
	uint8_t at;

	if (!(read16(pci->config + PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	at = read16(pci->config + PCI_CAPABILITY_LIST) & 0xfc;
	for (; at >= 0x40 && left; left--) {
		header = read16(pci->config + at);
		if ((header & 0xff) == id)
			return pci->config + at;
		at = header >> 8 & 0xfc;
	}
	return 0;
}

uint64_t pci_dvsec(struct function *pci, uint16_t vendor, uint16_t id)
{
	unsigned int at = EXTENDED, left = (CONFIG_END - EXTENDED) / 8;
	uint32_t header;

	for (; at >= EXTENDED && left; left--) {
		header = read32(pci->config + at);
		if (!header || header == 0xffffffff)
			return 0;
		if ((header & 0xffff) == DVSEC &&
		    (read32(pci->config + at + 4) & 0xffff) == vendor &&
		    read16(pci->config + at + 8) == id)
			return pci->config + at;
		at = header >> 20 & 0xffc;
	}
	return 0;
}

void pci_enable(struct function *pci, uint16_t command)
{
	write16(pci->config + PCI_COMMAND, command);
}

bool pci_flr(struct function *pci)
{
	uint64_t exp = pci_capability(pci, PCI_CAP_ID_EXP);
	uint16_t command, control;

	if (!exp || !(read32(exp + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR))
		return false;
	command = read16(pci->config + PCI_COMMAND);
	control = read16(exp + PCI_EXP_DEVCTL);
	pci_enable(pci, 0);
	write16(exp + PCI_EXP_DEVCTL, control | PCI_EXP_DEVCTL_FLR);
	/* The function may forget all of this, and a VMM waits for the reset. */
	pci_enable(pci, 0);
	pci_write_bars(pci);
	write16(exp + PCI_EXP_DEVCTL, control);
	pci_enable(pci, command);
	return true;
}
