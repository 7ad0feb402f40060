// SPDX-License-Identifier: GPL-2.0
/*
 * While the memory is being cleared: nobody waits in close, open or unbind, whoever
 * wants to reach the memory or the registers does, and nothing keeps it from being
 * cleared in the end.
 *
 * The emulated device makes it take long: memory that is not active yet is waited
 * for, and a reset takes as long as it is told to.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel.h"
#include "background.h"
#include "cxl_test.h"
#include "irq.h"
#include "kmsg.h"
#include "module.h"
#include "reset.h"
#include "system_sleep.h"
#include "touch.h"

#define LEN (4ul << 20)
#define PATTERN 0x0ddba11
#define LONG_MS 6000

FIXTURE(clearing) {
	struct cxl_dev dev;
	volatile uint32_t *map;
	bool device;
};

static void open_and_map(struct __test_metadata *_metadata,
			 struct _test_data_clearing *self)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
}

static void unmap_and_close(struct _test_data_clearing *self)
{
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

/* From the next reset that reaches the memory on. */
static void make_clearing_long(bool is_long)
{
	cxl_host_set("mem-active-delay-ms", is_long ? "6000" : "0");
	/* How long it takes is known later, too. */
	cxl_host_set("mem-valid-delay-ms", is_long ? "700" : "0");
}

FIXTURE_SETUP(clearing)
{
	if (!cxl_host_emulated())
		SKIP(return, "an emulated device is needed");
	open_and_map(_metadata, self);
	self->map[0] = PATTERN;
	self->device = cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2) &
		       CXL_DVSEC_CAP_RESET_MEM_CLEAR;
}

FIXTURE_TEARDOWN(clearing)
{
	make_clearing_long(false);
	cxl_host_set("cxl-reset-ms", "20");
	unmap_and_close(self);
}

/* Leave it to be cleared for a while, and open it meanwhile. Neither waits. */
static void reopen(struct __test_metadata *_metadata,
		   struct _test_data_clearing *self)
{
	make_clearing_long(true);
	unmap_and_close(self);
	open_and_map(_metadata, self);
	EXPECT_STREQ("clearing", cxl_clearing_state(cxl_bdf));
}

static void expect_clear(struct __test_metadata *_metadata,
			 struct _test_data_clearing *self)
{
	uint32_t value = 1;

	EXPECT_STREQ("ok", touch((void *)self->map, false, &value));
	EXPECT_EQ(0, value);
	EXPECT_EQ(4, cxl_mem_read(&self->dev, self->dev.size - 4, &value, 4));
	EXPECT_EQ(0, value);
	EXPECT_STREQ("done", cxl_clearing_state(cxl_bdf));
}

TEST_F(clearing, access_waits)
{
	int64_t start = now_ms();

	if (self->device)
		SKIP(return, "the device clears its memory");
	reopen(_metadata, self);
	/* A device that does not say how long it takes does so within a second. */
	sleep_ms(1500);
	EXPECT_STREQ("clearing", cxl_clearing_state(cxl_bdf));
	expect_clear(_metadata, self);
	EXPECT_LE(LONG_MS, now_ms() - start);
}

static struct cxl_dev *opened;

/* By the registers a device may be told to copy its memory elsewhere. */
static int find_registers(const char *bdf)
{
	struct accel accel;

	(void)bdf;
	return accel_find(opened, &accel) ? 0 : -ENODEV;
}

TEST_F(clearing, registers_wait)
{
	struct background reader = { .run = find_registers };
	int64_t start = now_ms();

	if (self->device)
		SKIP(return, "the device clears its memory");
	reopen(_metadata, self);
	opened = &self->dev;
	background_start(&reader);
	EXPECT_FALSE(background_done(&reader, 1500));
	/* Registers of CXL, and configuration space, are the shadow's and the core's. */
	EXPECT_NE(UINT32_MAX, cxl_hdm_get(&self->dev, CXL_HDM_DECODER0_CTRL_OFFSET(0)));
	EXPECT_NE(0, cxl_dvsec_get(&self->dev, CXL_DVSEC_CONTROL, 2));
	EXPECT_EQ(0, background_result(&reader));
	EXPECT_LE(LONG_MS, now_ms() - start);
	expect_clear(_metadata, self);
}

TEST_F(clearing, who_waits_can_be_killed)
{
	pid_t child;
	int status;

	if (self->device)
		SKIP(return, "the device clears its memory");
	reopen(_metadata, self);
	child = fork();
	if (!child) {
		self->map[0] = PATTERN;
		_exit(0);
	}
	sleep_ms(300);
	EXPECT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_STREQ("clearing", cxl_clearing_state(cxl_bdf));
	expect_clear(_metadata, self);
}

TEST_F(clearing, a_reset_does_not_end_it)
{
	if (self->device)
		SKIP(return, "the device clears its memory");
	reopen(_metadata, self);
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	expect_clear(_metadata, self);
	self->map[0] = PATTERN;
	EXPECT_EQ(0, reset_by(&self->dev, BY_IOCTL));
	EXPECT_EQ(PATTERN, self->map[0]);
}

