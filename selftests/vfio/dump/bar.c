// SPDX-License-Identifier: GPL-2.0
/*
 * Access to BARs, ROM and VGA by read(2) and write(2), with the memory of the
 * device decoded or not.
 */
#include <stdlib.h>

#include <linux/pci_regs.h>

#include "dump.h"
#include "stimulus.h"

#define COMMAND_DECODE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

static void read_at(struct dump *d, uint32_t index, uint64_t offset,
		    size_t count)
{
	uint8_t buf[64] = {};
	ssize_t n = vfio_region_read(d->dev, index, offset, buf, count);

	text_add(d->out, "region %u read %zu at %llx: ", index, count,
		 (unsigned long long)offset);
	if (n < 0) {
		dump_line(d, "%s", errname(n));
		return;
	}
	stimulus_mask(stimulus_find(d->bdf), index, offset, buf, n);
	text_add_hex(d->out, buf, n);
	text_add(d->out, "\n");
}

static void read_around(struct dump *d, uint32_t index, uint64_t offset)
{
	static const size_t counts[] = { 1, 2, 4, 8, 16 };
	unsigned int shift;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++)
		for (shift = 0; shift < 4; shift++)
			read_at(d, index, offset + shift, counts[i]);
}

/* Where the MSI-X table lies, reads give all-ones and never the table. */
static void read_msix(struct dump *d, uint32_t index)
{
	unsigned int pos = vfio_config_cap(d->dev, PCI_CAP_ID_MSIX);
	uint32_t table, size;

	if (!pos)
		return;
	table = vfio_config_read(d->dev, pos + PCI_MSIX_TABLE, 4);
	size = (vfio_config_read(d->dev, pos + PCI_MSIX_FLAGS, 2) &
		PCI_MSIX_FLAGS_QSIZE) + 1;
	size *= PCI_MSIX_ENTRY_SIZE;
	if ((table & PCI_MSIX_TABLE_BIR) != index)
		return;
	table &= PCI_MSIX_TABLE_OFFSET;
	read_around(d, index, table);
	read_at(d, index, table + size - 8, 16);
	read_at(d, index, table + size - 4, 4);
	read_at(d, index, table + size, 4);
	if (table >= 8)
		read_at(d, index, table - 8, 16);
}

static void one_region(struct dump *d, uint32_t index)
{
	struct vfio_region_info *info = vfio_region_info(d->dev, index);
	uint64_t size = info ? info->size : 0;

	free(info);
	dump_line(d, "region %u of %#llx bytes", index,
		  (unsigned long long)size);
	read_around(d, index, 0);
	if (size > 64) {
		read_around(d, index, 16);
		read_around(d, index, size / 2);
	}
	if (size >= 16)
		read_around(d, index, size - 16);
	/* Ends at the end, crosses it, begins behind it. */
	if (size >= 4) {
		read_at(d, index, size - 4, 4);
		read_at(d, index, size - 4, 8);
		read_at(d, index, size - 1, 4);
	}
	read_at(d, index, size, 1);
	read_at(d, index, size + 4096, 4);
	if (index <= VFIO_PCI_BAR5_REGION_INDEX)
		read_msix(d, index);
}

static void not_decoded(struct dump *d)
{
	uint16_t command = vfio_config_read(d->dev, PCI_COMMAND, 2);
	uint32_t index;

	vfio_config_write(d->dev, PCI_COMMAND, 2, command & ~COMMAND_DECODE);
	for (index = 0; index <= VFIO_PCI_VGA_REGION_INDEX; index++) {
		if (index == VFIO_PCI_CONFIG_REGION_INDEX)
			continue;
		text_add(d->out, "not decoded: ");
		read_at(d, index, 0, 4);
	}
	vfio_config_write(d->dev, PCI_COMMAND, 2, command);
}

/* Legacy VGA; the memory holds what the screen shows, so only its registers. */
static void access_vga(struct dump *d)
{
	static const uint32_t at[] = { 0, 0x3af, 0x3b0, 0x3bc, 0x3c2, 0x3cc,
				       0x3da, 0x3e0, 0x9ffff, 0xbffff, 0xc0000 };
	uint8_t byte;
	ssize_t n;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		n = vfio_region_read(d->dev, VFIO_PCI_VGA_REGION_INDEX, at[i],
				     &byte, 1);
		dump_line(d, "vga %x: %s", at[i], n < 0 ? errname(n) : "read");
	}
	n = vfio_region_write(d->dev, VFIO_PCI_VGA_REGION_INDEX, 0x3e0, &byte, 1);
	dump_line(d, "vga write 3e0: %s", n < 0 ? errname(n) : "written");
}

void dump_bar(struct dump *d)
{
	uint32_t index;

	for (index = 0; index <= VFIO_PCI_ROM_REGION_INDEX; index++)
		one_region(d, index);
	for (index = VFIO_PCI_NUM_REGIONS; index < d->num_regions + 1; index++)
		one_region(d, index);
	not_decoded(d);
	access_vga(d);
}
