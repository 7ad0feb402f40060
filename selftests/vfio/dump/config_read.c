// SPDX-License-Identifier: GPL-2.0
/* Configuration space in every width, aligned or not. */
#include <string.h>

#include "dump.h"
#include "volatile.h"

#define PER_LINE 16

/*
 * Read all of it @width bytes at a time into @config. A read that fails or
 * comes short leaves its own line.
 */
static void read_all(struct dump *d, unsigned int width, uint8_t *config,
		     unsigned int size)
{
	unsigned int pos;
	ssize_t n;

	memset(config, 0, size);
	for (pos = 0; pos + width <= size; pos += width) {
		n = vfio_region_read(d->dev, VFIO_PCI_CONFIG_REGION_INDEX, pos,
				     config + pos, width);
		if (n != width)
			dump_line(d, "%u bytes at %03x: %s", width, pos,
				  n < 0 ? errname(n) : "short");
	}
	volatile_mask(config, size);
	for (pos = 0; pos < size; pos += PER_LINE) {
		text_add(d->out, "%ux %03x: ", width, pos);
		text_add_hex(d->out, config + pos, PER_LINE);
		text_add(d->out, "\n");
	}
}

static void read_one(struct dump *d, unsigned int pos, unsigned int count)
{
	static uint8_t buf[2 * PCI_CONFIG_SIZE];
	ssize_t n = vfio_region_read(d->dev, VFIO_PCI_CONFIG_REGION_INDEX, pos,
				     buf, count);

	if (n < 0)
		dump_line(d, "%u bytes at %03x: %s", count, pos, errname(n));
	else
		dump_line(d, "%u bytes at %03x: %zd read", count, pos, n);
}

void dump_config_read(struct dump *d)
{
	static const unsigned int widths[] = { 1, 2, 4, 8, 256 };
	unsigned int pos, size = vfio_config_size(d->dev);
	uint8_t config[PCI_CONFIG_SIZE];
	size_t i;

	dump_line(d, "size %u", size);
	if (size > sizeof(config))
		size = sizeof(config);
	for (i = 0; i < ARRAY_SIZE(widths); i++)
		read_all(d, widths[i], config, size);
	/* Those that overlap the status register are left out: it is volatile. */
	for (pos = 0; pos < 64; pos++)
		text_add(d->out, "unaligned dword %02x: %08x\n", pos,
			 vfio_config_read(d->dev, pos, 4) &
			 (pos > 2 && pos < 8 ? 0 : ~0u));
	read_one(d, 0, size);
	read_one(d, 0, size + 1);
	read_one(d, size - 1, 1);
	read_one(d, size - 1, 4);
	read_one(d, size - 4, 8);
	read_one(d, size, 1);
	read_one(d, size + 4, 4);
	read_one(d, 0, 0);
}
