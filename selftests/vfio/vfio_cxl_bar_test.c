// SPDX-License-Identifier: GPL-2.0
/*
 * The BAR that has the component registers: they are out of reach, and all the
 * rest is as vfio-pci has it, although the driver serves it.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "accel.h"
#include "cxl_test.h"
#include "irq.h"
#include "pages.h"
#include "reset.h"
#include "touch.h"

struct bar {
	struct cxl_dev dev;
	uint32_t index;
	uint64_t size, file_offset;
	uint64_t start, end;	/* of the block */
};

static void bar_open(struct bar *bar)
{
	struct vfio_region_info *info;

	cxl_dev_open(&bar->dev, cxl_bdf);
	bar->index = bar->dev.cap.comp_reg_bar;
	bar->start = bar->dev.cap.comp_reg_offset;
	bar->end = bar->start + bar->dev.cap.comp_reg_size;
	info = vfio_region_info(&bar->dev.vfio, bar->index);
	if (!info)
		die("BAR %u has no info: %s", bar->index, errname(errno));
	bar->size = info->size;
	bar->file_offset = info->offset;
	free(info);
}

/* The block without the implementation's registers. */
static bool in_hole(struct bar *bar, uint64_t at)
{
	return at >= bar->start && at < bar->end &&
	       (at < bar->start + CXL_COMPONENT_IMPL_START ||
		at >= bar->start + CXL_COMPONENT_IMPL_END);
}

static ssize_t bar_read(struct bar *bar, uint64_t offset, void *buf, size_t n)
{
	return vfio_region_read(&bar->dev.vfio, bar->index, offset, buf, n);
}

static ssize_t bar_write(struct bar *bar, uint64_t offset, const void *buf,
			 size_t n)
{
	return vfio_region_write(&bar->dev.vfio, bar->index, offset, buf, n);
}

FIXTURE(bar) {
	struct bar bar;
};

FIXTURE_SETUP(bar)
{
	bar_open(&self->bar);
}

FIXTURE_TEARDOWN(bar)
{
	cxl_dev_close(&self->bar.dev);
}

TEST_F(bar, hole_reads_all_ones)
{
	static const size_t widths[] = { 1, 2, 3, 4, 8, 13, 64, 4096, 8192 };
	struct bar *bar = &self->bar;
	const uint64_t parts[][2] = {
		{ bar->start, bar->start + CXL_COMPONENT_IMPL_START },
		{ bar->start + CXL_COMPONENT_IMPL_END, bar->end },
	};
	uint8_t buf[8192];
	unsigned int i, part;
	size_t k;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		for (part = 0; part < ARRAY_SIZE(parts); part++) {
			uint64_t at = parts[part][0] + (i * 4099) % 8192;

			if (at + widths[i] > parts[part][1])
				at = parts[part][1] - widths[i];
			memset(buf, 0, widths[i]);
			EXPECT_EQ(widths[i], bar_read(bar, at, buf, widths[i]))
				TH_LOG("%zu bytes at %#llx", widths[i],
				       (unsigned long long)at);
			for (k = 0; k < widths[i] && buf[k] == 0xff; k++)
				;
			EXPECT_EQ(widths[i], k)
				TH_LOG("%zu bytes at %#llx", widths[i],
				       (unsigned long long)at);
		}
	}
}

TEST_F(bar, hole_drops_writes)
{
	uint32_t before[CXL_HDM_DWORDS], after[CXL_HDM_DWORDS], zero = 0;
	struct bar *bar = &self->bar;
	uint64_t hdm = bar->start + bar->dev.hdm;
	uint8_t bytes[256] = {};
	unsigned int count = 0;

	if (cxl_host_emulated())
		count = cxl_host_hdm(&bar->dev, before);
	/* COMMIT = 0, Decoder_Enable = 0, and everything at once. */
	EXPECT_EQ(4, bar_write(bar, hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0), &zero, 4));
	EXPECT_EQ(4, bar_write(bar, hdm + CXL_HDM_DECODER_CTRL_OFFSET, &zero,
			       4));
	EXPECT_EQ(256, bar_write(bar, hdm, bytes, 256));
	EXPECT_EQ(1, bar_write(bar, hdm + 1, bytes, 1));
	if (cxl_host_emulated()) {
		cxl_host_hdm(&bar->dev, after);
		EXPECT_EQ(0, memcmp(before, after, 4 * count));
	}
	EXPECT_EQ(4, cxl_mem_read(&bar->dev, 0, &zero, 4));
}