TEST_F(clearing, without_memory_space)
{
	uint32_t value;

	if (self->device)
		SKIP(return, "the device clears its memory");
	reopen(_metadata, self);
	cxl_set_memory_space(&self->dev, false);
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	EXPECT_STREQ("done", cxl_clearing_state(cxl_bdf));
	cxl_set_memory_space(&self->dev, true);
	expect_clear(_metadata, self);
}

/* The memory is cleared with Memory Space off, and the user does something all the time. */
static void clear_beside(struct __test_metadata *_metadata,
			 struct _test_data_clearing *self,
			 bool (*works)(struct vfio_dev *vfio))
{
	unmap_and_close(self);
	open_and_map(_metadata, self);
	cxl_set_memory_space(&self->dev, false);
	do {
		ASSERT_TRUE(works(&self->dev.vfio));
	} while (!cxl_cleared(cxl_bdf, 0));
	cxl_set_memory_space(&self->dev, true);
	expect_clear(_metadata, self);
	EXPECT_EQ(0, cxl_host_get("stray-accesses"));
}

/* For these, and to see the ROM, the core enables Memory Space, and then has it as it found it. */
static bool sets_up_interrupts(struct vfio_dev *vfio)
{
	int event = eventfd_new();
	bool works = !vfio_irq_enable(vfio, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, &event) &&
		     !vfio_irq_disable(vfio, VFIO_PCI_MSIX_IRQ_INDEX);

	free(vfio_region_info(vfio, VFIO_PCI_ROM_REGION_INDEX));
	close(event);
	return works;
}

TEST_F(clearing, beside_interrupts)
{
	if (self->device)
		SKIP(return, "the device clears its memory");
	clear_beside(_metadata, self, sets_up_interrupts);
}

/* For this the core reads the command register, and writes all of it. */
static bool masks_intx(struct vfio_dev *vfio)
{
	const uint8_t masks[] = { PCI_COMMAND_INTX_DISABLE >> 8, 0 };
	unsigned int i;

	for (i = 0; i < 200; i++) {
		if (vfio_region_write(vfio, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND + 1,
				      &masks[i % 2], 1) != 1)
			return false;
	}
	return true;
}

TEST_F(clearing, beside_intx)
{
	if (self->device)
		SKIP(return, "the device clears its memory");
	clear_beside(_metadata, self, masks_intx);
}

static bool has_failed(void *arg)
{
	const char *state = gate_state(cxl_bdf);

	(void)arg;
	return state && strstr(state, "uncorrectable error");
}

/* A failure is the user's to know, and what ends it goes on with clearing. */
TEST_F(clearing, an_error)
{
	uint32_t value;

	if (self->device)
		SKIP(return, "the device clears its memory");
	reopen(_metadata, self);
	cxl_host_do("ras-uncorrectable", 1);
	EXPECT_TRUE(wait_until(has_failed, NULL, 15000));
	EXPECT_STREQ("BUS", touch((void *)self->map, false, &value));
	make_clearing_long(false);
	/* Without a CXL Reset it takes one of the bus. */
	if (reset_by(&self->dev, BY_IOCTL))
		EXPECT_EQ(0, reset_by(&self->dev, BY_HOT_RESET));
	expect_clear(_metadata, self);
}

/* Nobody waits for it to be unbound, and who binds it next begins anew. */
TEST_F(clearing, unbound)
{
	struct text log = {};
	int kmsg = kmsg_open();

	if (self->device)
		SKIP(return, "the device clears its memory");
	make_clearing_long(true);
	unmap_and_close(self);
	EXPECT_EQ(0, pci_unbind(cxl_bdf));
	EXPECT_TRUE(kmsg_wait(kmsg, &log, "unbound before its memory was cleared", 1500));
	text_free(&log);
	close(kmsg);
	make_clearing_long(false);
	EXPECT_EQ(0, pci_bind(cxl_bdf, cxl_vfio_pci_driver.name));
	open_and_map(_metadata, self);
	expect_clear(_metadata, self);
}

/* A sleep of the system neither waits for it nor ends it. */
TEST_F(clearing, the_system_sleeps)
{
	if (self->device)
		SKIP(return, "the device clears its memory");
	reopen(_metadata, self);
	if (!system_sleeps_and_wakes_up())
		SKIP(return, "this kernel cannot test its sleep");
	EXPECT_STREQ("clearing", cxl_clearing_state(cxl_bdf));
	expect_clear(_metadata, self);
}

/* Opening waits for a reset that is under way, and can be killed; closing does not. */
TEST_F(clearing, a_long_reset)
{
	struct vfio_dev other;
	int64_t start;
	pid_t child;
	int status;

	if (cxl_dvsec_get(&self->dev, CXL_DVSEC_CAPABILITY, 2) & CXL_DVSEC_CAP_RESET)
		cxl_host_set("cxl-reset-ms", "6000");
	else
		SKIP(return, "the device has no CXL Reset");
	start = now_ms();
	unmap_and_close(self);
	child = fork();
	if (!child)
		_exit(vfio_dev_open(&other, cxl_bdf, cxl_dev_mode()) ? 1 : 0);
	sleep_ms(300);
	EXPECT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_STREQ("resetting", cxl_clearing_state(cxl_bdf));
	open_and_map(_metadata, self);
	EXPECT_LE(LONG_MS, now_ms() - start);
	cxl_host_set("cxl-reset-ms", "20");
	expect_clear(_metadata, self);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
