// SPDX-License-Identifier: GPL-2.0
/* VFIO_DEVICE_FEATURE: each feature, operation and size. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "probe.h"

/* The last one of linux/vfio.h, and some that are to come. */
#define LAST_FEATURE (VFIO_DEVICE_FEATURE_ZPCI_ERROR + 4)

static const uint32_t operations[] = {
	0,
	VFIO_DEVICE_FEATURE_GET,
	VFIO_DEVICE_FEATURE_SET,
	VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET,
	VFIO_DEVICE_FEATURE_PROBE,
	VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET,
	VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET,
	VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET |
		VFIO_DEVICE_FEATURE_SET,
	1 << 19,
	VFIO_DEVICE_FEATURE_GET | 1u << 31,
};

static const uint32_t sizes[] = { 0, 4, 7, 8, 12, 15, 16, 24, 28, 64, 4096 };

/* Putting the device to sleep belongs to the power section. */
static bool changes_power(uint32_t feature, uint32_t operation)
{
	return operation == VFIO_DEVICE_FEATURE_SET &&
	       (feature == VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY ||
		feature == VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP ||
		feature == VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
}

static void one_feature(struct dump *d, uint32_t feature)
{
	char label[64];
	uint32_t in[2];
	size_t op, size;

	for (op = 0; op < ARRAY_SIZE(operations); op++) {
		if (changes_power(feature, operations[op]))
			continue;
		for (size = 0; size < ARRAY_SIZE(sizes); size++) {
			in[0] = sizes[size];
			in[1] = operations[op] | feature;
			snprintf(label, sizeof(label),
				 "feature %u flags %#x argsz %u", feature,
				 operations[op], in[0]);
			probe_ioctl(d, label, VFIO_DEVICE_FEATURE, in,
				    sizeof(in));
		}
	}
}

static void dma_buf(struct dump *d, uint32_t region, uint32_t ranges,
		    uint64_t offset, uint64_t length, uint32_t flags)
{
	size_t size = sizeof(struct vfio_device_feature) +
		      sizeof(struct vfio_device_feature_dma_buf) +
		      ranges * sizeof(struct vfio_region_dma_range);
	struct vfio_device_feature *feature = xcalloc(1, size);
	struct vfio_device_feature_dma_buf *buf = (void *)feature->data;
	uint32_t i;
	int fd;

	feature->argsz = size;
	feature->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF;
	buf->region_index = region;
	buf->open_flags = O_CLOEXEC;
	buf->flags = flags;
	buf->nr_ranges = ranges;
	for (i = 0; i < ranges; i++) {
		buf->dma_ranges[i].offset = offset;
		buf->dma_ranges[i].length = length;
	}
	text_add(d->out, "dma-buf of region %u, %u ranges of %#llx+%#llx, flags %#x: ",
		 region, ranges, (unsigned long long)offset,
		 (unsigned long long)length, flags);
	fd = vfio_ioctl(d->dev->fd, VFIO_DEVICE_FEATURE, feature);
	if (fd < 0) {
		dump_line(d, "%s", errname(fd));
	} else {
		dump_line(d, "fd of %lld bytes", (long long)lseek(fd, 0, SEEK_END));
		close(fd);
	}
	free(feature);
}

void dump_feature(struct dump *d)
{
	uint32_t feature, index;
	uint64_t page = getpagesize();

	for (feature = 0; feature <= LAST_FEATURE; feature++)
		one_feature(d, feature);
	one_feature(d, 0x100);
	one_feature(d, VFIO_DEVICE_FEATURE_MASK);

	for (index = 0; index <= d->num_regions; index++) {
		dma_buf(d, index, 0, 0, 0, 0);
		dma_buf(d, index, 1, 0, page, 0);
		dma_buf(d, index, 1, 0, page, 1);
		dma_buf(d, index, 1, 1, page, 0);
		dma_buf(d, index, 1, 0, 1, 0);
		dma_buf(d, index, 2, 0, page, 0);
		dma_buf(d, index, 1, 1ull << 39, page, 0);
		dma_buf(d, index, 1, -page, page, 0);
	}
}
