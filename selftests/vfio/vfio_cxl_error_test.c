// SPDX-License-Identifier: GPL-2.0
/*
 * Errors that a device reports: what was corrected is counted, what was not takes
 * the memory away until the device is reset, and its user is told.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "cxl_test.h"
#include "irq.h"
#include "kmsg.h"
#include "module.h"
#include "reset.h"
#include "touch.h"

#define LEN (4ul << 20)
#define ARRIVES_MS 15000

/* 8.2.4.17: bits of the RAS Capability's status registers. */
#define RAS_UNC_CACHE_DATA_PARITY 0x0001
#define RAS_UNC_MEM_DATA_ECC 0x0004
#define RAS_COR_CACHE_DATA_ECC 0x0001
#define RAS_COR_MEM_DATA_ECC 0x0002

FIXTURE(error) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	int event, kmsg;
	unsigned int aer;
};

struct awaited {
	const char *counter;
	uint64_t value;
};

static bool has_counted(void *arg)
{
	struct awaited *awaited = arg;

	return cxl_counter(cxl_bdf, awaited->counter) >= awaited->value;
}

/* Wait for a counter to become @value, and not more. */
static bool counts(const char *counter, uint64_t value)
{
	struct awaited awaited = { counter, value };

	return wait_until(has_counted, &awaited, ARRIVES_MS) &&
	       cxl_counter(cxl_bdf, counter) == value;
}

FIXTURE_SETUP(error)
{
	uint32_t severity;

	if (!cxl_host_emulated())
		SKIP(return, "no errors can be made here");
	if (!pci_port_service(cxl_bdf, PCI_PORT_AER))
		SKIP(return, "this kernel leaves errors to the platform");
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
	ASSERT_STREQ("ok", load(self->map));
	self->event = eventfd_new();
	ASSERT_EQ(0, vfio_irq_enable(&self->dev.vfio, VFIO_PCI_ERR_IRQ_INDEX, 0,
				     1, &self->event));
	self->kmsg = kmsg_open();
	self->aer = vfio_config_ext_cap(&self->dev.vfio, PCI_EXT_CAP_ID_ERR);
	ASSERT_NE(0, self->aer);
	/* The host resets a link with fatal errors; here the driver is looked at. */
	severity = vfio_config_read(&self->dev.vfio,
				    self->aer + PCI_ERR_UNCOR_SEVER, 4);
	ASSERT_EQ(0, vfio_config_write(&self->dev.vfio,
				       self->aer + PCI_ERR_UNCOR_SEVER, 4,
				       severity & ~PCI_ERR_UNC_INTN));
}

static bool has_cxl_reset(struct cxl_dev *dev)
{
	return cxl_dvsec_get(dev, CXL_DVSEC_CAPABILITY, 2) & CXL_DVSEC_CAP_RESET;
}

FIXTURE_TEARDOWN(error)
{
	enum reset_how how = has_cxl_reset(&self->dev) ? BY_IOCTL : BY_HOT_RESET;
	uint32_t value;

	/* Whatever it was, a reset that reaches it ends it. */
	EXPECT_EQ(0, reset_by(&self->dev, how));
	EXPECT_EQ(4, cxl_mem_read(&self->dev, 0, &value, 4));
	EXPECT_STREQ("ok", load(self->map));
	munmap((void *)self->map, LEN);
	close(self->event);
	close(self->kmsg);
	cxl_dev_close(&self->dev);
}

TEST_F(error, corrected_by_pcie)
{
	uint64_t corrected = cxl_counter(cxl_bdf, "errors corrected");
	uint64_t ras = cxl_counter(cxl_bdf, "RAS corrected");

	cxl_host_do("aer-correctable", PCI_ERR_COR_BAD_TLP);
	EXPECT_TRUE(counts("errors corrected", corrected + 1));
	EXPECT_EQ(ras, cxl_counter(cxl_bdf, "RAS corrected"));
	EXPECT_STREQ("ok", load(self->map));
	EXPECT_EQ(0, eventfd_take(self->event, 0));
}

