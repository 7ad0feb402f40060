// SPDX-License-Identifier: GPL-2.0
/*
 * Corrected errors come at any time: while a device is being bound, before it is
 * complete, while it is being unbound, and when the module goes. The kernel calls
 * the driver for them without the lock that keeps a device bound.
 */
#include <stdio.h>

#include <linux/pci_regs.h>

#include "background.h"
#include "cxl_test.h"
#include "module.h"

#define STORM_MS 5000

static bool stop, plain;

static int bind(const char *bdf)
{
	return pci_bind(bdf, cxl_vfio_pci_driver.name);
}

static void report(void)
{
	cxl_host_do("aer-correctable", PCI_ERR_COR_BAD_TLP);
}

FIXTURE(storm) {
};

FIXTURE_SETUP(storm)
{
	if (!cxl_host_emulated())
		SKIP(return, "no errors can be made here");
	if (!pci_port_service(cxl_bdf, PCI_PORT_AER))
		SKIP(return, "this kernel leaves errors to the platform");
}

FIXTURE_TEARDOWN(storm)
{
	plain = false;
	module_set_param(cxl_vfio_pci_driver.module, "enable_cxl", "Y");
	cxl_rebind();
}

/* As long as it takes the memory to come up, nothing is there to be told. */
TEST_F(storm, while_it_is_bound)
{
	struct background binding = { .run = bind, .what = cxl_bdf };
	unsigned int i;

	ASSERT_EQ(0, pci_unbind(cxl_bdf));
	cxl_host_set("mem-active", "off");
	background_start(&binding);
	for (i = 0; i < 5; i++) {
		report();
		sleep_ms(100);
	}
	cxl_host_set("mem-active", "on");
	EXPECT_EQ(0, background_result(&binding));
}

/* Bind, unbind and, now and then, rmmod, until told to stop. */
static int binds(const char *bdf)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		err = pci_unbind(bdf);
		if (!err && i % 8 == 7)
			err = driver_reload(&cxl_vfio_pci_driver, plain ? "enable_cxl=0" : "");
		if (!err)
			err = bind(bdf);
	}
	printf("# bound %u times\n", i);
	return err;
}

static void storm(struct __test_metadata *_metadata)
{
	struct background binding = { .run = binds, .what = cxl_bdf };
	int64_t end = now_ms() + STORM_MS;
	unsigned int reports = 0;

	stop = false;
	background_start(&binding);
	while (now_ms() < end) {
		report();
		reports++;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	EXPECT_EQ(0, background_result(&binding));
	printf("# %u errors\n", reports);
}

TEST_F(storm, beside_binding)
{
	storm(_metadata);
}

TEST_F(storm, beside_binding_as_plain_pci)
{
	plain = true;
	ASSERT_EQ(0, module_set_param(cxl_vfio_pci_driver.module, "enable_cxl", "N"));
	storm(_metadata);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
