// SPDX-License-Identifier: GPL-2.0
/*
 * What the CPUs' caches hold of the memory goes out before decode ends, and what
 * they still hold when it is back is dropped before anybody reads: as the kernel's
 * own tracing shows it, for each kind of event.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "cxl_test.h"
#include "ktrace.h"
#include "reset.h"
#include "touch.h"

#define PIECE (64ul << 20)
#define LEN (4ul << 20)

/* x86 has one instruction that writes a line back and drops it. */
#ifdef __aarch64__
#define DROP_LINES "drop_lines"
#else
#define DROP_LINES "flush_lines"
#endif

static const char * const events[] = {
#ifdef __aarch64__
	"flush_lines arch_wb_cache_pmem size=$arg2:u64",
	DROP_LINES " arch_invalidate_pmem size=$arg2:u64",
#else
	/* One of the two is how this machine flushes. */
	"flush wbinvd_on_all_cpus",
	DROP_LINES " arch_invalidate_pmem size=$arg2:u64",
#endif
	/* What ends decode. */
	"flr pcie_flr",
	"bus pci_bridge_secondary_bus_reset",
	"write pci_bus_write_config_word pos=$arg3:u32 value=$arg4:u16",
	"user pci_user_write_config_word pos=$arg2:u32 value=$arg3:u16",
};

FIXTURE(caches) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	struct text text;
};

FIXTURE_SETUP(caches)
{
	if (!ktrace_exists())
		SKIP(return, "a kernel with kprobe events is needed");
	ASSERT_TRUE(ktrace_start(events, ARRAY_SIZE(events)));
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

FIXTURE_TEARDOWN(caches)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	ktrace_stop();
	text_free(&self->text);
}

/* Begin an event, with something in the caches. */
static void dirty(struct _test_data_caches *self)
{
	self->map[0] = 1;
	ktrace_take(&self->text);
	text_clear(&self->text);
}

/* The first that is about everything, or about lines in the way of @lines. */
static const char *find_first(const char *at, const char *lines)
{
	const char *all = ktrace_find(at, "flush");
	const char *some = ktrace_find(at, lines);

	return all && (!some || all < some) ? all : some;
}

static const char *find_flush(const char *at)
{
	return find_first(at, "flush_lines");
}

static const char *find_drop(const char *at)
{
	return find_first(at, DROP_LINES);
}

static unsigned int count_flushes(const char *at)
{
	unsigned int count = 0;

	while ((at = find_flush(at))) {
		count++;
		at = strchr(at, '\n');
	}
	return count;
}

/* Before @end, which is in the text, there was a flush, and after it a drop. */
static void check_around(struct __test_metadata *_metadata,
			 struct _test_data_caches *self, const char *end)
{
	const char *flush = find_flush(self->text.data);

	ASSERT_NE(NULL, end) TH_LOG("in\n%s", self->text.data);
	ASSERT_NE(NULL, flush) TH_LOG("in\n%s", self->text.data);
	EXPECT_LT(flush, end) TH_LOG("in\n%s", self->text.data);
	EXPECT_NE(NULL, find_drop(end)) TH_LOG("in\n%s", self->text.data);
}

/* The last write of @value, of which only @mask counts, to configuration space. */
static const char *find_write(struct _test_data_caches *self, const char *who,
			      unsigned int pos, unsigned int mask,
			      unsigned int value)
{
	const char *at, *found = NULL;
	unsigned int written;
	char start[64];

	snprintf(start, sizeof(start), "%s pos=%u value=", who, pos);
	for (at = self->text.data; (at = strstr(at, start)); at++)
		if (sscanf(at + strlen(start), "%u", &written) == 1 &&
		    (written & mask) == value)
			found = at;
	return found;
}

TEST_F(caches, around_resets)
{
	static const enum reset_how hows[] = {
		BY_IOCTL, BY_FLR, BY_SYSFS, BY_BUS, BY_HOT_RESET,
	};
	const char *end;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		dirty(self);
		if (hows[i] == BY_HOT_RESET && !reset_mask_bus(cxl_bdf, false))
			continue;
		if (reset_by(&self->dev, hows[i]) == -ENOTTY)
			continue;
		ktrace_take(&self->text);
		end = ktrace_find(self->text.data, "flr");
		if (!end)
			end = ktrace_find(self->text.data, "bus");
		check_around(_metadata, self, end);
	}
}