TEST_F(error, corrected_by_cxl)
{
	uint64_t corrected = cxl_counter(cxl_bdf, "errors corrected");
	uint64_t ras = cxl_counter(cxl_bdf, "RAS corrected");
	struct text log = {};

	cxl_host_do("ras-correctable", RAS_COR_MEM_DATA_ECC);
	EXPECT_TRUE(counts("RAS corrected", ras + 1));
	EXPECT_EQ(corrected + 1, cxl_counter(cxl_bdf, "errors corrected"));
	EXPECT_TRUE(kmsg_wait(self->kmsg, &log,
			      "CXL RAS: correctable status 0x2", ARRIVES_MS));
	/* Taken: the next one is a new one. */
	EXPECT_EQ(0, cxl_host_get("ras-correctable"));
	cxl_host_do("ras-correctable", RAS_COR_CACHE_DATA_ECC);
	EXPECT_TRUE(counts("RAS corrected", ras + 2));
	EXPECT_STREQ("ok", load(self->map));
	EXPECT_EQ(0, eventfd_take(self->event, 0));
	text_free(&log);
}

static void check_out_of_reach(struct __test_metadata *_metadata,
			       struct cxl_dev *dev, volatile uint32_t *map)
{
	uint32_t value;

	EXPECT_STREQ("BUS", load(map));
	EXPECT_EQ(-EIO, cxl_mem_read(dev, 0, &value, 4));
	EXPECT_EQ(-EIO, cxl_mem_write(dev, 0, &value, 4));
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the device reported an uncorrectable error"));
}

static bool is_forgotten(void *arg)
{
	(void)arg;
	return !cxl_host_get("aer-uncorrectable");
}

/*
 * Its user hears of an error while the kernel recovers, with locks of the function,
 * after which it clears the status: that of another error, too.
 */
static bool is_over(int event)
{
	return eventfd_take(event, ARRIVES_MS) == 1 &&
	       wait_until(is_forgotten, NULL, ARRIVES_MS);
}

static void check_closed(struct __test_metadata *_metadata, struct cxl_dev *dev,
			 volatile uint32_t *map, int event)
{
	uint32_t value;

	EXPECT_TRUE(is_over(event));
	check_out_of_reach(_metadata, dev, map);
	/* The rest of the device answers, so that its driver can find out. */
	EXPECT_EQ(4, cxl_comp_read(dev, dev->hdm, &value, 4));
}

TEST_F(error, uncorrectable_by_pcie)
{
	uint64_t errors = cxl_counter(cxl_bdf, "errors uncorrectable");
	uint64_t ras = cxl_counter(cxl_bdf, "RAS uncorrectable");

	cxl_host_do("aer-uncorrectable", PCI_ERR_UNC_COMP_TIME);
	check_closed(_metadata, &self->dev, self->map, self->event);
	EXPECT_EQ(errors + 1, cxl_counter(cxl_bdf, "errors uncorrectable"));
	EXPECT_EQ(ras, cxl_counter(cxl_bdf, "RAS uncorrectable"));
}

TEST_F(error, uncorrectable_by_cxl)
{
	uint64_t ras = cxl_counter(cxl_bdf, "RAS uncorrectable");
	struct text log = {};

	cxl_host_do("ras-uncorrectable", RAS_UNC_MEM_DATA_ECC);
	check_closed(_metadata, &self->dev, self->map, self->event);
	EXPECT_TRUE(counts("RAS uncorrectable", ras + 1));
	EXPECT_TRUE(kmsg_wait(self->kmsg, &log,
			      "CXL RAS: uncorrectable status 0x4, first error 2",
			      ARRIVES_MS));
	EXPECT_EQ(0, cxl_host_get("ras-uncorrectable"));
	text_free(&log);
}

static uint32_t ras_get(struct cxl_dev *dev, unsigned int offset)
{
	return cxl_comp_get(dev, cxl_component_cap(dev, CXL_CM_CAP_CAP_ID_RAS) +
			    offset);
}

static void ras_set(struct cxl_dev *dev, unsigned int offset, uint32_t value)
{
	cxl_comp_set(dev, cxl_component_cap(dev, CXL_CM_CAP_CAP_ID_RAS) + offset,
		     value);
}