/* An access that begins on one side of an edge and ends on the other. */
static void check_edge(struct __test_metadata *_metadata, struct bar *bar,
		       uint64_t edge)
{
	uint8_t each[32], buf[32];
	unsigned int from, count, i;

	if (!edge || edge == bar->size)
		return;
	for (i = 0; i < sizeof(each); i++) {
		uint64_t at = edge - 16 + i;

		ASSERT_EQ(1, bar_read(bar, at, &each[i], 1))
			TH_LOG("byte %#llx", (unsigned long long)at);
		EXPECT_TRUE(!in_hole(bar, at) || each[i] == 0xff);
	}
	for (from = 0; from < 16; from++) {
		for (count = 1; from + count <= sizeof(each); count++) {
			memset(buf, 0x5a, sizeof(buf));
			EXPECT_EQ(count, bar_read(bar, edge - 16 + from, buf,
						  count))
				TH_LOG("%u bytes at edge%+d", count,
				       (int)from - 16);
			/* Registers may mind the width: compare the hole. */
			for (i = 0; i < count; i++) {
				uint64_t at = edge - 16 + from + i;

				EXPECT_TRUE(!in_hole(bar, at) || buf[i] == 0xff)
					TH_LOG("byte %u of %u at edge%+d", i,
					       count, (int)from - 16);
			}
		}
	}
	EXPECT_EQ(8, bar_write(bar, edge - 4, each + 12, 8));
}

TEST_F(bar, edges_of_the_hole)
{
	check_edge(_metadata, &self->bar, self->bar.start);
	check_edge(_metadata, &self->bar,
		   self->bar.start + CXL_COMPONENT_IMPL_START);
	check_edge(_metadata, &self->bar,
		   self->bar.start + CXL_COMPONENT_IMPL_END);
	check_edge(_metadata, &self->bar, self->bar.end);
}

/* -errno or 0 for a mapping of a part of the BAR. */
static int try_map(struct bar *bar, uint64_t offset, size_t size, int flags)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, flags,
			 bar->dev.vfio.fd, bar->file_offset + offset);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, size);
	return 0;
}

/* A page is mapped whole or not at all. */
static bool page_reaches_hole(struct bar *bar, uint64_t at)
{
	uint64_t end = at + PAGE;

	while (at < end && !in_hole(bar, at))
		at += 4;
	return at < end;
}

TEST_F(bar, mappings)
{
	struct bar *bar = &self->bar;
	uint64_t at;

	for (at = 0; at < bar->size; at += PAGE) {
		EXPECT_EQ(page_reaches_hole(bar, at) ? -EINVAL : 0,
			  try_map(bar, at, PAGE, MAP_SHARED))
			TH_LOG("page %#llx", (unsigned long long)at);
	}
	EXPECT_EQ(-EINVAL, try_map(bar, 0, bar->size, MAP_SHARED));
	EXPECT_EQ(-EINVAL, try_map(bar, bar->size, PAGE, MAP_SHARED));
	EXPECT_EQ(-EINVAL, try_map(bar, bar->size - PAGE, 2 * PAGE,
				   MAP_SHARED));
	if (bar->start) {
		EXPECT_EQ(0, try_map(bar, 0, bar->start, MAP_SHARED));
		EXPECT_EQ(-EINVAL, try_map(bar, 0, bar->start, MAP_PRIVATE));
		EXPECT_EQ(-EINVAL, try_map(bar, 0, bar->start + PAGE,
					   MAP_SHARED));
		EXPECT_EQ(-EINVAL, try_map(bar, bar->start - PAGE, 2 * PAGE,
					   MAP_SHARED));
	}
	if (bar->end < bar->size) {
		EXPECT_EQ(0, try_map(bar, bar->end, bar->size - bar->end,
				     MAP_SHARED));
		EXPECT_EQ(-EINVAL, try_map(bar, bar->end - PAGE, 2 * PAGE,
					   MAP_SHARED));
	}
}