TEST_F(caches, around_a_cxl_reset)
{
	const unsigned int control2 = self->dev.dvsec + CXL_DVSEC_CONTROL2;

	if (!(cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2) &
	      CXL_DVSEC_CAP_RESET))
		SKIP(return, "the device has no CXL Reset");
	dirty(self);
	cxl_dvsec_set(&self->dev, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_INITIATE_RESET);
	ktrace_take(&self->text);
	check_around(_metadata, self,
		     find_write(self, "write", control2,
				CXL_DVSEC_CTRL2_INITIATE_RESET,
				CXL_DVSEC_CTRL2_INITIATE_RESET));
}

TEST_F(caches, around_memory_space)
{
	dirty(self);
	cxl_set_memory_space(&self->dev, false);
	ktrace_take(&self->text);
	cxl_set_memory_space(&self->dev, true);
	ktrace_take(&self->text);
	check_around(_metadata, self,
		     find_write(self, "user", PCI_COMMAND, PCI_COMMAND_MEMORY,
				0));
}

TEST_F(caches, around_d3)
{
	unsigned int pm = vfio_config_cap(&self->dev.vfio, PCI_CAP_ID_PM);

	if (!pm)
		SKIP(return, "the device has no power management");
	dirty(self);
	ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 3));
	ktrace_take(&self->text);
	ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 0));
	cxl_set_memory_space(&self->dev, true);
	self->map[0] = 2;
	ktrace_take(&self->text);
	check_around(_metadata, self,
		     find_write(self, "write", pm + PCI_PM_CTRL,
				PCI_PM_CTRL_STATE_MASK, 3));
}

/* The reset of close calls nobody back. */
TEST_F(caches, around_close)
{
	const char *end;

	dirty(self);
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	ktrace_take(&self->text);
	end = ktrace_find(self->text.data, "flr");
	if (!end)
		end = ktrace_find(self->text.data, "bus");
	cxl_dev_open(&self->dev, cxl_bdf);
	ktrace_take(&self->text);
	end = end ? ktrace_find(self->text.data, "flr") : NULL;
	if (!end)
		end = ktrace_find(self->text.data, "bus");
	check_around(_metadata, self, end);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

/* What nobody touched since is in no cache. */
TEST_F(caches, only_what_was_touched)
{
	dirty(self);
	EXPECT_EQ(0, reset_by(&self->dev, BY_SYSFS));
	ktrace_take(&self->text);
	EXPECT_NE(NULL, find_flush(self->text.data));
	text_clear(&self->text);
	EXPECT_EQ(0, reset_by(&self->dev, BY_SYSFS));
	ktrace_take(&self->text);
	EXPECT_EQ(NULL, find_flush(self->text.data))
		TH_LOG("in\n%s", self->text.data);
	EXPECT_EQ(NULL, find_drop(self->text.data))
		TH_LOG("in\n%s", self->text.data);
}

/* The device's own cache is of host memory: writing that back ends no decode. */
TEST_F(caches, not_around_a_write_back)
{
	if (!(cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2) &
	      CXL_DVSEC_CAP_CACHE_WBI))
		SKIP(return, "the device has no such doorbell");
	dirty(self);
	cxl_dvsec_set(&self->dev, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_INITIATE_WBI);
	ktrace_take(&self->text);
	EXPECT_EQ(NULL, find_flush(self->text.data))
		TH_LOG("in\n%s", self->text.data);
}

/* The sum of the lengths in all events of @name, each more than 0 in 32 bits. */
static unsigned long sum_of(const char *at, const char *name)
{
	unsigned long size, sum = 0;

	for (; (at = ktrace_find(at, name)); at = strchr(at, '\n')) {
		if (sscanf(at, "%*s size=%lu", &size) != 1 || !(uint32_t)size)
			return 0;
		sum += size;
	}
	return sum;
}

/*
 * Line by line: each piece once before and once after, and none with a length
 * that is 0 in 32 bits.
 */
TEST_F(caches, all_of_4_gib)
{
	uint64_t offset;
	const char *at;

	if (self->dev.size < (4ul << 30))
		SKIP(return, "a device with 4 GiB is needed");
	for (offset = 0; offset < (4ul << 30); offset += PIECE) {
		uint32_t value = offset >> 20;

		EXPECT_EQ(4, cxl_mem_write(&self->dev, offset, &value, 4));
	}
	ktrace_take(&self->text);
	text_clear(&self->text);
	EXPECT_EQ(0, reset_by(&self->dev, BY_SYSFS));
	ktrace_take(&self->text);
	at = self->text.data;
	if (ktrace_find(at, "flush")) {
		EXPECT_LE(2, count_flushes(at));
		return;
	}
	EXPECT_EQ(2 * (4ul << 30),
		  sum_of(at, "flush_lines") +
		  (strcmp(DROP_LINES, "flush_lines") ? sum_of(at, DROP_LINES) : 0));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
