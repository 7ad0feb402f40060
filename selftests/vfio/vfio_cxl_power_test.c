// SPDX-License-Identifier: GPL-2.0
/*
 * Power states: a device that sleeps decodes nothing, and may forget that it
 * did. Its memory is out of reach before, and there again after, wherever the
 * wish to sleep came from: the guest, the VMM, or the host.
 */
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "cxl_test.h"
#include "irq.h"
#include "module.h"
#include "reset.h"
#include "system_sleep.h"
#include "touch.h"

#define LEN (4ul << 20)
#define PATTERN 0x51ee9e12

FIXTURE(power) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	struct physical before;
};

static void open_and_map(struct __test_metadata *_metadata,
			 struct _test_data_power *self)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

static void unmap_and_close(struct _test_data_power *self)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

FIXTURE_SETUP(power)
{
	open_and_map(_metadata, self);
	self->map[0] = PATTERN;
	physical_read(&self->dev, &self->before);
}

FIXTURE_TEARDOWN(power)
{
	unmap_and_close(self);
}

static void check_usable(struct __test_metadata *_metadata,
			 struct _test_data_power *self)
{
	uint32_t value = 0;

	EXPECT_STREQ("ok", touch((void *)self->map, false, &value));
	EXPECT_EQ(PATTERN, value);
	EXPECT_EQ(4, cxl_mem_read(&self->dev, self->dev.size - 4, &value, 4));
	EXPECT_TRUE(gate_is(cxl_bdf, "open"));
	EXPECT_TRUE(physical_same(&self->dev, &self->before));
}

/* Have the device forget its decoders while it sleeps, if it can be told so. */
static void forget(bool on)
{
	if (cxl_host_emulated())
		cxl_host_set("d3-clears-hdm", on ? "on" : "off");
}

static uint64_t d3_exits(void)
{
	return cxl_host_emulated() ? cxl_host_get("d3-exits") : 0;
}

static void d3hot(struct __test_metadata *_metadata, struct _test_data_power *self)
{
	uint64_t exits = d3_exits();
	uint32_t value;

	ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 3));
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the device is not in D0"));
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_EQ(-EIO, cxl_mem_read(&self->dev, 0, &value, 4));
	ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 0));
	/* Without No_Soft_Reset, Memory Space is a matter of the guest. */
	cxl_set_memory_space(&self->dev, true);
	if (cxl_host_emulated())
		EXPECT_EQ(exits + 1, d3_exits());
}

TEST_F(power, d3hot_by_guest)
{
	if (!vfio_config_cap(&self->dev.vfio, PCI_CAP_ID_PM))
		SKIP(return, "the device has no power management");
	d3hot(_metadata, self);
	check_usable(_metadata, self);
	forget(true);
	d3hot(_metadata, self);
	forget(false);
	check_usable(_metadata, self);
}

/* What vfio-pci restores then was saved before Memory Space was switched on. */
TEST_F(power, memory_space_switched_on_in_d3hot)
{
	if (!vfio_config_cap(&self->dev.vfio, PCI_CAP_ID_PM))
		SKIP(return, "the device has no power management");
	cxl_set_memory_space(&self->dev, false);
	ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 3));
	cxl_set_memory_space(&self->dev, true);
	ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 0));
	check_usable(_metadata, self);
}

static bool is_asleep(void *arg)
{
	char status[PCI_NAME_SIZE];

	return pci_attr_read(cxl_bdf, "power/runtime_status", status,
			     sizeof(status)) > 0 && !strcmp(status, "suspended");
}

static void low_power(struct __test_metadata *_metadata,
		      struct _test_data_power *self)
{
	struct cxl_dev *dev = &self->dev;
	uint64_t exits = d3_exits(), before;
	uint32_t value;

	ASSERT_EQ(0, vfio_low_power(&dev->vfio, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1));
	EXPECT_TRUE(wait_until(is_asleep, NULL, 5000));
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the user put"));
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_EQ(-EIO, cxl_mem_read(dev, 0, &value, 4));
	/* A shadow does not. */
	EXPECT_TRUE(wait_until(is_asleep, NULL, 5000));
	before = d3_exits();
	EXPECT_EQ(4, cxl_comp_read(dev, dev->hdm, &value, 4));
	EXPECT_EQ(4, cxl_comp_write(dev, dev->hdm, &value, 4));
	/* With v6 the device answers. */
	if (dev->cap.uapi != CXL_UAPI_V6)
		EXPECT_EQ(before, d3_exits());
	/* Registers wake it up for as long as it takes; then it may sleep on. */
	EXPECT_NE(~0u, vfio_config_read(&dev->vfio, 0, 4));
	cxl_set_memory_space(dev, true);
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_TRUE(wait_until(is_asleep, NULL, 5000));
	ASSERT_EQ(0, vfio_low_power(&dev->vfio, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1));
	if (cxl_host_emulated())
		EXPECT_LT(exits, d3_exits());
}