TEST_F(bar, device_registers)
{
	struct bar *bar = &self->bar;
	volatile uint32_t *map;
	struct accel accel;

	if (!accel_find(&bar->dev, &accel) || accel.bar != bar->index)
		SKIP(return, "the registers of this device are not known");
	accel_write(&accel, ACCEL_SCRATCH, 0x12345678);
	EXPECT_EQ(0x12345678, accel_read(&accel, ACCEL_SCRATCH));
	if (accel.offset % PAGE)
		SKIP(return, "they share their page with others");
	map = vfio_region_map(&bar->dev.vfio, bar->index, accel.offset, PAGE,
			      PROT_READ | PROT_WRITE);
	ASSERT_NE(MAP_FAILED, (void *)map);
	EXPECT_EQ(0x12345678, map[ACCEL_SCRATCH / 4]);
	map[ACCEL_SCRATCH / 4] = 0x9abcdef0;
	EXPECT_EQ(0x9abcdef0, accel_read(&accel, ACCEL_SCRATCH));
	munmap((void *)map, PAGE);
}

static int ioeventfd(struct cxl_dev *dev, uint64_t offset, uint64_t data,
		     int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg), .flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = offset, .data = data, .fd = fd,
	};

	return vfio_ioctl(dev->vfio.fd, VFIO_DEVICE_IOEVENTFD, &arg);
}

static bool scratch_is(void *arg)
{
	return accel_read(arg, ACCEL_SCRATCH) == 0xe7e27fd;
}

/* It works on every BAR of vfio-pci, and on this one is refused or works. */
TEST_F(bar, ioeventfd)
{
	struct bar *bar = &self->bar;
	struct vfio_region_info *info;
	struct accel accel;
	int err, fd = eventfd_new();
	uint64_t at, one = 1;

	/* Never on the block: its registers are not the guest's. */
	EXPECT_GT(0, ioeventfd(&bar->dev, bar->file_offset + bar->start +
			       bar->dev.hdm + CXL_HDM_DECODER0_CTRL_OFFSET(0), 0, fd));
	if (!accel_find(&bar->dev, &accel))
		SKIP(return, "the registers of this device are not known");
	info = vfio_region_info(&bar->dev.vfio, accel.bar);
	ASSERT_NE(NULL, info);
	at = info->offset + accel.offset + ACCEL_SCRATCH;
	free(info);
	err = ioeventfd(&bar->dev, at, 0xe7e27fd, fd);
	if (err && accel.bar == bar->index) {
		EXPECT_EQ(-EBUSY, err);
		/* Refused means that nothing happens. */
		EXPECT_EQ(8, write(fd, &one, 8));
		sleep_ms(20);
		EXPECT_NE(0xe7e27fd, accel_read(&accel, ACCEL_SCRATCH));
		return;
	}
	ASSERT_EQ(0, err);
	EXPECT_EQ(8, write(fd, &one, 8));
	EXPECT_TRUE(wait_until(scratch_is, &accel, 2000));
	EXPECT_EQ(0, ioeventfd(&bar->dev, at, 0xe7e27fd, -1));
	close(fd);
}

struct try {
	uint64_t at;
	ssize_t n;
	uint8_t bytes[8];
};

/* What a user gets from the BAR at some places, in some widths. */
struct view {
	uint8_t *bytes;		/* the whole BAR in one read */
	uint64_t size;
	struct try tries[256];
	unsigned int count;
};

static void look(struct vfio_dev *dev, uint32_t index, uint64_t block,
		 uint64_t block_end, struct view *view)
{
	struct vfio_region_info *info = vfio_region_info(dev, index);
	uint64_t places[8];
	unsigned int i, k, n = 0;

	if (!info)
		die("BAR %u has no info: %s", index, errname(errno));
	view->size = info->size;
	view->bytes = xcalloc(1, info->size);
	if (vfio_region_read(dev, index, 0, view->bytes, info->size) !=
	    (ssize_t)info->size)
		die("BAR %u cannot be read", index);
	places[n++] = info->size - 8;
	places[n++] = info->size;
	places[n++] = info->size + PAGE;
	if (block >= PAGE) {
		places[n++] = 0;
		places[n++] = 0x2000 % block;	/* where tables may be */
	}
	if (block_end + PAGE < info->size)
		places[n++] = block_end + 4;
	view->count = 0;
	for (i = 0; i < n; i++) {
		for (k = 0; k < 32; k++) {
			struct try *try = &view->tries[view->count++];

			memset(try, 0, sizeof(*try));
			try->at = places[i] + k / 8;
			try->n = vfio_region_read(dev, index, try->at,
						  try->bytes, k % 8 + 1);
		}
	}
	free(info);
}

