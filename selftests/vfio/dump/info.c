// SPDX-License-Identifier: GPL-2.0
/* VFIO_DEVICE_GET_INFO, GET_REGION_INFO and GET_IRQ_INFO at every argsz. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe.h"

/* A chain that does not end after this many is a loop. */
#define MAX_CAPS 16

/* argsz values that overflow a careless addition. */
static const uint32_t huge_argsz[] = { 0x7fffffff, 0x80000000, 0xffffffff };

static void add_sparse(struct dump *d, const void *cap)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse = cap;
	uint32_t i;

	for (i = 0; i < sparse->nr_areas; i++)
		text_add(d->out, " %llx+%llx", sparse->areas[i].offset,
			 sparse->areas[i].size);
}

static void add_caps(struct dump *d, const char *what, const void *info,
		     uint32_t size, uint32_t offset, bool region)
{
	const struct vfio_region_info_cap_type *type;
	const struct vfio_info_cap_header *cap;
	uint32_t end;
	int i;

	for (i = 0; offset && i < MAX_CAPS; i++) {
		if (offset > size || size - offset < sizeof(*cap)) {
			dump_line(d, "%s: chain leaves the answer at %u", what,
				  offset);
			return;
		}
		cap = info + offset;
		end = cap->next > offset && cap->next <= size ? cap->next : size;
		text_add(d->out, "%s: capability %u at %u version %u next %u ",
			 what, cap->id, offset, cap->version, cap->next);
		text_add_hex(d->out, cap, end - offset);
		type = (const void *)cap;
		if (region && cap->id == VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			add_sparse(d, cap);
		else if (region && cap->id == VFIO_REGION_INFO_CAP_TYPE)
			text_add(d->out, " type %x subtype %x", type->type,
				 type->subtype);
		text_add(d->out, "\n");
		offset = cap->next;
	}
}

void dump_device_info(struct dump *d)
{
	struct vfio_device_info *info = vfio_device_info(d->dev);
	uint32_t argsz, size = sizeof(*info);
	char label[64];
	size_t i;

	for (argsz = 0; argsz <= 256; argsz++) {
		snprintf(label, sizeof(label), "argsz %u", argsz);
		probe_ioctl(d, label, VFIO_DEVICE_GET_INFO, &argsz, 4);
	}
	for (i = 0; i < ARRAY_SIZE(huge_argsz); i++) {
		snprintf(label, sizeof(label), "argsz %#x", huge_argsz[i]);
		probe_ioctl(d, label, VFIO_DEVICE_GET_INFO, &huge_argsz[i], 4);
	}
	if (info)
		size = info->argsz;
	probe_cut_off(d, "device info", VFIO_DEVICE_GET_INFO, &size, 4, size);
	if (!info) {
		dump_line(d, "no device info: %s", errname(errno));
		return;
	}
	dump_line(d, "flags %#x regions %u irqs %u capabilities at %u",
		  info->flags, info->num_regions, info->num_irqs,
		  info->cap_offset);
	add_caps(d, "device", info, info->argsz, info->cap_offset, false);
	free(info);
}

static void one_region(struct dump *d, uint32_t index)
{
	struct vfio_region_info *info = vfio_region_info(d->dev, index);
	uint32_t in[3] = { 0, 0, index };
	uint32_t size = info ? info->argsz : sizeof(*info);
	char label[64];
	size_t i;

	for (in[0] = 0; in[0] <= size + 16; in[0]++) {
		snprintf(label, sizeof(label), "region %u argsz %u", index, in[0]);
		probe_ioctl(d, label, VFIO_DEVICE_GET_REGION_INFO, in, sizeof(in));
	}
	for (i = 0; i < ARRAY_SIZE(huge_argsz); i++) {
		in[0] = huge_argsz[i];
		snprintf(label, sizeof(label), "region %u argsz %#x", index, in[0]);
		probe_ioctl(d, label, VFIO_DEVICE_GET_REGION_INFO, in, sizeof(in));
	}
	in[0] = size;
	in[1] = ~0u;
	snprintf(label, sizeof(label), "region %u all flags set", index);
	probe_ioctl(d, label, VFIO_DEVICE_GET_REGION_INFO, in, sizeof(in));
	in[1] = 0;
	snprintf(label, sizeof(label), "region %u", index);
	probe_cut_off(d, label, VFIO_DEVICE_GET_REGION_INFO, in, sizeof(in), size);
	if (!info) {
		dump_line(d, "%s: none", label);
		return;
	}
	dump_line(d, "%s: flags %#x size %#llx offset %#llx capabilities at %u",
		  label, info->flags, info->size, info->offset,
		  info->cap_offset);
	add_caps(d, label, info, info->argsz, info->cap_offset, true);
	free(info);
}

void dump_region_info(struct dump *d)
{
	static const uint32_t beyond[] = { 64, 255, 0x7fffffff, 0xffffffff };
	uint32_t index;
	size_t i;

	for (index = 0; index < d->num_regions + 3; index++)
		one_region(d, index);
	for (i = 0; i < ARRAY_SIZE(beyond); i++)
		one_region(d, beyond[i]);
}

void dump_irq_info(struct dump *d)
{
	static const uint32_t beyond[] = { 64, 0x7fffffff, 0xffffffff };
	uint32_t in[3] = {};
	char label[64];
	size_t i;

	for (i = 0; i < VFIO_PCI_NUM_IRQS + 2 + ARRAY_SIZE(beyond); i++) {
		in[2] = i < VFIO_PCI_NUM_IRQS + 2 ?
			i : beyond[i - VFIO_PCI_NUM_IRQS - 2];
		for (in[0] = 0; in[0] <= 24; in[0]++) {
			snprintf(label, sizeof(label), "irq %u argsz %u", in[2],
				 in[0]);
			probe_ioctl(d, label, VFIO_DEVICE_GET_IRQ_INFO, in,
				    sizeof(in));
		}
		in[0] = sizeof(struct vfio_irq_info);
		snprintf(label, sizeof(label), "irq %u", in[2]);
		probe_cut_off(d, label, VFIO_DEVICE_GET_IRQ_INFO, in,
			      sizeof(in), in[0]);
	}
}
