// SPDX-License-Identifier: GPL-2.0
#include "function.h"
#include "io.h"
#include "pci.h"

bool function_place_bars(const struct boot *boot, uint64_t function)
{
	uint64_t at = boot->bars;
	struct bar bar;
	unsigned int i;

	pci_enable(function, 0);
	for (i = 0; i < PCI_BARS; i += bar.wide ? 2 : 1) {
		bar = pci_bar(function, i);
		if (!bar.size)
			continue;
		at = (at + bar.size - 1) & -bar.size;
		if (bar.size > boot->bars_size || at > boot->bars + boot->bars_size - bar.size)
			return false;
		pci_place_bar(function, i, at);
		at += bar.size;
	}
	return true;
}

bool function_flr(uint64_t function)
{
	uint64_t exp = pci_capability(function, PCI_CAP_ID_EXP);
	uint16_t command, control;
	uint32_t bars[PCI_BARS];
	unsigned int i;

	if (!exp || !(read32(exp + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR))
		return false;
	command = read16(function + PCI_COMMAND);
	control = read16(exp + PCI_EXP_DEVCTL);
	for (i = 0; i < PCI_BARS; i++)
		bars[i] = read32(function + PCI_BAR(i));
	pci_enable(function, 0);
	write16(exp + PCI_EXP_DEVCTL, control | PCI_EXP_DEVCTL_FLR);
	/* The function may forget all of this, and a VMM waits for the reset. */
	pci_enable(function, 0);
	for (i = 0; i < PCI_BARS; i++)
		write32(function + PCI_BAR(i), bars[i]);
	write16(exp + PCI_EXP_DEVCTL, control);
	pci_enable(function, command);
	return true;
}