/* What the host took is the user's to read, until the user clears it. */
TEST_F(error, the_user_reads_what_the_host_took)
{
	struct cxl_dev *dev = &self->dev;
	uint64_t ras = cxl_counter(cxl_bdf, "RAS corrected");

	if (dev->cap.uapi == CXL_UAPI_V6)
		SKIP(return, "v6 has no shadow of RAS");
	EXPECT_EQ(0, ras_get(dev, CXL_RAS_UNCORRECTABLE_STATUS_OFFSET));
	cxl_host_do("ras-uncorrectable", RAS_UNC_MEM_DATA_ECC);
	check_closed(_metadata, dev, self->map, self->event);
	EXPECT_EQ(RAS_UNC_MEM_DATA_ECC, ras_get(dev, CXL_RAS_UNCORRECTABLE_STATUS_OFFSET));
	EXPECT_EQ(2, ras_get(dev, CXL_RAS_CAP_CONTROL_OFFSET) & CXL_RAS_CAP_CONTROL_FE_MASK);
	EXPECT_NE(0, ras_get(dev, CXL_RAS_HEADER_LOG_OFFSET));
	ras_set(dev, CXL_RAS_UNCORRECTABLE_STATUS_OFFSET, RAS_UNC_MEM_DATA_ECC);
	EXPECT_EQ(0, ras_get(dev, CXL_RAS_UNCORRECTABLE_STATUS_OFFSET));

	cxl_host_do("ras-correctable", RAS_COR_MEM_DATA_ECC);
	EXPECT_TRUE(counts("RAS corrected", ras + 1));
	EXPECT_EQ(RAS_COR_MEM_DATA_ECC, ras_get(dev, CXL_RAS_CORRECTABLE_STATUS_OFFSET));
	ras_set(dev, CXL_RAS_CORRECTABLE_STATUS_OFFSET, RAS_COR_MEM_DATA_ECC);
	EXPECT_EQ(0, ras_get(dev, CXL_RAS_CORRECTABLE_STATUS_OFFSET));
}

