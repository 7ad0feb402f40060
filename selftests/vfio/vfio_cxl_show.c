// SPDX-License-Identifier: GPL-2.0
/*
 * A CXL device as a VMM sees it: vfio_cxl_show BDF
 *
 * Binds the device to cxl_vfio_pci, shows what its user is told, and tries the
 * memory: every page size that its mapping can have, and a locked decoder that
 * refuses to be moved. The exit status says whether all of it worked.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cxl_bind.h"
#include "cxl_dev.h"
#include "cxl_host.h"
#include "vfio_dev.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static int wrong;

static void verdict(bool good, const char *what)
{
	printf("  %-6s %s\n", good ? "ok" : "WRONG", what);
	if (!good)
		wrong++;
}

static void show_probe(const char *bdf)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	char record[2048];
	ssize_t len;

	printf("Kernel log\n");
	while ((len = read(fd, record, sizeof(record) - 1)) > 0 || (len < 0 && errno == EPIPE)) {
		char *text;

		if (len < 0)
			continue;
		record[len] = '\0';
		text = strchr(record, ';');
		if (text && strstr(text, bdf) && strstr(text, "CXL memory"))
			printf("  %.*s\n", (int)strcspn(text + 1, "\n"), text + 1);
	}
	close(fd);
}

static void show_info(struct cxl_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(dev->vfio.fd, VFIO_DEVICE_GET_INFO, &info)) {
		verdict(false, "VFIO_DEVICE_GET_INFO");
		return;
	}
	printf("Device\n");
	printf("  flags %#x:%s%s%s%s\n", info.flags,
	       info.flags & VFIO_DEVICE_FLAGS_PCI ? " PCI" : "",
	       info.flags & VFIO_DEVICE_FLAGS_RESET ? " RESET" : "",
	       info.flags & VFIO_DEVICE_FLAGS_CAPS ? " CAPS" : "",
	       info.flags & VFIO_DEVICE_FLAGS_CXL ? " CXL" : "");
	printf("  CAP_CXL version %u: memory is region %u, component registers are region %u\n",
	       dev->cap.header.version, dev->cap.hdm_region_idx, dev->cap.comp_reg_region_idx);
	printf("  component registers are in BAR %u at %#" PRIx64 ", size %#" PRIx64 "%s\n",
	       dev->cap.comp_reg_bar, (uint64_t)dev->cap.comp_reg_offset,
	       (uint64_t)dev->cap.comp_reg_size,
	       dev->cap.flags & VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED ?
	       ", committed by firmware" : "");

	printf("Regions\n");
	for (unsigned int i = 0; i < info.num_regions; i++) {
		struct vfio_region_info region = { .argsz = sizeof(region), .index = i };

		if (ioctl(dev->vfio.fd, VFIO_DEVICE_GET_REGION_INFO, &region) || !region.size)
			continue;
		printf("  %2u  %#12llx  %s%s%s%s\n", i, region.size,
		       region.flags & VFIO_REGION_INFO_FLAG_READ ? "read " : "",
		       region.flags & VFIO_REGION_INFO_FLAG_WRITE ? "write " : "",
		       region.flags & VFIO_REGION_INFO_FLAG_MMAP ? "mmap " : "",
		       i == dev->cap.hdm_region_idx ? "<- memory" :
		       i == dev->cap.comp_reg_region_idx ? "<- component registers" : "");
	}
}

static uint64_t pair(struct cxl_dev *dev, unsigned int low, unsigned int high)
{
	return (uint64_t)cxl_hdm_get(dev, high) << 32 | cxl_hdm_get(dev, low);
}

static void show_decoders(struct cxl_dev *dev)
{
	printf("HDM decoders\n");
	printf("      base            size            ways  granularity\n");
	for (unsigned int i = 0; i < dev->decoders; i++) {
		uint32_t ctrl = cxl_hdm_get(dev, CXL_HDM_DECODER_CTRL(i));

		printf("  %2u  %#-14" PRIx64 "  %#-14" PRIx64 "  %-4u  %-11u %s%s\n", i,
		       pair(dev, CXL_HDM_DECODER_BASE_LOW(i), CXL_HDM_DECODER_BASE_HIGH(i)),
		       pair(dev, CXL_HDM_DECODER_SIZE_LOW(i), CXL_HDM_DECODER_SIZE_HIGH(i)),
		       1U << ((ctrl & CXL_HDM_CTRL_IW) >> 4), 256U << (ctrl & CXL_HDM_CTRL_IG),
		       ctrl & CXL_HDM_CTRL_COMMITTED ? "committed " : "free",
		       ctrl & CXL_HDM_CTRL_LOCK_ON_COMMIT ? "locked" : "");
	}
}

/* Touch @size bytes in a mapping that is aligned to @align but for @skew. */
static void try_pages(struct cxl_dev *dev, const char *level, uint64_t size, uint64_t align,
		      uint64_t skew, uint64_t page)
{
	char *memory, counter[32], text[96];
	uint64_t before, faults;
	bool kept = true;

	if (dev->size < size)
		return;
	snprintf(counter, sizeof(counter), "faults %s", level);
	before = cxl_counter(dev->vfio.bdf, counter);
	memory = cxl_mem_map_aligned(dev, 0, size, align, skew);
	if (memory == MAP_FAILED) {
		verdict(false, "mmap of the memory");
		return;
	}
	for (uint64_t at = 0; at < size; at += page)
		*(volatile uint64_t *)(memory + at) = at ^ 0x5aa5c33c0ff0ULL;
	for (uint64_t at = 0; at < size; at += page)
		kept &= *(volatile uint64_t *)(memory + at) == (at ^ 0x5aa5c33c0ff0ULL);
	munmap(memory, size);
	faults = cxl_counter(dev->vfio.bdf, counter) - before;
	snprintf(text, sizeof(text), "%5" PRIu64 " MiB written and read back, %" PRIu64 " faults of %" PRIu64 " KiB",
		 (uint64_t)(size / MIB), faults, page / 1024);
	verdict(kept && faults == size / page, text);
}

