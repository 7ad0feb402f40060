// SPDX-License-Identifier: GPL-2.0
/*
 * Stores that are still in a cache of the CPUs when decode ends reach the memory,
 * and what the caches had of it before is not read after: on an emulated device
 * whose memory and the CPUs' view of it are two, joined by flushes.
 */
#include <string.h>
#include <sys/mman.h>

#include <linux/pci_regs.h>

#include "cxl_test.h"
#include "module.h"
#include "reset.h"
#include "system_sleep.h"

#define LEN (4ul << 20)
#define ARRIVES_MS 15000
#define CLEARED_MS 30000

FIXTURE(writeback) {
	struct cxl_dev dev;
	volatile uint64_t *map;
	uint64_t lost, next;
};

static void open_and_map(struct __test_metadata *_metadata,
			 struct _test_data_writeback *self)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

static void unmap_and_close(struct _test_data_writeback *self)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

FIXTURE_SETUP(writeback)
{
	if (!cxl_host_emulated() || !cxl_host_has("cpu-cache") ||
	    !cxl_host_get("cpu-cache"))
		SKIP(return, "an emulated device behind caches is needed");
	open_and_map(_metadata, self);
	self->lost = cxl_host_get("cpu-cache-lost");
	/* What is evicted by itself needs no flush. */
	cxl_host_set("cpu-cache-evicts", "off");
}

FIXTURE_TEARDOWN(writeback)
{
	cxl_host_set("cpu-cache-evicts", "on");
	unmap_and_close(self);
}

/* What the memory has, whatever the caches have. */
static uint64_t medium(uint64_t address)
{
	cxl_host_do("medium", address);
	return cxl_host_get("medium");
}

/* Stores at both ends of the mapping, and in the caches only. */
static void dirty(struct __test_metadata *_metadata,
		  struct _test_data_writeback *self)
{
	const uint64_t last = LEN / 8 - 1;

	self->next++;
	self->map[0] = self->next;
	self->map[last] = ~self->next;
	EXPECT_NE(self->next, medium(0));
	EXPECT_NE(~self->next, medium(last * 8));
}

/* What was stored is in memory, and nothing else is read. */
static void check_there(struct __test_metadata *_metadata,
			struct _test_data_writeback *self, const char *after)
{
	const uint64_t last = LEN / 8 - 1;

	EXPECT_EQ(self->next, medium(0)) TH_LOG("after %s", after);
	EXPECT_EQ(~self->next, medium(last * 8)) TH_LOG("after %s", after);
	EXPECT_EQ(self->next, self->map[0]) TH_LOG("after %s", after);
	EXPECT_EQ(~self->next, self->map[last]) TH_LOG("after %s", after);
	EXPECT_EQ(self->lost, cxl_host_get("cpu-cache-lost"))
		TH_LOG("after %s", after);
}

TEST_F(writeback, over_resets)
{
	static const struct {
		enum reset_how how;
		const char *name;
	} resets[] = {
		{ BY_FLR, "FLR" },
		{ BY_SYSFS, "a reset from sysfs" },
		{ BY_HOT_RESET, "a hot reset" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(resets); i++) {
		if (resets[i].how == BY_HOT_RESET &&
		    !reset_mask_bus(cxl_bdf, false))
			continue;
		dirty(_metadata, self);
		if (reset_by(&self->dev, resets[i].how) == -ENOTTY)
			self->next = self->map[0];
		else
			check_there(_metadata, self, resets[i].name);
	}
}

TEST_F(writeback, over_a_cxl_reset)
{
	uint16_t cap = cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2);

	if (!(cap & CXL_DVSEC_CAP_RESET))
		SKIP(return, "the device has no CXL Reset");
	dirty(_metadata, self);
	cxl_dvsec_set(&self->dev, CXL_DVSEC_CONTROL2, 2,
		      CXL_DVSEC_CTRL2_INITIATE_RESET);
	check_there(_metadata, self, "a CXL Reset");
}

TEST_F(writeback, over_d3)
{
	dirty(_metadata, self);
	if (!vfio_set_power_state(&self->dev.vfio, 3))
		SKIP(return, "the device has no power management");
	ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 0));
	cxl_set_memory_space(&self->dev, true);
	check_there(_metadata, self, "D3hot");
}