/* The next user has nothing to do with it. */
TEST_F(error, the_next_user_reads_nothing)
{
	struct cxl_dev *dev = &self->dev;
	uint64_t ras = cxl_counter(cxl_bdf, "RAS corrected");

	if (dev->cap.uapi == CXL_UAPI_V6)
		SKIP(return, "v6 has no shadow of RAS");
	cxl_host_do("ras-correctable", RAS_COR_MEM_DATA_ECC);
	EXPECT_TRUE(counts("RAS corrected", ras + 1));
	EXPECT_EQ(RAS_COR_MEM_DATA_ECC, ras_get(dev, CXL_RAS_CORRECTABLE_STATUS_OFFSET));
	munmap((void *)self->map, LEN);
	cxl_dev_close(dev);
	cxl_dev_open(dev, cxl_bdf);
	EXPECT_EQ(0, ras_get(dev, CXL_RAS_CORRECTABLE_STATUS_OFFSET));
	self->map = cxl_mem_map(dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
}

/* A guest may mask whatever it finds: the host is told all the same. */
TEST_F(error, a_guest_does_not_blind_the_host)
{
	struct vfio_dev *vfio = &self->dev.vfio;
	uint64_t corrected = cxl_counter(cxl_bdf, "RAS corrected");
	uint64_t errors = cxl_counter(cxl_bdf, "RAS uncorrectable");
	unsigned int pcie = vfio_config_cap(vfio, PCI_CAP_ID_EXP);
	uint16_t control = vfio_config_read(vfio, pcie + PCI_EXP_DEVCTL, 2);

	ras_set(&self->dev, CXL_RAS_UNCORRECTABLE_MASK_OFFSET, ~0u);
	ras_set(&self->dev, CXL_RAS_CORRECTABLE_MASK_OFFSET, ~0u);
	ASSERT_EQ(0, vfio_config_write(vfio, self->aer + PCI_ERR_UNCOR_MASK, 4,
				       ~0u));
	ASSERT_EQ(0, vfio_config_write(vfio, self->aer + PCI_ERR_COR_MASK, 4,
				       ~0u));
	ASSERT_EQ(0, vfio_config_write(vfio, pcie + PCI_EXP_DEVCTL, 2,
				       control & ~0xf));
	cxl_host_do("ras-correctable", RAS_COR_MEM_DATA_ECC);
	EXPECT_TRUE(counts("RAS corrected", corrected + 1));
	cxl_host_do("ras-uncorrectable", RAS_UNC_MEM_DATA_ECC);
	EXPECT_TRUE(counts("RAS uncorrectable", errors + 1));
	EXPECT_EQ(1, eventfd_take(self->event, ARRIVES_MS));
	vfio_config_write(vfio, self->aer + PCI_ERR_UNCOR_MASK, 4, 0);
	vfio_config_write(vfio, self->aer + PCI_ERR_COR_MASK, 4, 0);
}

/* Several at once: the log is of the first. */
TEST_F(error, uncorrectable_several)
{
	uint64_t ras = cxl_counter(cxl_bdf, "RAS uncorrectable");

	cxl_host_do("ras-uncorrectable", RAS_UNC_MEM_DATA_ECC |
					 RAS_UNC_CACHE_DATA_PARITY);
	check_closed(_metadata, &self->dev, self->map, self->event);
	EXPECT_TRUE(counts("RAS uncorrectable", ras + 1));
	EXPECT_EQ(0, cxl_host_get("ras-uncorrectable"));
}

/* What changes the device without resetting it does not give its memory back. */
TEST_F(error, outlasts_what_is_no_reset)
{
	bool caches = cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2) &
		      CXL_DVSEC_CAP_CACHE_WBI;
	struct vfio_dev *vfio = &self->dev.vfio;

	cxl_host_do("aer-uncorrectable", PCI_ERR_UNC_COMP_TIME);
	check_closed(_metadata, &self->dev, self->map, self->event);
	cxl_set_memory_space(&self->dev, false);
	cxl_set_memory_space(&self->dev, true);
	check_out_of_reach(_metadata, &self->dev, self->map);
	ASSERT_TRUE(vfio_set_power_state(vfio, 3));
	ASSERT_TRUE(vfio_set_power_state(vfio, 0));
	cxl_set_memory_space(&self->dev, true);
	check_out_of_reach(_metadata, &self->dev, self->map);
	ASSERT_EQ(0, vfio_low_power(vfio, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1));
	/* Nor is the function's cache used while it sleeps. */
	if (caches && reset_by(&self->dev, BY_SYSFS) != -ENOTTY)
		EXPECT_EQ(1, cxl_host_get("disable-caching"));
	ASSERT_EQ(0, vfio_low_power(vfio, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1));
	check_out_of_reach(_metadata, &self->dev, self->map);
}

/* Whether a reset of the function alone works, the core says to who asked for it, and to nobody else. */
TEST_F(error, of_pcie_ends_with_a_reset_that_worked)
{
	cxl_host_do("aer-uncorrectable", PCI_ERR_UNC_COMP_TIME);
	check_closed(_metadata, &self->dev, self->map, self->event);
	reset_by(&self->dev, BY_FLR);
	check_out_of_reach(_metadata, &self->dev, self->map);
	reset_by(&self->dev, BY_SYSFS);
	check_out_of_reach(_metadata, &self->dev, self->map);
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	EXPECT_STREQ("ok", load(self->map));
}

static void reopen(struct __test_metadata *_metadata,
		   struct _test_data_error *self)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
}

static void set_clearing(const char *value)
{
	int err = module_set_param(cxl_vfio_pci_driver.module, "clear_memory",
				   value);

	if (err)
		die("clear_memory cannot be set: %s", errname(err));
}

static void check_outlasts(struct __test_metadata *_metadata,
			   struct _test_data_error *self)
{
	bool reaches = has_cxl_reset(&self->dev);
	struct text log = {};