TEST_F(bar, the_rest_is_as_vfio_pci_has_it)
{
	struct bar *bar = &self->bar;
	struct view first = {}, ours = {}, second = {};
	struct vfio_dev plain;
	uint64_t at, differ = 0, compared = 0, last = 0;
	unsigned int i;

	cxl_dev_close(&bar->dev);
	ASSERT_EQ(0, cxl_bind_plain());
	vfio_dev_must_open(&plain, cxl_bdf, cxl_dev_mode());
	look(&plain, bar->index, bar->start, bar->end, &first);
	vfio_dev_close(&plain);
	cxl_rebind();
	bar_open(bar);
	look(&bar->dev.vfio, bar->index, bar->start, bar->end, &ours);
	cxl_dev_close(&bar->dev);
	ASSERT_EQ(0, cxl_bind_plain());
	vfio_dev_must_open(&plain, cxl_bdf, cxl_dev_mode());
	look(&plain, bar->index, bar->start, bar->end, &second);
	vfio_dev_close(&plain);
	cxl_rebind();
	bar_open(bar);

	EXPECT_EQ(first.size, ours.size);
	for (at = 0; at < first.size; at++) {
		/* What is not the same twice, counters, proves nothing. */
		if (in_hole(bar, at) || first.bytes[at] != second.bytes[at])
			continue;
		compared++;
		differ += first.bytes[at] != ours.bytes[at];
		if (first.bytes[at] != ours.bytes[at])
			last = at;
	}
	EXPECT_EQ(0, differ)
		TH_LOG("of %llu bytes, the last at %#llx",
		       (unsigned long long)compared, (unsigned long long)last);
	EXPECT_LT((first.size - bar->dev.cap.comp_reg_size) / 2, compared + 1);

	ASSERT_EQ(first.count, ours.count);
	for (i = 0; i < first.count; i++) {
		const struct try *a = &first.tries[i], *b = &ours.tries[i];

		EXPECT_EQ(a->n, b->n)
			TH_LOG("at %#llx", (unsigned long long)a->at);
		if ((a->at + 8 > bar->start && a->at < bar->end) ||
		    memcmp(a->bytes, second.tries[i].bytes, 8))
			continue;
		EXPECT_EQ(0, memcmp(a->bytes, b->bytes, 8))
			TH_LOG("at %#llx", (unsigned long long)a->at);
	}
	free(first.bytes);
	free(ours.bytes);
	free(second.bytes);
}

/* Where the function says that its BAR is: both halves, if it has two. */
static void set_host_bar(struct bar *bar, const uint32_t words[2])
{
	unsigned int at = PCI_BASE_ADDRESS_0 + 4 * bar->index;
	bool is_64bit = words[0] & PCI_BASE_ADDRESS_MEM_TYPE_64;

	if (pci_host_config_write(cxl_bdf, words, is_64bit ? 8 : 4, at) < 0)
		die("BAR %u cannot be written: %s", bar->index, errname(errno));
}

/*
 * A device that resets itself loses its BARs, and the core puts them back when its
 * user writes the command register: until then nothing answers where they were.
 */
TEST_F(bar, lost)
{
	struct bar *bar = &self->bar;
	struct vfio_dev *vfio = &bar->dev.vfio;
	uint32_t words[2], lost[2], value;
	volatile uint32_t *map;
	char want[64];

	if (!cxl_host_emulated())
		SKIP(return, "an emulated device is needed");
	map = cxl_mem_map(&bar->dev, 0, PAGE);
	ASSERT_NE(MAP_FAILED, (void *)map);
	EXPECT_STREQ("ok", store(map, 0x10575));
	ASSERT_EQ(8, pci_host_config(cxl_bdf, words, 8,
				     PCI_BASE_ADDRESS_0 + 4 * bar->index));
	lost[0] = words[0] & ~PCI_BASE_ADDRESS_MEM_MASK;
	lost[1] = 0;
	set_host_bar(bar, lost);
	/* A look at hardware is good for a tick. */
	sleep_ms(tick_ms());
	EXPECT_EQ(-EIO, cxl_mem_read(&bar->dev, PAGE, &value, 4));
	snprintf(want, sizeof(want), "closed: BAR %u is not where it was at bind",
		 bar->index);
	EXPECT_TRUE(gate_is(cxl_bdf, want));
	EXPECT_EQ(-EIO, cxl_comp_read(&bar->dev, CXL_COMPONENT_IMPL_START,
				      &value, 4));
	EXPECT_EQ(0, vfio_config_write(vfio, PCI_COMMAND, 2,
				       vfio_config_read(vfio, PCI_COMMAND, 2)));
	EXPECT_STREQ("ok", touch(map, false, &value));
	EXPECT_EQ(0x10575, value);
	munmap((void *)map, PAGE);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