TEST_F(writeback, over_memory_space)
{
	dirty(_metadata, self);
	cxl_set_memory_space(&self->dev, false);
	cxl_set_memory_space(&self->dev, true);
	check_there(_metadata, self, "Memory Space off and on");
}

TEST_F(writeback, over_low_power)
{
	dirty(_metadata, self);
	if (vfio_low_power(&self->dev.vfio,
			   VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1))
		SKIP(return, "the device has no low power");
	ASSERT_EQ(0, vfio_low_power(&self->dev.vfio,
				    VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1));
	check_there(_metadata, self, "low power");
}

TEST_F_TIMEOUT(writeback, over_sleep, 60)
{
	dirty(_metadata, self);
	if (!system_sleeps_and_wakes_up())
		SKIP(return, "this kernel cannot test its sleep");
	check_there(_metadata, self, "sleep");
}

/* Which no user is told of, and no mapping outlives. */
TEST_F(writeback, over_close)
{
	ASSERT_EQ(0, module_set_param(cxl_vfio_pci_driver.module,
				      "clear_memory", "off"));
	dirty(_metadata, self);
	unmap_and_close(self);
	EXPECT_EQ(self->next, medium(0));
	EXPECT_EQ(self->lost, cxl_host_get("cpu-cache-lost"));
	open_and_map(_metadata, self);
	check_there(_metadata, self, "close");
	ASSERT_EQ(0, module_set_param(cxl_vfio_pci_driver.module,
				      "clear_memory", "auto"));
}

static bool is_in_error(void *arg)
{
	(void)arg;
	return !strncmp(gate_state(cxl_bdf), "closed: the device reported", 27);
}

static void fail(struct __test_metadata *_metadata,
		 struct _test_data_writeback *self)
{
	dirty(_metadata, self);
	cxl_host_do("aer-uncorrectable", PCI_ERR_UNC_COMP_TIME);
	ASSERT_TRUE(wait_until(is_in_error, NULL, ARRIVES_MS));
}

/* What an error left in the caches goes before the user puts the device to sleep. */
TEST_F(writeback, over_sleep_after_an_error)
{
	struct vfio_dev *vfio = &self->dev.vfio;

	if (!pci_port_service(cxl_bdf, PCI_PORT_AER))
		SKIP(return, "this kernel leaves errors to the platform");
	fail(_metadata, self);
	ASSERT_TRUE(vfio_set_power_state(vfio, 3));
	EXPECT_EQ(self->next, medium(0));
	ASSERT_TRUE(vfio_set_power_state(vfio, 0));
	cxl_set_memory_space(&self->dev, true);
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	check_there(_metadata, self, "D3hot after an error");

	fail(_metadata, self);
	ASSERT_EQ(0, vfio_low_power(vfio, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1));
	EXPECT_EQ(self->next, medium(0));
	ASSERT_EQ(0, vfio_low_power(vfio, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1));
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	check_there(_metadata, self, "low power after an error");
}

/*
 * An error takes the memory away at once, with what is in the caches. It is not
 * there for the next user when the device has cleared the memory.
 */
TEST_F(writeback, over_an_error)
{
	/* With the second the reset at close ends decode. */
	static const char * const drops_active[] = { "off", "on" };
	const uint64_t last = LEN / 8 - 1;
	unsigned int i;

	if (!pci_port_service(cxl_bdf, PCI_PORT_AER))
		SKIP(return, "this kernel leaves errors to the platform");
	ASSERT_EQ(0, module_set_param(cxl_vfio_pci_driver.module,
				      "clear_memory", "device"));
	for (i = 0; i < ARRAY_SIZE(drops_active); i++) {
		cxl_host_set("flr-drops-active", drops_active[i]);
		cxl_host_set("mem-active-delay-ms", "300");
		fail(_metadata, self);
		unmap_and_close(self);
		ASSERT_TRUE(cxl_cleared(cxl_bdf, CLEARED_MS));
		EXPECT_EQ(0, medium(0));
		EXPECT_EQ(0, medium(last * 8));
		open_and_map(_metadata, self);
		EXPECT_EQ(0, self->map[0]);
		EXPECT_EQ(0, self->map[last]);
		self->lost = cxl_host_get("cpu-cache-lost");
	}
	cxl_host_set("flr-drops-active", "off");
	cxl_host_set("mem-active-delay-ms", "0");
	ASSERT_EQ(0, module_set_param(cxl_vfio_pci_driver.module,
				      "clear_memory", "auto"));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