	cxl_host_do("ras-uncorrectable", RAS_UNC_MEM_DATA_ECC);
	check_closed(_metadata, &self->dev, self->map, self->event);
	reset_by(&self->dev, BY_FLR);
	reset_by(&self->dev, BY_SYSFS);
	check_out_of_reach(_metadata, &self->dev, self->map);
	/* It succeeds, and resets nothing. */
	if (cxl_host_has("port-masks-reset")) {
		cxl_host_set("port-masks-reset", "on");
		ASSERT_TRUE(reset_mask_bus(cxl_bdf, true));
		EXPECT_EQ(0, reset_hot(&self->dev.vfio));
		check_out_of_reach(_metadata, &self->dev, self->map);
		/* Nor is it a reset because something was lost before it. */
		cxl_host_set("d3-clears-hdm", "on");
		ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 3));
		ASSERT_TRUE(vfio_set_power_state(&self->dev.vfio, 0));
		cxl_host_set("d3-clears-hdm", "off");
		cxl_set_memory_space(&self->dev, true);
		EXPECT_EQ(0, reset_hot(&self->dev.vfio));
		check_out_of_reach(_metadata, &self->dev, self->map);
		cxl_host_set("port-masks-reset", "off");
	}
	if (!reaches) {
		EXPECT_EQ(-EIO, reset_by(&self->dev, BY_IOCTL));
		EXPECT_TRUE(kmsg_wait(self->kmsg, &log, "outlasts this reset",
				      1000));
		text_free(&log);
		check_out_of_reach(_metadata, &self->dev, self->map);
		/* Unless the next user gets the memory cleared, after a reset of the bus. */
		set_clearing("off");
		reopen(_metadata, self);
		check_out_of_reach(_metadata, &self->dev, self->map);
		set_clearing("auto");
		reopen(_metadata, self);
	} else {
		reopen(_metadata, self);
	}
	EXPECT_STREQ("ok", load(self->map));
}

/* Nor does opening help, if it cannot reach it; but the device is there to be reset. */
TEST_F(error, of_cxl_outlasts_what_does_not_reach_it)
{
	check_outlasts(_metadata, self);
}

/* On some devices an FLR takes what it must not: it does not reach more for that. */
TEST_F(error, of_cxl_outlasts_what_takes_its_decoder)
{
	cxl_host_set("flr-clears-hdm", "on");
	check_outlasts(_metadata, self);
	cxl_host_set("flr-clears-hdm", "off");
}

/* A reset of the bus is seen by what it takes, and by the port that lets it through. */
TEST_F(error, of_cxl_ends_with_a_reset_of_the_bus)
{
	static const char * const keeps[] = { "off", "on" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keeps); i++) {
		cxl_host_set("hot-reset-keeps-hdm", keeps[i]);
		cxl_host_do("ras-uncorrectable", RAS_UNC_MEM_DATA_ECC);
		check_closed(_metadata, &self->dev, self->map, self->event);
		EXPECT_EQ(0, reset_by(&self->dev, BY_HOT_RESET));
		EXPECT_STREQ("ok", load(self->map));
	}
	cxl_host_set("hot-reset-keeps-hdm", "off");
}

static bool is_usable(void *map)
{
	return !strcmp(load(map), "ok");
}

/* That of the kernel for a fatal error, which the port does not need to pass on: DPC takes the link down. */
TEST_F(error, of_cxl_ends_with_a_reset_of_the_link)
{
	uint32_t severity = vfio_config_read(&self->dev.vfio,
					     self->aer + PCI_ERR_UNCOR_SEVER, 4);

	if (!reset_mask_bus(cxl_bdf, true))
		SKIP(return, "the port above has no mask");
	ASSERT_EQ(0, vfio_config_write(&self->dev.vfio,
				       self->aer + PCI_ERR_UNCOR_SEVER, 4,
				       severity | PCI_ERR_UNC_INTN));
	cxl_host_do("ras-uncorrectable", RAS_UNC_MEM_DATA_ECC);
	EXPECT_EQ(1, eventfd_take(self->event, ARRIVES_MS));
	EXPECT_TRUE(wait_until(is_usable, (void *)self->map, 2 * ARRIVES_MS));
}

