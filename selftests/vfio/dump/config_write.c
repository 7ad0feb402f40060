// SPDX-License-Identifier: GPL-2.0
/*
 * Writes to configuration space: what reads back, and what of it reached the
 * hardware. Every register is put back as it was found.
 */
#include <stdio.h>

#include <linux/pci_regs.h>

#include "dump.h"

/* Bits of the command and status dword that change on their own. */
#define STATUS_VOLATILE 0xf9080000u

static uint32_t host_read(struct dump *d, unsigned int pos, unsigned int width)
{
	uint32_t value = 0;

	if (pci_host_config(d->bdf, &value, width, pos) != (int)width)
		return ~0u >> (32 - 8 * width);
	return value;
}

static void write_value(struct dump *d, const char *name, unsigned int pos,
			unsigned int width, uint32_t value)
{
	int err = vfio_config_write(d->dev, pos, width, value);
	uint32_t mask = pos < 8 && pos + width > 6 ? ~STATUS_VOLATILE : ~0u;

	dump_line(d, "%s %03x.%u = %x: %s, reads %x, hardware has %x", name,
		  pos, width, value, errname(err),
		  vfio_config_read(d->dev, pos, width) & mask,
		  host_read(d, pos, width) & mask);
}

/* All-ones, zero and patterns, one after the other. */
static void write_register(struct dump *d, const char *name, unsigned int pos,
			   unsigned int width)
{
	static const uint32_t values[] = { ~0u, 0, 0x55555555, 0xaaaaaaaa };
	uint32_t old = vfio_config_read(d->dev, pos, width);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		write_value(d, name, pos, width,
			    values[i] >> (32 - 8 * width));
	write_value(d, name, pos, width, old);
}

static void standard_header(struct dump *d)
{
	static const uint16_t commands[] = {
		0, PCI_COMMAND_IO, PCI_COMMAND_MEMORY, PCI_COMMAND_MASTER,
		PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
		PCI_COMMAND_INTX_DISABLE, PCI_COMMAND_PARITY, PCI_COMMAND_SERR,
		0xffff,
	};
	uint32_t command = vfio_config_read(d->dev, PCI_COMMAND, 2);
	unsigned int pos;
	size_t i;

	write_register(d, "vendor", PCI_VENDOR_ID, 2);
	write_register(d, "device", PCI_DEVICE_ID, 2);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		write_value(d, "command", PCI_COMMAND, 2, commands[i]);
	write_value(d, "command low byte", PCI_COMMAND, 1, 0);
	write_value(d, "command high byte", PCI_COMMAND + 1, 1, 0xff);
	write_value(d, "command", PCI_COMMAND, 2, command);
	write_register(d, "revision and class", PCI_CLASS_REVISION, 4);
	write_register(d, "cache line", PCI_CACHE_LINE_SIZE, 1);
	write_register(d, "latency", PCI_LATENCY_TIMER, 1);
	write_register(d, "header type", PCI_HEADER_TYPE, 1);
	write_register(d, "BIST", PCI_BIST, 1);
	for (pos = PCI_BASE_ADDRESS_0; pos <= PCI_BASE_ADDRESS_5; pos += 4) {
		write_register(d, "BAR", pos, 4);
		write_register(d, "BAR word", pos + 2, 2);
		write_register(d, "BAR byte", pos + 3, 1);
	}
	write_register(d, "CIS", PCI_CARDBUS_CIS, 4);
	write_register(d, "subsystem", PCI_SUBSYSTEM_VENDOR_ID, 4);
	write_register(d, "ROM", PCI_ROM_ADDRESS, 4);
	write_register(d, "capability pointer", PCI_CAPABILITY_LIST, 1);
	write_register(d, "interrupt line", PCI_INTERRUPT_LINE, 1);
	write_register(d, "interrupt pin", PCI_INTERRUPT_PIN, 1);
	/* Across the borders of registers that behave differently. */
	write_register(d, "across cache line", PCI_CLASS_DEVICE + 1, 4);
	write_register(d, "across BARs", PCI_BASE_ADDRESS_0 + 2, 4);
	write_register(d, "across line and pin", PCI_INTERRUPT_LINE, 4);
}

static void power_management(struct dump *d)
{
	unsigned int pos = vfio_config_cap(d->dev, PCI_CAP_ID_PM);
	char state[PCI_NAME_SIZE];
	uint16_t old;
	int i;

	if (!pos)
		return;
	old = vfio_config_read(d->dev, pos + PCI_PM_CTRL, 2);
	write_register(d, "PM capabilities", pos + PCI_PM_PMC, 2);
	for (i = 0; i <= PCI_PM_CTRL_STATE_MASK; i++) {
		write_value(d, "PM control", pos + PCI_PM_CTRL, 2,
			    (old & ~PCI_PM_CTRL_STATE_MASK) | i);
		pci_attr_read(d->bdf, "power_state", state, sizeof(state));
		dump_line(d, "host says %s", state);
		write_value(d, "PM control", pos + PCI_PM_CTRL, 2,
			    old & ~PCI_PM_CTRL_STATE_MASK);
	}
	write_value(d, "PM control", pos + PCI_PM_CTRL, 2, old);
}

