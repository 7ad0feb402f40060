// SPDX-License-Identifier: GPL-2.0
/*
 * The silicon that the driver is for: firmware locks decoder 0, and whatever
 * resets the function makes it read 0. Through a whole life of such a device,
 * three times over, the decoder is as firmware left it, and locked.
 */
#include <sys/mman.h>

#include "cxl_test.h"
#include "reset.h"
#include "touch.h"

#define LEN (4ul << 20)
#define ROUNDS 3

FIXTURE(restore) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	struct physical firmware;
	uint32_t stamp;
};

static void open_and_map(struct __test_metadata *_metadata,
			 struct _test_data_restore *self)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

static void unmap_and_close(struct _test_data_restore *self)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

FIXTURE_SETUP(restore)
{
	if (!cxl_host_emulated())
		SKIP(return, "the decoder cannot be read here");
	cxl_host_set("d3-clears-hdm", "on");
	open_and_map(_metadata, self);
	physical_read(&self->dev, &self->firmware);
	ASSERT_NE(0, self->firmware.hdm[CXL_HDM_DECODER0_CTRL_OFFSET(0) / 4] &
		     CXL_HDM_DECODER0_CTRL_LOCK);
}

FIXTURE_TEARDOWN(restore)
{
	unmap_and_close(self);
	cxl_host_set("d3-clears-hdm", "off");
}

static void check(struct __test_metadata *_metadata,
		  struct _test_data_restore *self, const char *after)
{
	uint32_t value, next = self->stamp + 1;

	EXPECT_TRUE(physical_same(&self->dev, &self->firmware))
		TH_LOG("after %s", after);
	EXPECT_STREQ("ok", touch((void *)&self->map[1], true, &next))
		TH_LOG("after %s", after);
	EXPECT_EQ(4, cxl_mem_read(&self->dev, 4, &value, 4))
		TH_LOG("after %s", after);
	EXPECT_EQ(next, value)
		TH_LOG("after %s", after);
	EXPECT_EQ(4, cxl_mem_write(&self->dev, 0, &next, 4));
	EXPECT_EQ(next, self->map[0]);
	self->stamp = next;
}

static void guest_cxl_reset(struct __test_metadata *_metadata,
			    struct _test_data_restore *self)
{
	if (!(cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2) &
	      CXL_DVSEC_CAP_RESET))
		return;
	cxl_dvsec_set(&self->dev, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_INITIATE_RESET);
	EXPECT_NE(0, cxl_dvsec_get(&self->dev, CXL_DVSEC_STATUS2, 2) &
		     CXL_DVSEC_STATUS2_RESET_COMPLETE);
	check(_metadata, self, "CXL Reset");
}

static void d3hot(struct __test_metadata *_metadata,
		  struct _test_data_restore *self)
{
	if (!vfio_set_power_state(&self->dev.vfio, 3))
		return;
	ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 0));
	cxl_set_memory_space(&self->dev, true);
	check(_metadata, self, "D3hot");
}

/* While nobody has it open, it is reset once more to clear its memory. */
static void check_closed(struct __test_metadata *_metadata,
			 struct _test_data_restore *self, const char *after)
{
	EXPECT_TRUE(cxl_cleared(cxl_bdf, 10000));
	EXPECT_TRUE(physical_same(&self->dev, &self->firmware))
		TH_LOG("after %s", after);
}

static const struct {
	enum reset_how how;
	const char *name;
} resets[] = {
	{ BY_IOCTL, "VFIO_DEVICE_RESET" },
	{ BY_FLR, "the guest's FLR" },
	{ BY_HOT_RESET, "hot reset" },
	{ BY_SYSFS, "reset by sysfs" },
	{ BY_BUS, "reset of the bus" },
	{ BY_ERROR, "error recovery" },
};

TEST_F(restore, three_lives)
{
	unsigned int round, i;
	int err;

	for (round = 0; round < ROUNDS; round++) {
		check(_metadata, self, "open");
		for (i = 0; i < ARRAY_SIZE(resets); i++) {
			err = reset_by(&self->dev, resets[i].how);
			if (err == -ENOTTY)
				continue;
			EXPECT_EQ(0, err)
				TH_LOG("%s", resets[i].name);
			check(_metadata, self, resets[i].name);
		}
		guest_cxl_reset(_metadata, self);
		d3hot(_metadata, self);
		unmap_and_close(self);
		check_closed(_metadata, self, "close");
		cxl_rebind();
		check_closed(_metadata, self, "bind");
		open_and_map(_metadata, self);
	}
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