/* With Memory Space off no register answers, and none is asked. */
TEST_F(error, registers_out_of_reach)
{
	uint64_t errors = cxl_counter(cxl_bdf, "errors uncorrectable");
	uint64_t ras = cxl_counter(cxl_bdf, "RAS uncorrectable");

	if (self->dev.cap.uapi != CXL_UAPI_V3)
		SKIP(return, "hardware keeps Memory Space on");
	cxl_set_memory_space(&self->dev, false);
	cxl_host_do("ras-uncorrectable", RAS_UNC_MEM_DATA_ECC);
	EXPECT_TRUE(is_over(self->event));
	EXPECT_TRUE(counts("errors uncorrectable", errors + 1));
	EXPECT_EQ(ras, cxl_counter(cxl_bdf, "RAS uncorrectable"));
	cxl_set_memory_space(&self->dev, true);
	/* They are taken with the next one. */
	cxl_host_do("ras-uncorrectable", RAS_UNC_CACHE_DATA_PARITY);
	EXPECT_TRUE(counts("RAS uncorrectable", ras + 1));
	EXPECT_EQ(0, cxl_host_get("ras-uncorrectable"));
	EXPECT_TRUE(is_over(self->event));
}

/* A device decides how often it reports: the log is not its to fill. */
TEST_F(error, storm)
{
	uint64_t ras = cxl_counter(cxl_bdf, "RAS corrected");
	unsigned int i, lines = 0;
	struct text log = {};
	const char *at;
	int64_t start;

	start = now_ms();
	for (i = 0; i < 40; i++) {
		cxl_host_do("ras-correctable", RAS_COR_MEM_DATA_ECC);
		EXPECT_TRUE(counts("RAS corrected", ras + i + 1));
	}
	kmsg_take(self->kmsg, &log);
	for (at = log.data; at && (at = strstr(at, "CXL RAS:")); at++)
		lines++;
	/* 10 in 5 s, which may have begun before the first one. */
	EXPECT_LE(lines, 10 * (2 + (now_ms() - start) / 5000));
	EXPECT_STREQ("ok", load(self->map));
	text_free(&log);
}

/* What is left to others: with another driver, nothing is reported as before. */
TEST_F(error, masked_when_unbound)
{
	unsigned int ras = cxl_component_cap(&self->dev, CXL_CM_CAP_CAP_ID_RAS);
	uint32_t aer;

	EXPECT_EQ(0, cxl_host_component(&self->dev, ras + 0x04));
	EXPECT_EQ(0, cxl_host_component(&self->dev, ras + 0x10));
	ASSERT_EQ(4, pci_host_config(cxl_bdf, &aer, 4,
				     self->aer + PCI_ERR_COR_MASK));
	EXPECT_EQ(0, aer & PCI_ERR_COR_INTERNAL);
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	ASSERT_EQ(0, cxl_bind_plain());
	ASSERT_EQ(4, pci_host_config(cxl_bdf, &aer, 4,
				     self->aer + PCI_ERR_COR_MASK));
	EXPECT_EQ(PCI_ERR_COR_INTERNAL, aer & PCI_ERR_COR_INTERNAL);
	cxl_rebind();
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
	EXPECT_EQ(0, cxl_host_component(&self->dev, ras + 0x10));
}

/* Nobody has it open: it is counted, and the next user finds a good device. */
TEST_F(error, nobody_has_it_open)
{
	uint64_t ras = cxl_counter(cxl_bdf, "RAS corrected");

	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	/* One that comes during a reset is nobody's. */
	EXPECT_TRUE(cxl_cleared(cxl_bdf, 10000));
	cxl_host_do("ras-correctable", RAS_COR_MEM_DATA_ECC);
	EXPECT_TRUE(counts("RAS corrected", ras + 1));
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
	EXPECT_STREQ("ok", load(self->map));
}

/* The memory stays out of reach until somebody opens it, whatever resets the device. */
TEST_F(error, uncorrectable_while_closed)
{
	uint64_t errors = cxl_counter(cxl_bdf, "errors uncorrectable");

	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	EXPECT_TRUE(cxl_cleared(cxl_bdf, 10000));
	cxl_host_do("aer-uncorrectable", PCI_ERR_UNC_COMP_TIME);
	EXPECT_TRUE(counts("errors uncorrectable", errors + 1));
	EXPECT_EQ(0, pci_attr_write(cxl_bdf, "reset", "1"));
	EXPECT_TRUE(gate_is(cxl_bdf, "closed: the device is not open"));
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
	EXPECT_STREQ("ok", load(self->map));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