TEST_F(power, low_power)
{
	low_power(_metadata, self);
	check_usable(_metadata, self);
	forget(true);
	low_power(_metadata, self);
	forget(false);
	check_usable(_metadata, self);
}

/* The first access wakes the device up for good, and its user is told. */
static void low_power_with_wakeup(struct __test_metadata *_metadata,
				  struct _test_data_power *self)
{
	int event = eventfd_new();
	uint32_t value = 0;
	ssize_t n;

	ASSERT_EQ(0, vfio_low_power(&self->dev.vfio, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP, event));
	EXPECT_TRUE(wait_until(is_asleep, NULL, 5000));
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_EQ(0, eventfd_take(event, 0));
	n = cxl_mem_read(&self->dev, 0, &value, 4);
	EXPECT_EQ(1, eventfd_take(event, 1000));
	close(event);
	EXPECT_EQ(4, n);
	EXPECT_EQ(PATTERN, value);
}

TEST_F(power, low_power_with_wakeup)
{
	low_power_with_wakeup(_metadata, self);
	check_usable(_metadata, self);
	forget(true);
	low_power_with_wakeup(_metadata, self);
	forget(false);
	check_usable(_metadata, self);
}

/* A reset wakes the function up, and after that it goes back to sleep. */
TEST_F(power, reset_in_low_power)
{
	unsigned int pm = vfio_config_cap(&self->dev.vfio, PCI_CAP_ID_PM);
	/* One that loses Cache_Enable in its sleep has nothing to disable. */
	bool caches = cxl_host_emulated() &&
		      cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2) &
		      CXL_DVSEC_CAP_CACHE_WBI &&
		      vfio_config_read(&self->dev.vfio, pm + PCI_PM_CTRL, 2) &
		      PCI_PM_CTRL_NO_SOFT_RESET;
	static const enum reset_how hows[] = { BY_SYSFS, BY_IOCTL };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		int err = vfio_low_power(&self->dev.vfio,
					 VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1);

		if (err && !i)
			SKIP(return, "the device has no low power");
		ASSERT_EQ(0, err);
		if (reset_by(&self->dev, hows[i]) != -ENOTTY) {
			EXPECT_TRUE(gate_is(cxl_bdf, "closed: the user put the device to sleep"));
			/* Without waking it up. */
			if (caches)
				EXPECT_EQ(1, cxl_host_get("disable-caching"));
		}
		ASSERT_EQ(0, vfio_low_power(&self->dev.vfio,
					    VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1));
		cxl_set_memory_space(&self->dev, true);
		self->map[0] = PATTERN;
		check_usable(_metadata, self);
	}
}

/* Awake again, but the memory is not ready: an access waits for it. */
TEST_F(power, memory_active_later)
{
	uint32_t value = 0;
	int status;
	pid_t pid;

	if (!cxl_host_emulated())
		SKIP(return, "an emulated device is needed");
	ASSERT_EQ(0, vfio_low_power(&self->dev.vfio, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1));
	EXPECT_TRUE(wait_until(is_asleep, NULL, 5000));
	cxl_host_set("mem-active", "off");
	ASSERT_EQ(0, vfio_low_power(&self->dev.vfio, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1));
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the memory is not active"));
	pid = fork();
	if (!pid) {
		sleep_ms(200);
		cxl_host_set("mem-active", "on");
		_exit(0);
	}
	EXPECT_STREQ("ok", touch((void *)self->map, false, &value));
	EXPECT_EQ(PATTERN, value);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	check_usable(_metadata, self);
}

static volatile bool awake_enough;

static void *wake_up_and_let_sleep(void *dev)
{
	while (!awake_enough) {
		free(vfio_device_info(dev));
		sleep_ms(1);
	}
	return NULL;
}

/*
 * Its decoder is lost, so each access looks whether it still is, but at no register of a device that somebody else wakes up or
 * lets fall asleep at that moment.
 */
TEST_F(power, touched_while_it_wakes_up)
{
	uint64_t exits = d3_exits();
	pthread_t other;
	int64_t start;

	if (!cxl_host_emulated() || !cxl_host_has("flr-moves-hdm"))
		SKIP(return, "an emulated device whose decoder moves is needed");
	cxl_host_set("flr-moves-hdm", "on");
	EXPECT_EQ(0, reset_by(&self->dev, BY_SYSFS));
	cxl_host_set("flr-moves-hdm", "off");
	cxl_set_memory_space(&self->dev, false);
	ASSERT_EQ(0, vfio_low_power(&self->dev.vfio, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1));
	awake_enough = false;
	ASSERT_EQ(0, pthread_create(&other, NULL, wake_up_and_let_sleep, &self->dev.vfio));
	/* A busy machine needs longer until there were some. */
	start = now_ms();
	do {
		EXPECT_STREQ("BUS", load(self->map));
	} while (now_ms() - start < 2000 ||
		 (d3_exits() <= exits + 5 && now_ms() - start < 30000));
	awake_enough = true;
	pthread_join(other, NULL);
	EXPECT_LT(exits + 5, d3_exits());
	ASSERT_EQ(0, vfio_low_power(&self->dev.vfio, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1));
	cxl_set_memory_space(&self->dev, true);
	EXPECT_EQ(0, reset_by(&self->dev, BY_HOT_RESET));
	check_usable(_metadata, self);
}

