// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is taken away from its user: by the administrator, or by somebody
 * who pulls it out. Whoever has it open is asked to
 * let go and waited for, as under vfio-pci; memory that is gone is not touched;
 * and what comes back can be used again.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "background.h"
#include "cxl_test.h"
#include "irq.h"
#include "pages.h"
#include "random.h"
#include "touch.h"

#define LEN (4ul << 20)
#define PATTERN 0x5eed1e55
#define RESCAN "/sys/bus/pci/rescan"

FIXTURE(removal) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	int request;
};

static int remove_function(const char *bdf)
{
	return pci_attr_write(bdf, "remove", "1");
}

static bool is_back(void *arg)
{
	return pci_present(arg);
}

/* Whether the driver says that the window is closed for this reason. */
static bool is_closed(void *reason)
{
	char text[256];

	return cxl_debugfs_read(cxl_bdf, "gate", text, sizeof(text)) > 0 &&
	       strstr(text, reason);
}

/* Bound again, a device is as good as new. */
static void check_works(struct __test_metadata *_metadata)
{
	uint32_t value = PATTERN, seen = 0;
	struct cxl_dev dev;
	void *map;

	if (!pci_driver_is(cxl_bdf, "cxl_vfio_pci"))
		cxl_rebind();
	cxl_dev_open(&dev, cxl_bdf);
	EXPECT_EQ(4, cxl_mem_write(&dev, PAGE, &value, 4));
	map = cxl_mem_map(&dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_STREQ("ok", touch((char *)map + PAGE, false, &seen));
	EXPECT_EQ(PATTERN, seen);
	munmap(map, LEN);
	cxl_dev_close(&dev);
}

FIXTURE_SETUP(removal)
{
	if (!pci_driver_is(cxl_bdf, "cxl_vfio_pci"))
		cxl_rebind();
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
	ASSERT_STREQ("ok", load(self->map));
	self->request = eventfd_new();
	ASSERT_EQ(0, vfio_irq_enable(&self->dev.vfio, VFIO_PCI_REQ_IRQ_INDEX, 0,
				     1, &self->request));
}

FIXTURE_TEARDOWN(removal)
{
	close(self->request);
	check_works(_metadata);
}

/* The user is asked, and keeps everything until it lets go. */
TEST_F(removal, unbind_while_mapped)
{
	struct background unbind = { .run = pci_unbind, .what = cxl_bdf };
	uint32_t value;

	background_start(&unbind);
	EXPECT_EQ(1, eventfd_take(self->request, FREED_MS));
	EXPECT_FALSE(background_done(&unbind, BLOCKED_MS));
	EXPECT_STREQ("ok", load(self->map));
	EXPECT_STREQ("ok", load(self->map + LEN / 8));
	EXPECT_EQ(4, cxl_mem_read(&self->dev, 0, &value, 4));
	/* A mapping is as good a reason to wait as a descriptor. */
	cxl_dev_close(&self->dev);
	EXPECT_FALSE(background_done(&unbind, BLOCKED_MS));
	EXPECT_STREQ("ok", load(self->map));
	munmap((void *)self->map, LEN);
	EXPECT_TRUE(background_done(&unbind, FREED_MS));
	EXPECT_EQ(0, background_result(&unbind));
	EXPECT_TRUE(pci_driver_is(cxl_bdf, ""));
}

TEST_F(removal, remove_while_open)
{
	struct background removal = { .run = remove_function, .what = cxl_bdf };

	background_start(&removal);
	EXPECT_EQ(1, eventfd_take(self->request, FREED_MS));
	EXPECT_FALSE(background_done(&removal, BLOCKED_MS));
	EXPECT_STREQ("ok", load(self->map));
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	EXPECT_TRUE(background_done(&removal, FREED_MS));
	EXPECT_EQ(0, background_result(&removal));
	EXPECT_FALSE(pci_present(cxl_bdf));
	EXPECT_EQ(0, file_write(RESCAN, "1"));
	EXPECT_TRUE(wait_until(is_back, (void *)cxl_bdf, FREED_MS));
}

/* Whoever does not let go is killed, and with it goes the last reason to wait. */
TEST_F(removal, user_that_never_lets_go)
{
	struct background unbind = { .run = pci_unbind, .what = cxl_bdf };
	char byte, text[256];
	int ready[2], status;
	pid_t pid;

	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	if (!pid) {
		volatile uint32_t *map;
		struct cxl_dev dev;

		cxl_dev_open(&dev, cxl_bdf);
		map = cxl_mem_map(&dev, 0, dev.size);
		if (map == MAP_FAILED || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			*map += 1;
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	background_start(&unbind);
	EXPECT_FALSE(background_done(&unbind, 3 * BLOCKED_MS));
	/* Meanwhile the host goes on, also at this device. */
	EXPECT_EQ(2, pci_host_config(cxl_bdf, &status, 2, 0));
	EXPECT_LT(0, cxl_debugfs_read(cxl_bdf, "gate", text, sizeof(text)));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(background_done(&unbind, FREED_MS));
	EXPECT_EQ(0, background_result(&unbind));
	close(ready[0]);
	close(ready[1]);
}

static struct cxl_dev *resetting;

static int reset_again_and_again(const char *what)
{
	int i, err = 0;

	/* A reset that finds the device's lock taken is refused, not waited for. */
	for (i = 0; i < 4 && (!err || err == -EAGAIN); i++)
		err = vfio_ioctl(resetting->vfio.fd, VFIO_DEVICE_RESET, NULL);
	return err == -EAGAIN ? 0 : err;
}

TEST_F(removal, unbind_during_resets)
{
	struct random random;
	int i;

	random_seed(&random, 1);
	for (i = 0; i < 4; i++) {
		struct background reset = { .run = reset_again_and_again };
		struct background unbind = { .run = pci_unbind, .what = cxl_bdf };

		resetting = &self->dev;
		background_start(&reset);
		sleep_ms(random_below(&random, 200));
		background_start(&unbind);
		EXPECT_EQ(1, eventfd_take(self->request, FREED_MS));
		EXPECT_STREQ("ok", load(self->map));
		EXPECT_EQ(0, background_result(&reset));
		munmap((void *)self->map, LEN);
		cxl_dev_close(&self->dev);
		EXPECT_TRUE(background_done(&unbind, FREED_MS));
		EXPECT_EQ(0, background_result(&unbind));

		cxl_rebind();
		cxl_dev_open(&self->dev, cxl_bdf);
		self->map = cxl_mem_map(&self->dev, 0, LEN);
		ASSERT_NE(MAP_FAILED, self->map);
		ASSERT_EQ(0, vfio_irq_enable(&self->dev.vfio,
			VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &self->request));
	}
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

/* Nothing keeps a device from leaving between a look at it and an access, so such an access is harmless. */
static void pull_out(void)
{
	cxl_host_set("abort", "off");
	cxl_host_set("gone", "on");
}

static void put_in(void)
{
	cxl_host_set("gone", "off");
	cxl_host_set("abort", "on");
}

/*
 * Pulled out: nothing answers any more. Until the host notices, only pages that
 * were mapped before can be touched, which nobody can prevent; what comes after
 * is refused, and with the removal the mappings go, long before the user does.
 */
TEST_F(removal, pulled_out)
{
	struct background removal = { .run = remove_function, .what = cxl_bdf };
	struct vfio_device_info *info;
	uint64_t refused;
	uint32_t value;

	if (!cxl_host_emulated())
		SKIP(return, "nobody is here to pull it out");
	munmap((void *)self->map, LEN);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
	refused = cxl_counter(cxl_bdf, "refused gone");

	pull_out();
	/* A look at hardware is good for a tick. */
	sleep_ms(tick_ms());
	EXPECT_EQ(-EIO, cxl_mem_read(&self->dev, 0, &value, 4));
	EXPECT_EQ(-EIO, cxl_mem_write(&self->dev, 0, &value, 4));
	EXPECT_STREQ("BUS", load(self->map));
	EXPECT_EQ(refused + 3, cxl_counter(cxl_bdf, "refused gone"));
	info = vfio_device_info(&self->dev.vfio);
	EXPECT_NE(NULL, info);
	free(info);
	/* With v6 they are the device's own, which nothing answers for. */
	EXPECT_EQ(self->dev.cap.uapi == CXL_UAPI_V6 ? -EIO : 4,
		  cxl_comp_read(&self->dev, self->dev.hdm, &value, 4));

	background_start(&removal);
	EXPECT_EQ(1, eventfd_take(self->request, FREED_MS));
	EXPECT_FALSE(background_done(&removal, BLOCKED_MS));
	EXPECT_EQ(-EIO, cxl_mem_read(&self->dev, 0, &value, 4));
	EXPECT_STREQ("BUS", load(self->map));

	/* So that the reset at close does not wait a minute for it. */
	put_in();
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	EXPECT_TRUE(background_done(&removal, FREED_MS));
	EXPECT_EQ(0, background_result(&removal));
	EXPECT_EQ(0, file_write(RESCAN, "1"));
	EXPECT_TRUE(wait_until(is_back, (void *)cxl_bdf, FREED_MS));
}

/* The pages that were mapped go as soon as the host takes the device away. */
TEST_F(removal, pulled_out_while_mapped)
{
	struct background removal = { .run = remove_function, .what = cxl_bdf };

	if (!cxl_host_emulated())
		SKIP(return, "nobody is here to pull it out");
	pull_out();
	background_start(&removal);
	EXPECT_TRUE(wait_until(is_closed, "does not answer", FREED_MS));
	EXPECT_STREQ("BUS", load(self->map));
	EXPECT_STREQ("BUS", load(self->map + LEN / 8));

	put_in();
	/* It does not come back to who had it. */
	EXPECT_STREQ("BUS", load(self->map));
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	EXPECT_TRUE(background_done(&removal, FREED_MS));
	EXPECT_EQ(0, background_result(&removal));
	EXPECT_EQ(0, file_write(RESCAN, "1"));
	EXPECT_TRUE(wait_until(is_back, (void *)cxl_bdf, FREED_MS));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