static void try_memory(struct cxl_dev *dev)
{
	printf("Memory\n");
	if (!cxl_counters_available(dev->vfio.bdf)) {
		printf("  page sizes are not shown: there is no debugfs\n");
		return;
	}
	try_pages(dev, "pud", dev->size / GIB * GIB, GIB, 0, GIB);
	try_pages(dev, "pmd", 256 * MIB, GIB, 2 * MIB, 2 * MIB);
	try_pages(dev, "pte", 4 * MIB, GIB, 4096, 4096);
}

static void try_locked(struct cxl_dev *dev)
{
	uint32_t ctrl = cxl_hdm_get(dev, CXL_HDM_DECODER_CTRL(0));
	uint32_t base = cxl_hdm_get(dev, CXL_HDM_DECODER_BASE_LOW(0));

	if (!(ctrl & CXL_HDM_CTRL_LOCK_ON_COMMIT))
		return;
	printf("Locked decoder\n");
	cxl_hdm_set(dev, CXL_HDM_DECODER_BASE_LOW(0), ~base);
	cxl_hdm_set(dev, CXL_HDM_DECODER_CTRL(0), 0);
	verdict(cxl_hdm_get(dev, CXL_HDM_DECODER_BASE_LOW(0)) == base &&
		cxl_hdm_get(dev, CXL_HDM_DECODER_CTRL(0)) == ctrl,
		"writes to its base and control were refused");
}

int main(int argc, char **argv)
{
	struct cxl_dev dev;

	cxl_bind_init(argc, argv);
	show_probe(cxl_bdf);
	cxl_dev_open(&dev, cxl_bdf);
	cxl_set_memory_space(&dev, true);
	show_info(&dev);
	show_decoders(&dev);
	try_memory(&dev);
	try_locked(&dev);
	cxl_dev_close(&dev);
	printf("Verdict\n  %s\n", wrong ? "something is wrong, see above" :
	       "the device is passed through with its memory");
	return wrong != 0;
}
