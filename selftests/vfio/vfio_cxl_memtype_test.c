// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel gives a mapping a lesser type than write-back without a word if an
 * MTRR says so. Users' pages follow it. The device is not opened then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __x86_64__
#include <asm/mtrr.h>
#endif

#include "cxl_test.h"
#include "kmsg.h"
#include "reset.h"
#include "touch.h"

FIXTURE(memtype) {
	unsigned long long base, size;
	int mtrr, kmsg;
};

/* Make the window uncached, or end that. */
static int make_uncached(struct _test_data_memtype *self, bool on)
{
#ifdef __x86_64__
	struct mtrr_sentry sentry = {
		.base = self->base,
		.size = self->size,
		.type = MTRR_TYPE_UNCACHABLE,
	};
	unsigned long request = on ? MTRRIOC_ADD_ENTRY : MTRRIOC_DEL_ENTRY;

	return ioctl(self->mtrr, request, &sentry) < 0 ? -errno : 0;
#else
	return -ENOTTY;
#endif
}

FIXTURE_SETUP(memtype)
{
	char text[512];
	int read;

	self->mtrr = open("/proc/mtrr", O_WRONLY | O_CLOEXEC);
	if (self->mtrr < 0 || !cxl_host_emulated())
		SKIP(return, "the memory types of this machine cannot be changed");
	ASSERT_LT(0, cxl_debugfs_read(cxl_bdf, "gate", text, sizeof(text)));
	read = sscanf(text, "window: %llx size %llx", &self->base, &self->size);
	ASSERT_EQ(2, read);
	self->kmsg = kmsg_open();
}

FIXTURE_TEARDOWN(memtype)
{
	close(self->mtrr);
	close(self->kmsg);
}

TEST_F(memtype, uncached_by_an_mtrr)
{
	const char *not_open = "closed: the device is not open";
	struct text log = {};
	struct vfio_dev vfio;
	struct cxl_dev dev;
	uint32_t value;

	ASSERT_EQ(0, make_uncached(self, true));
	EXPECT_EQ(-EIO, vfio_dev_open(&vfio, cxl_bdf, cxl_dev_mode()));
	EXPECT_TRUE(kmsg_wait(self->kmsg, &log, "does not map the window write-back", 1000));
	text_free(&log);
	/* The last step of an open failed: nobody has the device open, whatever happens to it. */
	EXPECT_TRUE(gate_is(cxl_bdf, not_open));
	EXPECT_EQ(0, make_uncached(self, false));
	EXPECT_EQ(0, pci_attr_write(cxl_bdf, "reset", "1"));
	EXPECT_TRUE(gate_is(cxl_bdf, not_open));

	cxl_dev_open(&dev, cxl_bdf);
	EXPECT_EQ(4, cxl_mem_read(&dev, 0, &value, 4));
	EXPECT_TRUE(gate_is(cxl_bdf, "open"));
	cxl_dev_close(&dev);
}

/* Somebody who tries again and again fills no log. */
TEST_F(memtype, opened_in_a_loop)
{
	/* The kernel's usual bound: so many lines in so many milliseconds. */
	const unsigned int burst = 10, interval = 5000;
	int64_t start = now_ms();
	unsigned int i, lines = 0;
	struct text log = {};
	struct vfio_dev vfio;
	const char *at;

	ASSERT_EQ(0, make_uncached(self, true));
	for (i = 0; i < 30; i++)
		EXPECT_EQ(-EIO, vfio_dev_open(&vfio, cxl_bdf, cxl_dev_mode()));
	EXPECT_EQ(0, make_uncached(self, false));
	kmsg_take(self->kmsg, &log);
	for (at = log.data; at && (at = strstr(at, "not usable")); at++)
		lines++;
	EXPECT_LE(1, lines);
	EXPECT_GE(burst * (2 + (now_ms() - start) / interval), lines);
	text_free(&log);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