static void message_signaled(struct dump *d)
{
	unsigned int pos = vfio_config_cap(d->dev, PCI_CAP_ID_MSI);
	unsigned int width;
	uint16_t flags;

	if (pos) {
		flags = vfio_config_read(d->dev, pos + PCI_MSI_FLAGS, 2);
		for (width = PCI_MSI_ADDRESS_LO;
		     width < (flags & PCI_MSI_FLAGS_64BIT ? 24u : 20u);
		     width += 4)
			write_register(d, "MSI", pos + width, 4);
		write_value(d, "MSI flags", pos + PCI_MSI_FLAGS, 2,
			    flags | PCI_MSI_FLAGS_ENABLE);
		write_value(d, "MSI flags", pos + PCI_MSI_FLAGS, 2,
			    flags | PCI_MSI_FLAGS_QSIZE);
		write_value(d, "MSI flags", pos + PCI_MSI_FLAGS, 2, 0xffff);
		write_value(d, "MSI flags", pos + PCI_MSI_FLAGS, 2, flags);
	}
	pos = vfio_config_cap(d->dev, PCI_CAP_ID_MSIX);
	if (!pos)
		return;
	flags = vfio_config_read(d->dev, pos + PCI_MSIX_FLAGS, 2);
	write_value(d, "MSI-X flags", pos + PCI_MSIX_FLAGS, 2,
		    flags | PCI_MSIX_FLAGS_ENABLE);
	write_value(d, "MSI-X flags", pos + PCI_MSIX_FLAGS, 2,
		    flags | PCI_MSIX_FLAGS_MASKALL);
	write_value(d, "MSI-X flags", pos + PCI_MSIX_FLAGS, 2, 0);
	write_value(d, "MSI-X flags", pos + PCI_MSIX_FLAGS, 2, flags);
	write_register(d, "MSI-X table", pos + PCI_MSIX_TABLE, 4);
	write_register(d, "MSI-X pending", pos + PCI_MSIX_PBA, 4);
}

static void express(struct dump *d)
{
	unsigned int pos = vfio_config_cap(d->dev, PCI_CAP_ID_EXP);
	uint16_t old;

	if (!pos)
		return;
	write_register(d, "PCIe flags", pos + PCI_EXP_FLAGS, 2);
	write_register(d, "PCIe device capabilities", pos + PCI_EXP_DEVCAP, 4);
	old = vfio_config_read(d->dev, pos + PCI_EXP_DEVCTL, 2);
	/* Everything but the function level reset, which the reset section has. */
	write_value(d, "PCIe device control", pos + PCI_EXP_DEVCTL, 2,
		    0xffff & ~PCI_EXP_DEVCTL_BCR_FLR);
	write_value(d, "PCIe device control", pos + PCI_EXP_DEVCTL, 2, 0);
	write_value(d, "PCIe device control", pos + PCI_EXP_DEVCTL, 2, old);
	write_register(d, "PCIe link capabilities", pos + PCI_EXP_LNKCAP, 4);
	old = vfio_config_read(d->dev, pos + PCI_EXP_LNKCTL, 2);
	write_value(d, "PCIe link control", pos + PCI_EXP_LNKCTL, 2,
		    old ^ PCI_EXP_LNKCTL_ASPMC);
	write_value(d, "PCIe link control", pos + PCI_EXP_LNKCTL, 2, old);
	write_register(d, "PCIe device control 2", pos + PCI_EXP_DEVCTL2, 2);
}

/* Identity and link of each capability must not move. */
static void headers(struct dump *d)
{
	unsigned int i, pos = vfio_config_read(d->dev, PCI_CAPABILITY_LIST, 1);
	uint32_t header;

	for (i = 0; i < 48 && pos >= PCI_STD_HEADER_SIZEOF; i++) {
		write_register(d, "capability header", pos & ~3u, 2);
		pos = vfio_config_read(d->dev, (pos & ~3u) + 1, 1);
	}
	pos = PCI_CFG_SPACE_SIZE;
	if (vfio_config_size(d->dev) <= pos)
		return;
	for (i = 0; i < 480 && pos >= PCI_CFG_SPACE_SIZE; i++) {
		header = vfio_config_read(d->dev, pos, 4);
		write_register(d, "extended capability header", pos, 4);
		pos = PCI_EXT_CAP_NEXT(header);
	}
}

void dump_config_write(struct dump *d)
{
	standard_header(d);
	power_management(d);
	message_signaled(d);
	express(d);
	headers(d);
}
