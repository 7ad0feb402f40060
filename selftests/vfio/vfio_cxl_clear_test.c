// SPDX-License-Identifier: GPL-2.0
/*
 * Nobody finds what another one left in the memory: it is cleared after each user,
 * and before the first, by the device or by the CPUs.
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
				   "clear_memory", value);

	if (err)
		die("clear_memory cannot be set: %s", errname(err));
}

/* What is at both ends of the memory. */
static void ends(struct cxl_dev *dev, uint32_t value[2])
{
	if (cxl_mem_read(dev, 0, &value[0], 4) != 4 ||
	    cxl_mem_read(dev, dev->size - 4, &value[1], 4) != 4)
		die("the memory cannot be read");
}

static bool is_clear(struct cxl_dev *dev)
{
	uint32_t value[2];

	ends(dev, value);
	return !value[0] && !value[1];
}

/* Whoever is to do it. */
TEST_F(clear, for_the_next_user)
{
	bool device = self->cap & CXL_DVSEC_CAP_RESET_MEM_CLEAR;
	const char *const by[] = { "auto", "cpu", "device" };
	uint32_t pattern = PATTERN, value[2];

	for (unsigned int i = 0; i < ARRAY_SIZE(by) - !device; i++) {
		self->map[0] = PATTERN;
		ASSERT_EQ(4, cxl_mem_write(&self->dev, self->dev.size - 4,
					   &pattern, 4));
		set_clearing(by[i]);
		unmap_and_close(self);
		open_and_map(_metadata, self);
		EXPECT_TRUE(is_clear(&self->dev));
	}
	/* Unless the administrator knows that it need not be. */
	self->map[0] = PATTERN;
	set_clearing("off");
	unmap_and_close(self);
	open_and_map(_metadata, self);
	ends(&self->dev, value);
	EXPECT_EQ(PATTERN, value[0]);
	/* What is handed out is its user's, whatever comes to be asked for. */
	set_clearing("auto");
	ends(&self->dev, value);
	EXPECT_EQ(PATTERN, value[0]);
	unmap_and_close(self);
	open_and_map(_metadata, self);
	EXPECT_TRUE(is_clear(&self->dev));
}

/* What was there before the device was bound is nobody's either. */
TEST_F(clear, for_the_first_user)
{
	set_clearing("off");
	unmap_and_close(self);
	cxl_rebind();
	set_clearing("auto");
	open_and_map(_metadata, self);
	EXPECT_TRUE(is_clear(&self->dev));
}

/* Neither does it go to whoever comes after an unbind that nobody waited for. */
TEST_F(clear, what_was_not_cleared_in_time)
{
	unmap_and_close(self);
	cxl_rebind();
	open_and_map(_metadata, self);
	EXPECT_TRUE(is_clear(&self->dev));
}

/* Nobody gets what could not be cleared: neither by opening nor by binding. */
TEST_F(clear, or_does_not_open)
{
	bool device = self->cap & CXL_DVSEC_CAP_RESET_MEM_CLEAR;
	struct vfio_dev other;

	if (!cxl_host_emulated())
		SKIP(return, "an emulated device is needed");
	set_clearing("device");
	cxl_host_set("cxl-reset-err", "on");
	unmap_and_close(self);
	EXPECT_EQ(device ? -EIO : -EOPNOTSUPP,
		  vfio_dev_open(&other, cxl_bdf, cxl_dev_mode()));
	cxl_host_set("cxl-reset-err", "off");
	set_clearing("auto");
	open_and_map(_metadata, self);
	EXPECT_TRUE(is_clear(&self->dev));

	self->map[0] = PATTERN;
	set_clearing("device");
	cxl_host_set("cxl-reset-err", "on");
	unmap_and_close(self);
	cxl_host_set("cxl-reset-err", "off");
	set_clearing("auto");
	cxl_rebind();
	open_and_map(_metadata, self);
	EXPECT_TRUE(is_clear(&self->dev));
}

/* If its reset fails, the device is stopped by one of its bus, even if that is masked. */
TEST_F(clear, after_a_reset_of_the_bus)
{
	bool reset_fails = cxl_host_emulated();
	uint64_t hot_resets;

	if (!reset_fails)
		SKIP(return, "an emulated device is needed");
	cxl_host_set("cxl-reset-err", "on");
	cxl_host_set("port-masks-reset", "on");
	hot_resets = cxl_host_get("hot-resets");
	unmap_and_close(self);
	open_and_map(_metadata, self);
	cxl_host_set("cxl-reset-err", "off");
	cxl_host_set("port-masks-reset", "off");
	EXPECT_TRUE(is_clear(&self->dev));
	EXPECT_LT(hot_resets, cxl_host_get("hot-resets"));
	self->map[0] = PATTERN;
	EXPECT_EQ(PATTERN, self->map[0]);
}

TEST(no_other_value)
{
	char value[32];

	EXPECT_EQ(-EINVAL, module_set_param(cxl_vfio_pci_driver.module,
					    "clear_memory", "always"));
	module_param(cxl_vfio_pci_driver.module, "clear_memory", value,
		     sizeof(value));
	EXPECT_STREQ("auto", value);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
