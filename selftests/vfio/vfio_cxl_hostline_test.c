// SPDX-License-Identifier: GPL-2.0
/*
 * The function's own cache: what it has of host memory is there before the
 * function is reset or sleeps, and it may use its cache again after.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "cxl_test.h"
#include "reset.h"

#define LINE 64
#define VALUE 0xd1	/* what the emulated device fills a line with */

FIXTURE(hostline) {
	struct cxl_dev dev;
	unsigned char *page;
	char address[24];
	uint64_t lost;
};

/* The host physical address of a page of this program. */
static uint64_t physical(void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0, size = sysconf(_SC_PAGESIZE);

	if (fd < 0 ||
	    pread(fd, &entry, 8, (uintptr_t)page / size * 8) != 8)
		die("the pagemap cannot be read");
	close(fd);
	return (entry & ((1ull << 55) - 1)) * size;
}

FIXTURE_SETUP(hostline)
{
	long size = sysconf(_SC_PAGESIZE);

	if (!cxl_host_emulated())
		SKIP(return, "an emulated device is needed");
	cxl_dev_open(&self->dev, cxl_bdf);
	if (!(cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2) &
	      CXL_DVSEC_CAP_CACHE_WBI)) {
		cxl_dev_close(&self->dev);
		SKIP(return, "the device has no cache");
	}
	self->page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->page);
	memset(self->page, 0, size);
	snprintf(self->address, sizeof(self->address), "%llu",
		 (unsigned long long)physical(self->page));
	self->lost = cxl_host_get("host-lines-lost");
}

FIXTURE_TEARDOWN(hostline)
{
	munmap(self->page, sysconf(_SC_PAGESIZE));
	cxl_dev_close(&self->dev);
}

/* The device takes the line, and dirties it. */
static void take(struct __test_metadata *_metadata,
		 struct _test_data_hostline *self)
{
	memset(self->page, 0, LINE);
	cxl_host_set("host-line", self->address);
	ASSERT_EQ(1, cxl_host_get("host-line"));
}

static void check_there(struct __test_metadata *_metadata,
			struct _test_data_hostline *self, const char *after)
{
	unsigned int i, there = 0;

	for (i = 0; i < LINE; i++)
		there += ((volatile unsigned char *)self->page)[i] == VALUE;
	EXPECT_EQ(LINE, there) TH_LOG("after %s", after);
	EXPECT_EQ(0, cxl_host_get("host-line"));
	EXPECT_EQ(self->lost, cxl_host_get("host-lines-lost"));
	EXPECT_EQ(0, cxl_host_get("disable-caching"))
		TH_LOG("after %s", after);
}

TEST_F(hostline, resets)
{
	take(_metadata, self);
	EXPECT_EQ(0, reset_by(&self->dev, BY_SYSFS));
	check_there(_metadata, self, "a reset from sysfs");
	take(_metadata, self);
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	check_there(_metadata, self, "VFIO_DEVICE_RESET");
	if (!reset_mask_bus(cxl_bdf, false))
		return;
	take(_metadata, self);
	EXPECT_EQ(0, reset_by(&self->dev, BY_HOT_RESET));
	check_there(_metadata, self, "a hot reset");
}

TEST_F(hostline, d3)
{
	take(_metadata, self);
	if (!vfio_set_power_state(&self->dev.vfio, 3))
		SKIP(return, "the device has no power management");
	ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 0));
	check_there(_metadata, self, "D3hot");
}

TEST_F(hostline, close)
{
	take(_metadata, self);
	cxl_dev_close(&self->dev);
	check_there(_metadata, self, "close");
	cxl_dev_open(&self->dev, cxl_bdf);
}

TEST_F(hostline, unbind)
{
	take(_metadata, self);
	cxl_dev_close(&self->dev);
	cxl_rebind();
	check_there(_metadata, self, "unbinding");
	cxl_dev_open(&self->dev, cxl_bdf);
}

/*
 * Ends with the machine, while this program uses the device: before another kernel
 * takes over that memory. The machine's owner looks at what the device holds then.
 */
static int power_off(void)
{
	struct cxl_dev dev;
	char address[24];
	void *page;

	cxl_dev_open(&dev, cxl_bdf);
	page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	if (page == MAP_FAILED)
		die("there is no memory");
	memset(page, 0, LINE);
	snprintf(address, sizeof(address), "%llu",
		 (unsigned long long)physical(page));
	cxl_host_set("host-line", address);
	if (cxl_host_get("host-line") != 1)
		die("the device did not take the line");
	reboot(RB_POWER_OFF);
	die("the machine stays on");
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	if (argc > 2 && !strcmp(argv[argc - 1], "power-off"))
		return power_off();
	return test_harness_run(argc, argv);
}
