// SPDX-License-Identifier: GPL-2.0
/*
 * Nobody finds what another one left in the memory: it is cleared after each user,
 * and before the first, where the device's CXL Reset can.
 */
#include <string.h>
#include <sys/mman.h>

#include "cxl_test.h"
#include "module.h"

#define LEN (4ul << 20)
#define PATTERN 0x0ddba11

FIXTURE(clear) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	uint16_t cap;
};

static void open_and_map(struct __test_metadata *_metadata,
			 struct _test_data_clear *self)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

static void unmap_and_close(struct _test_data_clear *self)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

FIXTURE_SETUP(clear)
{
	open_and_map(_metadata, self);
	self->cap = cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2);
	self->map[0] = PATTERN;
}

FIXTURE_TEARDOWN(clear)
{
	unmap_and_close(self);
}

static void set_clearing(const char *value)
{
	int err = module_set_param(cxl_vfio_pci_driver.module,
				   "reset_clears_memory", value);

	if (err)
		die("reset_clears_memory cannot be set: %s", errname(err));
}

/* What is at both ends of the memory. */
static void ends(struct cxl_dev *dev, uint32_t value[2])
{
	if (cxl_mem_read(dev, 0, &value[0], 4) != 4 ||
	    cxl_mem_read(dev, dev->size - 4, &value[1], 4) != 4)
		die("the memory cannot be read");
}

TEST_F(clear, for_the_next_user)
{
	bool clears = self->cap & CXL_DVSEC_CAP_RESET_MEM_CLEAR;
	uint32_t pattern = PATTERN, value[2];

	EXPECT_EQ(4, cxl_mem_write(&self->dev, self->dev.size - 4, &pattern, 4));
	unmap_and_close(self);
	if (clears)
		open_and_map(_metadata, self);
	else
		SKIP(return open_and_map(_metadata, self),
		     "the device cannot clear its memory");
	ends(&self->dev, value);
	EXPECT_EQ(0, value[0]);
	EXPECT_EQ(0, value[1]);

	/* Unless the administrator knows that it need not be. */
	self->map[0] = PATTERN;
	set_clearing("N");
	unmap_and_close(self);
	open_and_map(_metadata, self);
	ends(&self->dev, value);
	EXPECT_EQ(PATTERN, value[0]);
	set_clearing("Y");
}

/* What was there before the device was bound is nobody's either. */
TEST_F(clear, for_the_first_user)
{
	uint32_t value[2];

	if (!(self->cap & CXL_DVSEC_CAP_RESET_MEM_CLEAR))
		SKIP(return, "the device cannot clear its memory");
	set_clearing("N");
	unmap_and_close(self);
	cxl_rebind();
	set_clearing("Y");
	open_and_map(_metadata, self);
	ends(&self->dev, value);
	EXPECT_EQ(0, value[0]);
}

/* Nobody gets what could not be cleared: neither by opening nor by binding. */
TEST_F(clear, or_does_not_open)
{
	struct vfio_dev other;
	uint32_t value[2];

	if (!cxl_host_emulated() || !(self->cap & CXL_DVSEC_CAP_RESET_MEM_CLEAR))
		SKIP(return, "an emulated device that clears is needed");
	cxl_host_set("cxl-reset-err", "on");
	unmap_and_close(self);
	EXPECT_EQ(-EIO, vfio_dev_open(&other, cxl_bdf, cxl_dev_mode()));
	cxl_host_set("cxl-reset-err", "off");
	open_and_map(_metadata, self);
	ends(&self->dev, value);
	EXPECT_EQ(0, value[0]);

	self->map[0] = PATTERN;
	cxl_host_set("cxl-reset-err", "on");
	unmap_and_close(self);
	cxl_host_set("cxl-reset-err", "off");
	cxl_rebind();
	open_and_map(_metadata, self);
	ends(&self->dev, value);
	EXPECT_EQ(0, value[0]);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
