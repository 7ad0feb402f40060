// SPDX-License-Identifier: GPL-2.0
/*
 * Hot unplug of a device that is open, and another one in its place.
 *
 *	vfio_cxl_unplug_test [harness options] BDF ID DEVICE
 *
 * DEVICE is what the machine shall plug in again. No firmware sets that one up,
 * so the driver refuses it, and the host has it for whatever comes next.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "background.h"
#include "control.h"
#include "cxl_test.h"
#include "irq.h"
#include "kmsg.h"
#include "module.h"
#include "touch.h"

#define LEN (4ul << 20)
/* The controller gives 5 s to change one's mind; machines are busy. */
#define ATTENTION_MS 15000

static const char *id, *device;

static bool is_back(void *arg)
{
	return pci_present(cxl_bdf);
}

static bool is_gone(void *arg)
{
	return !pci_present(cxl_bdf);
}

/* A new function is in sysfs before drivers may have it: until then, ENODEV. */
static bool is_looked_at(void *arg)
{
	return pci_bind(cxl_bdf, cxl_vfio_pci_driver.name) != -ENODEV;
}

/* The machine has forgotten it, too, so that its name is free. */
static bool is_forgotten(void *arg)
{
	char value[VMCTL_LINE_MAX];

	return vmctl_get(id, "gone", value, sizeof(value));
}

static int ask(const char *what, const char *of)
{
	char request[VMCTL_LINE_MAX], reply[VMCTL_LINE_MAX];

	snprintf(request, sizeof(request), "%s %s", what, of);
	return vmctl_request(request, reply, sizeof(reply));
}

TEST(unplug)
{
	int kmsg = kmsg_open(), request = eventfd_new();
	volatile uint32_t *map;
	struct text log = {};
	struct cxl_dev dev;
	uint32_t value;

	if (!cxl_host_emulated() || !device)
		SKIP(return, "nobody is here to unplug it");
	if (!pci_port_service(cxl_bdf, PCI_PORT_HOTPLUG))
		SKIP(return, "this kernel leaves hotplug to the platform");
	cxl_dev_open(&dev, cxl_bdf);
	map = cxl_mem_map(&dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, vfio_irq_enable(&dev.vfio, VFIO_PCI_REQ_IRQ_INDEX, 0, 1,
				     &request));
	ASSERT_EQ(0, ask("device_del", id));
	EXPECT_EQ(1, eventfd_take(request, ATTENTION_MS));
	sleep_ms(BLOCKED_MS);
	/* It is there until its user lets go. */
	EXPECT_TRUE(pci_present(cxl_bdf));
	EXPECT_STREQ("ok", touch((void *)map, false, &value));
	EXPECT_EQ(4, cxl_mem_read(&dev, 0, &value, 4));
	munmap((void *)map, LEN);
	cxl_dev_close(&dev);
	EXPECT_TRUE(wait_until(is_gone, NULL, FREED_MS));

	ASSERT_TRUE(wait_until(is_forgotten, NULL, ATTENTION_MS));
	ASSERT_EQ(0, ask("device_add", device));
	ASSERT_TRUE(wait_until(is_back, NULL, ATTENTION_MS));
	kmsg_take(kmsg, &log);
	text_clear(&log);
	EXPECT_TRUE(wait_until(is_looked_at, NULL, ATTENTION_MS));
	EXPECT_EQ(-ENXIO, pci_bind(cxl_bdf, cxl_vfio_pci_driver.name));
	EXPECT_TRUE(kmsg_wait(kmsg, &log, "decoder 0 is not committed",
			      FREED_MS));
	text_free(&log);
	EXPECT_EQ(0, pci_bind(cxl_bdf, vfio_pci_driver.name));
	EXPECT_EQ(0, pci_unbind(cxl_bdf));
	close(request);
	close(kmsg);
}

int main(int argc, char **argv)
{
	if (argc > 3) {
		id = argv[argc - 2];
		device = argv[argc - 1];
	}
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
