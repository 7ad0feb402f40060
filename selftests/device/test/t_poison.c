// SPDX-License-Identifier: GPL-2.0-or-later
/* Poison in device memory, and the machine check of who reads it */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "control.h"
#include "suites.h"

#define PAGE		0x3000

static sigjmp_buf bus_error;

static void on_bus_error(int sig)
{
	(void)sig;
	siglongjmp(bus_error, 1);
}

/* false: the read ended in SIGBUS */
static bool try_read(reg64_t *ptr, uint64_t *val)
{
	signal(SIGBUS, on_bus_error);
	if (sigsetjmp(bus_error, 1))
		return false;
	*val = *ptr;
	signal(SIGBUS, SIG_DFL);
	return true;
}

/* On Arm firmware's error record tells the kernel which page it was */
static bool survives(void)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, "GenuineIntel") ||
			(strstr(line, "CPU implementer") &&
			 !access("/sys/firmware/acpi/tables/HEST", F_OK));
	if (file)
		fclose(file);
	return found;
}

static struct accel *ready(void)
{
	struct accel *a = accel_get(0);

	accel_ready(a);
	CHECK_EQ(prop(a, "poison"), 0);
	return a;
}

static void bookkeeping(void)
{
	struct accel *a = ready();

	prop_set(a, "poison", PAGE);
	prop_set(a, "poison", PAGE);
	prop_set(a, "poison", 0x8000);
	CHECK_EQ(prop(a, "poison"), 2);
	CHECK(control_set(a->id, "poison", PAGE + 8) == -1);
	CHECK(control_set(a->id, "poison", a->size) == -1);
	CHECK(control_set(a->id, "poison-clear", 0) == -1);
	prop_set(a, "poison-clear", PAGE);
	prop_set(a, "poison-clear", 0x8000);
	CHECK_EQ(prop(a, "poison"), 0);
}

/* Neighbours and writes are not hurt; what was written is there afterwards */
static void only_that_page(void)
{
	struct accel *a = ready();

	a->window[PAGE / 8 - 1] = 1;
	a->window[PAGE / 8 + 512] = 2;
	prop_set(a, "poison", PAGE);
	CHECK_EQ(a->window[PAGE / 8 - 1], 1);
	CHECK_EQ(a->window[PAGE / 8 + 512], 2);
	a->window[PAGE / 8 + 4] = 0xabcd;
	prop_set(a, "poison-clear", PAGE);
	CHECK_EQ(a->window[PAGE / 8 + 4], 0xabcd);
	CHECK_EQ(prop(a, "stray-accesses"), 0);
}

static void consumed(void)
{
	struct accel *a = ready();
	reg64_t *bad = a->window + PAGE / 8 + 2;
	uint64_t hits = prop(a, "poison-hits"), val = 0;

	if (!survives())
		tap_skip("this machine does not survive poison");
	a->window[PAGE / 8 + 2] = 0x600d;
	prop_set(a, "poison", PAGE);
	CHECK(!try_read(bad, &val));
	CHECK_EQ(val, 0);
	CHECK(prop(a, "poison-hits") > hits);
	prop_set(a, "poison-clear", PAGE);
	/* this process and this machine are still fine */
	CHECK(try_read(a->window, &val));
	CHECK(try_read(bad, &val));
	CHECK_EQ(val, 0x600d);
}

static void follows_the_decoder(void)
{
	struct accel *a = ready();
	uint64_t val = 0;

	if (!survives())
		tap_skip("this machine does not survive poison");
	if (a->size < 2 * GRANULE)
		tap_skip("needs 512 MiB");
	prop_set(a, "poison", GRANULE + PAGE);
	accel_fresh(a);
	decoder(a, 0)[DEC_SKIP_LO] = GRANULE;
	decoder_commit(a, 0, a->base, GRANULE, 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(try_read(a->window, &val));
	CHECK(!try_read(a->window + PAGE / 8, &val));
	prop_set(a, "poison-clear", GRANULE + PAGE);
}

static void cleared_with_memory(void)
{
	struct accel *a = ready();

	if (!prop(a, "cxl-reset-mem-clr"))
		tap_skip("cannot clear memory");
	prop_set(a, "poison", PAGE);
	prop_set(a, "cxl-reset-ms", 1);
	dv16_write(a, DV_CTRL2, CTRL2_RESET);
	CHECK(wait_cxl_reset(a));
	CHECK_EQ(prop(a, "poison"), 1);
	dv16_write(a, DV_CTRL2, CTRL2_RESET | CTRL2_MEM_CLR);
	CHECK(wait_cxl_reset(a));
	CHECK_EQ(prop(a, "poison"), 0);
	prop_set(a, "cxl-reset-ms", 20);
}

const struct suite poison_suite = {
	"poison", (const struct test_case[]) {
		{ "bookkeeping", bookkeeping },
		{ "only-that-page", only_that_page },
		{ "consumed", consumed },
		{ "follows-the-decoder", follows_the_decoder },
		{ "cleared-with-memory", cleared_with_memory },
		{ }
	}
};
