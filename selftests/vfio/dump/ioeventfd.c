// SPDX-License-Identifier: GPL-2.0
/* VFIO_DEVICE_IOEVENTFD: a write to a BAR that an eventfd sets off. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "dump.h"
#include "irq.h"
#include "probe.h"
#include "stimulus.h"

/* Far more than the kernel allows a device to have. */
#define MANY 1100

static int set(struct dump *d, uint64_t offset, uint64_t data, uint32_t flags,
	       int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = flags,
		.offset = offset,
		.data = data,
		.fd = fd,
	};

	return vfio_ioctl(d->dev->fd, VFIO_DEVICE_IOEVENTFD, &arg);
}

static void try_at(struct dump *d, uint64_t offset, uint32_t flags, int fd)
{
	int add = set(d, offset, 0, flags, fd);
	int again = set(d, offset, 0, flags, fd);
	int remove = set(d, offset, 0, flags, -1);
	int gone = set(d, offset, 0, flags, -1);

	dump_line(d, "at %llx flags %x: %s, again %s, remove %s, again %s",
		  (unsigned long long)offset, flags, errname(add),
		  errname(again), errname(remove), errname(gone));
}

static void region(struct dump *d, uint32_t index, int fd)
{
	struct vfio_region_info *info = vfio_region_info(d->dev, index);
	unsigned int flags;

	if (!info)
		return;
	for (flags = 0; flags <= 2 * VFIO_DEVICE_IOEVENTFD_SIZE_MASK; flags++)
		try_at(d, info->offset, flags, fd);
	for (flags = 1; flags <= VFIO_DEVICE_IOEVENTFD_64; flags <<= 1) {
		try_at(d, info->offset + info->size - flags, flags, fd);
		try_at(d, info->offset + info->size - 1, flags, fd);
		try_at(d, info->offset + info->size, flags, fd);
	}
	free(info);
}

/* The MSI-X table is no place to write to behind the kernel's back. */
static void msix_table(struct dump *d, int fd)
{
	unsigned int pos = vfio_config_cap(d->dev, PCI_CAP_ID_MSIX);
	struct vfio_region_info *info;
	uint32_t table;

	if (!pos)
		return;
	table = vfio_config_read(d->dev, pos + PCI_MSIX_TABLE, 4);
	info = vfio_region_info(d->dev, table & PCI_MSIX_TABLE_BIR);
	table &= PCI_MSIX_TABLE_OFFSET;
	if (info) {
		try_at(d, info->offset + table, VFIO_DEVICE_IOEVENTFD_32, fd);
		if (table >= 4)
			try_at(d, info->offset + table - 4,
			   VFIO_DEVICE_IOEVENTFD_64, fd);
	}
	free(info);
}

struct scratch {
	struct dump *d;
	const struct stimulus *s;
	uint32_t wanted;
};

static bool arrived(void *arg)
{
	struct scratch *scratch = arg;

	return vfio_region_read32(scratch->d->dev, scratch->s->bar,
				  scratch->s->scratch) == scratch->wanted;
}

/* The write must really reach the device, once enabled, and not after. */
static void check_effect(struct dump *d, const struct stimulus *s, int fd)
{
	const uint32_t value = 0x12345678, other = 0x0badcafe;
	struct vfio_region_info *info = vfio_region_info(d->dev, s->bar);
	struct scratch scratch = { d, s, value ^ s->scratch_xor };
	uint64_t one = 1, offset;
	uint32_t old;

	if (!info)
		return;
	offset = info->offset + s->scratch;
	free(info);
	old = vfio_region_read32(d->dev, s->bar, s->scratch);
	vfio_region_write32(d->dev, s->bar, s->scratch, other);
	dump_line(d, "effect: %s", errname(set(d, offset, value,
		  VFIO_DEVICE_IOEVENTFD_32, fd)));
	if (write(fd, &one, sizeof(one)) < 0)
		die("an eventfd takes no event");
	dump_line(d, "effect arrived: %d", wait_until(arrived, &scratch, 1000));
	set(d, offset, value, VFIO_DEVICE_IOEVENTFD_32, -1);
	vfio_region_write32(d->dev, s->bar, s->scratch, other);
	if (write(fd, &one, sizeof(one)) < 0)
		die("an eventfd takes no event");
	dump_line(d, "effect after removal: %d", wait_until(arrived, &scratch, 50));
	vfio_region_write32(d->dev, s->bar, s->scratch, old ^ s->scratch_xor);
	eventfd_take(fd, 0);
}

static void check_limit(struct dump *d, int fd)
{
	struct vfio_region_info *info = vfio_region_info(d->dev, 0);
	unsigned int i, taken = 0;
	int err = 0;

	if (!info || info->size < 4)
		goto out;
	for (i = 0; i < MANY && !err; i++) {
		err = set(d, info->offset, i, VFIO_DEVICE_IOEVENTFD_32, fd);
		taken += !err;
	}
	dump_line(d, "limit: %u, then %s", taken, errname(err));
	for (i = 0; i < taken; i++)
		set(d, info->offset, i, VFIO_DEVICE_IOEVENTFD_32, -1);
out:
	free(info);
}

void dump_ioeventfd(struct dump *d)
{
	const struct stimulus *s = stimulus_find(d->bdf);
	struct vfio_device_ioeventfd arg = { .flags = 4, .fd = -1 };
	int fd = eventfd_new();
	char label[32];
	uint32_t index;

	for (arg.argsz = 0; arg.argsz <= sizeof(arg) + 4; arg.argsz++) {
		snprintf(label, sizeof(label), "argsz %u", arg.argsz);
		probe_ioctl(d, label, VFIO_DEVICE_IOEVENTFD, &arg, sizeof(arg));
	}
	for (index = 0; index <= d->num_regions; index++)
		region(d, index, fd);
	msix_table(d, fd);
	try_at(d, 0, VFIO_DEVICE_IOEVENTFD_32, -2);
	try_at(d, 0, VFIO_DEVICE_IOEVENTFD_32, 9999);
	try_at(d, 0, VFIO_DEVICE_IOEVENTFD_32, d->dev->fd);
	check_limit(d, fd);
	if (s && s->has_scratch)
		check_effect(d, s, fd);
	close(fd);
}
