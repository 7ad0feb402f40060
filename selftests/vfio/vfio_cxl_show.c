// SPDX-License-Identifier: GPL-2.0
/*
 * A CXL device as a VMM sees it: vfio_cxl_show BDF
 *
 * Binds the device to cxl_vfio_pci if it is not, shows what its user is told,
 * and tries the memory with every page size that it can be mapped with. What it
 * writes there it takes back. The exit status says whether all of it worked.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cxl_bind.h"
#include "cxl_dev.h"
#include "cxl_host.h"
#include "pages.h"
#include "text.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

/* Each part of the output starts with a word on the left of its first line. */
#define LEFT "             "

static bool wrong;

static void __printf(2, 3) verdict(bool good, const char *fmt, ...)
{
	va_list args;

	printf("%s  ", good ? "ok   " : "WRONG");
	va_start(args, fmt);
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
	if (!good)
		wrong = true;
}

/* "256 MiB"; valid until the fourth call after. */
static const char *amount(uint64_t bytes)
{
	static const char * const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	static char texts[4][24];
	static unsigned int turn;
	char *text = texts[turn++ % ARRAY_SIZE(texts)];
	unsigned int unit = 0;

	while (bytes && !(bytes % KIB) && unit < ARRAY_SIZE(units) - 1) {
		bytes /= KIB;
		unit++;
	}
	snprintf(text, sizeof(texts[0]), "%" PRIu64 " %s", bytes, units[unit]);
	return text;
}

/* What the driver said when it was bound, if the kernel still knows. */
static void show_log(const char *bdf)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[2048], last[2048] = "(not in the log any more)";
	ssize_t len;

	while ((len = read(fd, record, sizeof(record) - 1)) > 0 ||
	       (len < 0 && errno == EPIPE)) {
		const char *text;

		if (len < 0)
			continue;
		record[len] = '\0';
		text = strchr(record, ';');
		if (text && strstr(text, bdf) && strstr(text, ": CXL memory"))
			snprintf(last, sizeof(last), "%.*s",
				 (int)strcspn(text + 1, "\n"), text + 1);
	}
	if (fd >= 0)
		close(fd);
	printf("Kernel log   %s\n\n", last);
}

static void show_device(struct cxl_dev *dev)
{
	static const char * const names[] = {
		"RESET", "PCI", "PLATFORM", "AMBA", "CCW", "AP", "FSL_MC",
		"CAPS", "CDX", "CXL",
	};
	struct vfio_device_info *info = vfio_device_info(&dev->vfio);
	unsigned int i;

	if (!info)
		die("VFIO_DEVICE_GET_INFO failed: %s", errname(errno));
	printf("Device       flags %#x:", info->flags);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (info->flags & (1u << i))
			printf(" %s", names[i]);
	printf("\n" LEFT "capability CXL, version %u: memory is region %u",
	       dev->cap.header.version, dev->cap.hdm_region_idx);
	if (dev->cap.flags & VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED)
		printf(", committed by firmware");
	printf("\n" LEFT "component registers are region %u: %s of BAR %u, at %#llx\n\n",
	       dev->cap.comp_reg_region_idx, amount(dev->cap.comp_reg_size),
	       dev->cap.comp_reg_bar,
	       (unsigned long long)dev->cap.comp_reg_offset);
	free(info);
}

static const char *region_name(struct cxl_dev *dev, unsigned int index)
{
	static char bar[64];

	if (index == dev->cap.hdm_region_idx)
		return "device memory";
	if (index == dev->cap.comp_reg_region_idx)
		return "component registers";
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return "configuration space";
	if (index > VFIO_PCI_BAR5_REGION_INDEX)
		return "";
	snprintf(bar, sizeof(bar), "BAR %u%s", index,
		 index == dev->cap.comp_reg_bar ?
		 ", without the component registers" : "");
	return bar;
}

static void show_regions(struct cxl_dev *dev)
{
	struct vfio_device_info *info = vfio_device_info(&dev->vfio);
	unsigned int i;

	printf("Regions       #  size      access\n");
	for (i = 0; info && i < info->num_regions; i++) {
		struct vfio_region_info *region =
			vfio_region_info(&dev->vfio, i);

		if (region && region->size)
			printf(LEFT "%2u  %-8s  %-4s %-5s %-4s  %s\n", i,
			       amount(region->size),
			       region->flags & VFIO_REGION_INFO_FLAG_READ ?
			       "read" : "",
			       region->flags & VFIO_REGION_INFO_FLAG_WRITE ?
			       "write" : "",
			       region->flags & VFIO_REGION_INFO_FLAG_MMAP ?
			       "mmap" : "",
			       region_name(dev, i));
		free(region);
	}
	free(info);
	putchar('\n');
}

static uint64_t read64(struct cxl_dev *dev, unsigned int low)
{
	return (uint64_t)cxl_hdm_get(dev, low + 4) << 32 | cxl_hdm_get(dev, low);
}

/* Encodings of 8.2.4.20.7; 0 for a reserved one. */
static unsigned int ways(uint32_t ctrl)
{
	unsigned int code = (ctrl & CXL_HDM_CTRL_IW) >> 4;

	if (code < 5)
		return 1 << code;
	return code >= 8 && code < 11 ? 3 << (code - 8) : 0;
}