/* Closing wakes it up first. */
TEST_F(power, closed_asleep)
{
	forget(true);
	ASSERT_EQ(0, vfio_low_power(&self->dev.vfio, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1));
	EXPECT_TRUE(wait_until(is_asleep, NULL, 5000));
	unmap_and_close(self);
	forget(false);
	EXPECT_TRUE(physical_same(&self->dev, &self->before));
	open_and_map(_metadata, self);
	self->map[0] = PATTERN;
	check_usable(_metadata, self);
}

static void set_parameter(const char *name, const char *value)
{
	int err = module_set_param(cxl_vfio_pci_driver.module, name, value);

	if (err)
		die("%s cannot be set: %s", name, errname(err));
}

static bool is_in_d0(void)
{
	char state[PCI_NAME_SIZE];

	return pci_attr_read(cxl_bdf, "power_state", state, sizeof(state)) > 0 &&
	       !strcmp(state, "D0");
}

/* Between bind and open, and after a user: in D0, where nothing is lost. */
TEST_F(power, idle_stays_awake)
{
	uint64_t exits = d3_exits();

	unmap_and_close(self);
	cxl_rebind();
	sleep_ms(100);
	EXPECT_FALSE(is_asleep(NULL));
	EXPECT_TRUE(is_in_d0());
	open_and_map(_metadata, self);
	unmap_and_close(self);
	sleep_ms(100);
	EXPECT_FALSE(is_asleep(NULL));
	EXPECT_TRUE(is_in_d0());
	EXPECT_EQ(exits, d3_exits());
	open_and_map(_metadata, self);
}

TEST_F(power, idle_sleeps_if_told_so)
{
	uint64_t exits;

	set_parameter("clear_memory", "off");
	unmap_and_close(self);
	set_parameter("cxl_idle_d3", "Y");
	cxl_rebind();
	set_parameter("cxl_idle_d3", "N");
	EXPECT_TRUE(wait_until(is_asleep, NULL, 5000));
	forget(true);
	exits = d3_exits();
	open_and_map(_metadata, self);
	if (cxl_host_emulated()) {
		EXPECT_EQ(exits + 1, d3_exits());
		check_usable(_metadata, self);
	}
	unmap_and_close(self);
	EXPECT_TRUE(wait_until(is_asleep, NULL, 5000));
	forget(false);
	set_parameter("clear_memory", "auto");
	cxl_rebind();
	open_and_map(_metadata, self);
	self->map[0] = PATTERN;
	check_usable(_metadata, self);
}

/* A function that the IOMMU does not serve, which VFIO refuses; false if there is none. */
static bool find_without_iommu(char bdf[PCI_NAME_SIZE])
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir("/sys/bus/pci/devices");
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path),
			 "/sys/bus/pci/devices/%s/iommu_group", entry->d_name);
		if (entry->d_name[0] == '.' || !access(path, F_OK))
			continue;
		/* Not a bridge. */
		if (pci_attr_number(entry->d_name, "class") >> 16 == 6)
			continue;
		snprintf(bdf, PCI_NAME_SIZE, "%.*s", PCI_NAME_SIZE - 1,
			 entry->d_name);
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* The core takes the driver's part in sleep away from all, if it does not take one function. */
TEST_F_TIMEOUT(power, system_sleep_after_a_refusal, 60)
{
	char bdf[PCI_NAME_SIZE];

	if (!cxl_host_emulated())
		SKIP(return, "the machine is somebody's");
	if (!find_without_iommu(bdf))
		SKIP(return, "a function is needed that the IOMMU does not serve");
	EXPECT_NE(0, pci_bind(bdf, cxl_vfio_pci_driver.name));
	if (!system_sleeps_and_wakes_up())
		SKIP(return, "this kernel cannot test its sleep");
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the system sleeps"));
	check_usable(_metadata, self);
}

TEST_F_TIMEOUT(power, system_sleep, 60)
{
	uint64_t exits = d3_exits();

	if (!cxl_host_emulated())
		SKIP(return, "the machine is somebody's");
	forget(true);
	if (!system_sleeps_and_wakes_up())
		SKIP(return, "this kernel cannot test its sleep");
	forget(false);
	EXPECT_LT(exits, d3_exits());
	/* The page that was mapped is not, until somebody looked at the device. */
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the system sleeps"));
	check_usable(_metadata, self);

	unmap_and_close(self);
	EXPECT_TRUE(system_sleeps_and_wakes_up());
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the device is not open"));
	open_and_map(_metadata, self);
	self->map[0] = PATTERN;
	check_usable(_metadata, self);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
