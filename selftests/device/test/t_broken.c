// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices that are broken on request are broken in that way */
#include "accel.h"
#include "suites.h"

#define ENTRY		0x0c
#define BLOCK_ID(lo)	((lo) >> 8 & 0xff)
#define COMPONENT	1

static void register_locator(void)
{
	struct accel *a = accel_find(0);
	uint64_t how = prop(a, "x-bad-regloc"), off;
	uint32_t lo;

	if (how == 4) {
		CHECK_EQ(a->locator, 0);
		return;
	}
	CHECK(a->locator);
	lo = cfg32(a, a->locator + ENTRY);
	off = (lo & 0xffff0000) | (uint64_t)cfg32(a, a->locator + ENTRY + 4) << 32;
	CHECK_EQ(BLOCK_ID(lo), how == 3 ? 0 : COMPONENT);
	CHECK_EQ(lo & 7, how == 2 ? 5 : prop(a, "comp-bar"));
	if (how == 1)
		CHECK(off > prop(a, "bar-size"));
	else
		CHECK_EQ(off, prop(a, how == 5 ? "bar-size" : "comp-offset"));
	/* the other entries are empty */
	CHECK_EQ(cfg32(a, a->locator + ENTRY + 8), 0);
	CHECK_EQ(cfg32(a, a->locator + ENTRY + 16), 0);
}

static void device_dvsec(void)
{
	struct accel *a = accel_find(0);

	CHECK_EQ(!a->dvsec, prop(a, "x-no-dvsec"));
	if (a->dvsec) {
		uint16_t cap = dv16(a, DV_CAP);

		CHECK_EQ(cap & prop(a, "x-dvsec-cap-clear"), 0);
		CHECK_EQ(cap & prop(a, "x-dvsec-cap-set"),
			 prop(a, "x-dvsec-cap-set"));
	}
}

static void capabilities(void)
{
	struct accel *a = accel_find(0);

	if (prop(a, "x-bad-regloc"))
		tap_skip("no component registers");
	a = accel_get(0);
	CHECK_EQ(!a->hdm, prop(a, "x-no-hdm"));
	CHECK_EQ(!a->ras, prop(a, "x-no-ras"));
}

static void control(void)
{
	struct accel *a = accel_find(0);
	uint32_t set = prop(a, "x-ctrl-set"), clear = prop(a, "x-ctrl-clear");

	if (!set && !clear)
		tap_skip("decoder Control is not forced");
	a = accel_get(0);
	CHECK_EQ(decoder(a, 0)[DEC_CTRL] & set, set);
	CHECK_EQ(decoder(a, 0)[DEC_CTRL] & clear, 0);
}

const struct suite broken_suite = {
	"broken", (const struct test_case[]) {
		{ "register-locator", register_locator },
		{ "dvsec", device_dvsec },
		{ "capabilities", capabilities },
		{ "control", control },
		{ }
	}
};
