// SPDX-License-Identifier: GPL-2.0-or-later
/* Two devices, each below a host bridge of its own */
#include <string.h>

#include "accel.h"
#include "suites.h"

static void places(void)
{
	struct accel *a = accel_get(0), *b = accel_get(1);

	CHECK(strcmp(a->port, b->port));
	CHECK(a->base + a->size <= b->base || b->base + b->size <= a->base);
}

static void memories(void)
{
	struct accel *a = accel_get(0), *b = accel_get(1);

	accel_ready(a);
	accel_ready(b);
	a->window[0] = 0xa;
	b->window[0] = 0xb;
	CHECK_EQ(a->window[0], 0xa);
	CHECK_EQ(b->window[0], 0xb);
	CHECK_EQ(prop(a, "stray-accesses") + prop(b, "stray-accesses"), 0);
}

static void resets(void)
{
	struct accel *a = accel_get(0), *b = accel_get(1);
	uint32_t count;

	accel_ready(a);
	accel_ready(b);
	count = b->regs[REG_RESETS];
	accel_hot_reset(a);
	accel_flr(a);
	CHECK(!window_works(a));
	CHECK(window_works(b));
	CHECK_EQ(b->regs[REG_RESETS], count);
}

static void strays(void)
{
	struct accel *a = accel_get(0), *b = accel_get(1);

	accel_fresh(a);
	accel_fresh(b);
	CHECK_EQ(a->window[0], ~0ULL);
	CHECK_EQ(a->window[0], ~0ULL);
	CHECK_EQ(b->window[0], ~0ULL);
	CHECK_EQ(prop(a, "stray-accesses"), 2);
	CHECK_EQ(prop(b, "stray-accesses"), 1);
	CHECK_EQ(prop(b, "stray-address"), b->base);
	prop_set(a, "stray-accesses", 0);
	CHECK_EQ(prop(b, "stray-accesses"), 1);
	prop_set(b, "stray-accesses", 0);
}

static void gone(void)
{
	struct accel *a = accel_get(0), *b = accel_get(1);

	accel_ready(a);
	accel_ready(b);
	prop_bool(a, "gone", true);
	CHECK(!window_works(a));
	CHECK(window_works(b));
	CHECK_EQ(b->regs[REG_MAGIC], MAGIC);
	prop_bool(a, "gone", false);
	CHECK(window_works(a));
}

/* A decoder that names the other one's place is not routed there */
static void foreign_place(void)
{
	struct accel *a = accel_get(0), *b = accel_get(1);

	accel_fresh(a);
	accel_ready(b);
	decoder_commit(a, 0, b->base, a->size, 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	b->window[0] = 0xb0b;
	CHECK_EQ(b->window[0], 0xb0b);
	CHECK(!window_works(a));
	CHECK(window_works(b));
}

const struct suite two_suite = {
	"two", (const struct test_case[]) {
		{ "places", places },
		{ "memories", memories },
		{ "resets", resets },
		{ "strays", strays },
		{ "gone", gone },
		{ "foreign-place", foreign_place },
		{ }
	}
};