static void show_decoders(struct cxl_dev *dev)
{
	unsigned int i;

	printf("Decoders      #  base            size      ways  granularity  committed  locked\n");
	for (i = 0; i < dev->decoders; i++) {
		uint32_t ctrl = cxl_hdm_get(dev, CXL_HDM_DECODER_CTRL(i));

		if (!(ctrl & CXL_HDM_CTRL_COMMITTED)) {
			printf(LEFT "%2u  %-14s  %-8s  %-4s  %-11s  %-9s  %s\n",
			       i, "-", "-", "-", "-", "no", "-");
			continue;
		}
		printf(LEFT "%2u  %#-14" PRIx64 "  %-8s  %-4u  %-11s  %-9s  %s\n", i,
		       read64(dev, CXL_HDM_DECODER_BASE_LOW(i)),
		       amount(read64(dev, CXL_HDM_DECODER_SIZE_LOW(i))),
		       ways(ctrl), amount(256ULL << (ctrl & CXL_HDM_CTRL_IG)),
		       "yes",
		       ctrl & CXL_HDM_CTRL_LOCK_ON_COMMIT ? "yes" : "no");
	}
	putchar('\n');
}

/* Write each page of @map, read all of them, put back what was there. */
static bool pages_keep(volatile uint64_t *map, uint64_t size, uint64_t page)
{
	uint64_t step = page / sizeof(*map), count = size / page, i;
	uint64_t *before = xcalloc(count, sizeof(*before));
	bool keep = true;

	for (i = 0; i < count; i++) {
		before[i] = map[i * step];
		map[i * step] = ~i;
	}
	for (i = 0; i < count; i++)
		if (map[i * step] != ~i)
			keep = false;
	for (i = 0; i < count; i++)
		map[i * step] = before[i];
	free(before);
	return keep;
}

/*
 * Map the beginning of the memory so that @page is the largest page that
 * address and memory allow, @skew bytes from where a larger one would be.
 */
static void try_pages(struct cxl_dev *dev, const char *counter, uint64_t size,
		      uint64_t skew, uint64_t page)
{
	uint64_t base = read64(dev, CXL_HDM_DECODER_BASE_LOW(0));
	bool counted = cxl_counters_available(dev->vfio.bdf), keep;
	uint64_t faults = 0;
	void *map;

	if (base % page || size < page)
		return;
	map = cxl_mem_map_aligned(dev, 0, size, GIB, base % GIB + skew);
	if (map == MAP_FAILED) {
		verdict(false, "mmap of %s failed: %s", amount(size),
			errname(errno));
		return;
	}
	if (counted)
		faults = cxl_counter(dev->vfio.bdf, counter);
	keep = pages_keep(map, size, page);
	if (counted)
		faults = cxl_counter(dev->vfio.bdf, counter) - faults;
	munmap(map, size);
	if (counted)
		verdict(keep && faults == size / page,
			"%-8s written and read back through mmap: %" PRIu64 " pages of %s",
			amount(size), faults, amount(page));
	else
		verdict(keep, "%-8s written and read back through mmap (page sizes need debugfs)",
			amount(size));
}

static void try_memory(struct cxl_dev *dev)
{
	uint64_t some = dev->size < GIB ? dev->size : GIB;

	printf("Memory       ");
	if (MAPS_PUD && dev->size >= PUD) {
		try_pages(dev, "faults pud", dev->size / PUD * PUD, 0, PUD);
		printf(LEFT);
	}
	if (some / 2 >= PMD) {
		try_pages(dev, "faults pmd", some / 4 < PMD ? PMD : some / 4, PMD, PMD);
		printf(LEFT);
	}
	try_pages(dev, "faults pte", 4 * MIB, PAGE, PAGE);
	putchar('\n');
}

/* While it is committed, neither where it decodes nor, if locked, that it does. */
static void try_decoder(struct cxl_dev *dev)
{
	uint32_t base = cxl_hdm_get(dev, CXL_HDM_DECODER_BASE_LOW(0));
	uint32_t ctrl = cxl_hdm_get(dev, CXL_HDM_DECODER_CTRL(0));

	printf("Protection   ");
	cxl_hdm_set(dev, CXL_HDM_DECODER_BASE_LOW(0), ~base);
	verdict(cxl_hdm_get(dev, CXL_HDM_DECODER_BASE_LOW(0)) == base,
		"base low of committed decoder 0 is %#010x after a write of %#010x",
		base, ~base);
	if (ctrl & CXL_HDM_CTRL_LOCK_ON_COMMIT) {
		printf(LEFT);
		cxl_hdm_set(dev, CXL_HDM_DECODER_CTRL(0), 0);
		verdict(cxl_hdm_get(dev, CXL_HDM_DECODER_CTRL(0)) == ctrl,
			"control of locked decoder 0 is %#x after a write of 0",
			ctrl);
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct cxl_dev dev;

	cxl_bind_init(argc, argv);
	show_log(cxl_bdf);
	cxl_dev_open(&dev, cxl_bdf);
	cxl_set_memory_space(&dev, true);
	show_device(&dev);
	show_regions(&dev);
	show_decoders(&dev);
	try_memory(&dev);
	try_decoder(&dev);
	cxl_dev_close(&dev);
	printf("Verdict      %s\n", wrong ?
	       "FAILED: the lines marked WRONG say what" :
	       "PASSED: the device is passed through with its memory");
	return wrong;
}
