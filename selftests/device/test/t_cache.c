// SPDX-License-Identifier: GPL-2.0-or-later
/* The device's cache: dirty lines of host memory, written back or lost */
#include "accel.h"
#include "control.h"
#include "page.h"
#include "suites.h"

#define LINE_DWORDS	16
#define OLD		0x01010101
#define NEW		0xd1d1d1d1

static struct accel *ready(void)
{
	struct accel *a = accel_get(0);

	if (!a->dvsec || !prop(a, "cache-capable"))
		tap_skip("no cache");
	accel_ready(a);
	dv16_write(a, DV_CTRL, dv16(a, DV_CTRL) | CTRL_CACHE_ENABLE);
	CHECK_EQ(prop(a, "host-line"), 0);
	return a;
}

/* The device dirties the second line of a page of ours */
static reg32_t *dirty(struct accel *a)
{
	uint64_t phys;
	reg32_t *page = host_page(&phys);

	for (int i = 0; i < 3 * LINE_DWORDS; i++)
		page[i] = OLD;
	prop_set(a, "host-line", phys + 64);
	CHECK_EQ(prop(a, "host-line"), 1);
	return page;
}

static void check_line(reg32_t *page, uint32_t value)
{
	for (int i = 0; i < 3 * LINE_DWORDS; i++)
		CHECK_EQ(page[i], i / LINE_DWORDS == 1 ? value : OLD);
}

static void absent(void)
{
	struct accel *a = accel_get(0);
	uint64_t wbis = prop(a, "wbis"), phys;

	if (!a->dvsec || prop(a, "cache-capable"))
		tap_skip("has a cache");
	accel_ready(a);
	host_page(&phys);
	dv16_write(a, DV_CTRL, dv16(a, DV_CTRL) | CTRL_CACHE_ENABLE);
	CHECK(control_set(a->id, "host-line", phys));
	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING | CTRL2_WBI);
	CHECK_EQ(prop(a, "wbis"), wbis);
	CHECK_EQ(dv16(a, DV_STATUS2), 0);
}

static void is_written_back(void)
{
	struct accel *a = ready();
	uint64_t wbis = prop(a, "wbis"), lost = prop(a, "host-lines-lost");
	reg32_t *page = dirty(a);

	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING);
	check_line(page, OLD);
	CHECK_EQ(prop(a, "disable-caching"), 1);
	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING | CTRL2_WBI);
	check_line(page, NEW);
	CHECK_EQ(dv16(a, DV_STATUS2), STATUS2_INVALID);
	CHECK_EQ(prop(a, "host-line"), 0);
	CHECK_EQ(prop(a, "wbis"), wbis + 1);
	accel_hot_reset(a);
	check_line(page, NEW);
	CHECK_EQ(prop(a, "host-lines-lost"), lost);
	CHECK_EQ(prop(a, "disable-caching"), 0);
}

static void needs_caching(void)
{
	struct accel *a = ready();
	uint64_t phys;

	host_page(&phys);
	CHECK(control_set(a->id, "host-line", phys + 4));
	CHECK(control_set(a->id, "host-line", a->base));
	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING);
	CHECK(control_set(a->id, "host-line", phys));
	dv16_write(a, DV_CTRL2, 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(control_set(a->id, "host-line", phys));
	CHECK_EQ(prop(a, "host-line"), 0);
}

static void is_lost(struct accel *a, void (*reset)(struct accel *a))
{
	uint64_t lost = prop(a, "host-lines-lost");
	reg32_t *page = dirty(a);

	reset(a);
	CHECK_EQ(prop(a, "host-line"), 0);
	CHECK_EQ(prop(a, "host-lines-lost"), lost + 1);
	dv16_write(a, DV_CTRL2, CTRL2_WBI);
	check_line(page, OLD);
}

static void d3_and_back(struct accel *a)
{
	accel_power(a, 3);
	CHECK_EQ(prop(a, "host-line"), 0);
	accel_power(a, 0);
}

static void cxl_reset(struct accel *a)
{
	dv16_write(a, DV_CTRL2, CTRL2_RESET);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
}

static void is_lost_by_hot_reset(void)
{
	is_lost(ready(), accel_hot_reset);
}

static void is_lost_by_cxl_reset(void)
{
	is_lost(ready(), cxl_reset);
}

static void is_lost_in_d3(void)
{
	is_lost(ready(), d3_and_back);
}

/* Its scope is CXL.io */
static void outlives_flr(void)
{
	struct accel *a = ready();
	reg32_t *page = dirty(a);

	accel_flr(a);
	CHECK_EQ(prop(a, "host-line"), 1);
	dv16_write(a, DV_CTRL2, CTRL2_WBI);
	check_line(page, NEW);
}

static void one_at_a_time(void)
{
	struct accel *a = ready();
	uint64_t busy = prop(a, "doorbells-while-busy");
	uint64_t wbis = prop(a, "wbis");

	prop_set(a, "wbi-ms", NEVER_MS);
	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING | CTRL2_WBI);
	CHECK_EQ(prop(a, "doorbells-while-busy"), busy);
	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING);
	CHECK_EQ(prop(a, "doorbells-while-busy"), busy);
	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING | CTRL2_WBI);
	CHECK_EQ(prop(a, "doorbells-while-busy"), busy + 1);
	accel_hot_reset(a);
	prop_set(a, "wbi-ms", 0);
	CHECK_EQ(prop(a, "wbis"), wbis);
	prop_set(a, "cxl-reset-ms", NEVER_MS);
	dv16_write(a, DV_CTRL2, CTRL2_RESET);
	CHECK_EQ(prop(a, "doorbells-while-busy"), busy + 1);
	dv16_write(a, DV_CTRL2, CTRL2_WBI);
	dv16_write(a, DV_CTRL2, CTRL2_RESET);
	CHECK_EQ(prop(a, "doorbells-while-busy"), busy + 3);
	prop_set(a, "cxl-reset-ms", 20);
	accel_hot_reset(a);
}

const struct suite cache_suite = {
	"cache", (const struct test_case[]) {
		{ "absent", absent },
		{ "is-written-back", is_written_back },
		{ "needs-caching", needs_caching },
		{ "is-lost-by-hot-reset", is_lost_by_hot_reset },
		{ "is-lost-by-cxl-reset", is_lost_by_cxl_reset },
		{ "is-lost-in-d3", is_lost_in_d3 },
		{ "outlives-flr", outlives_flr },
		{ "one-at-a-time", one_at_a_time },
		{ }
	}
};
