// SPDX-License-Identifier: GPL-2.0-or-later
/* Component registers at other places of other BARs */
#include "accel.h"
#include "suites.h"

static void component(void)
{
	struct accel *a = accel_get(0);

	CHECK_EQ(a->comp_bar, prop(a, "comp-bar"));
	CHECK_EQ(a->comp_offset, prop(a, "comp-offset"));
	CHECK_EQ(*(reg32_t *)(a->comp + CM_OFFSET), 0x03110001);
}

static void registers(void)
{
	struct accel *a = accel_get(0);
	reg32_t *table = a->regs + REGS_MSIX_TABLE / 4;

	CHECK_EQ(a->regs[REG_MAGIC], MAGIC);
	a->regs[REG_SCRATCH] = 0xcafe;
	CHECK_EQ(a->regs[REG_SCRATCH], 0xcafe);
	table[0] = 0xfee00000;
	CHECK_EQ(table[0], 0xfee00000);
	/* the block is where it was */
	CHECK_EQ(*(reg32_t *)(a->comp + CM_OFFSET), 0x03110001);
	CHECK_EQ(cfg32(a, a->msix + 8) & 7, a->regs_bar);
	CHECK_EQ(cfg32(a, a->msix + 8) & ~7u, a->regs_offset + REGS_MSIX_PBA);
}

static void works(void)
{
	struct accel *a = accel_get(0);

	accel_ready(a);
	CHECK(window_works(a));
}

static void gone(void)
{
	struct accel *a = accel_get(0);

	prop_bool(a, "gone", true);
	CHECK_EQ(a->regs[REG_MAGIC], ~0u);
	CHECK_EQ(*(reg32_t *)(a->comp + CM_OFFSET), ~0u);
	prop_bool(a, "gone", false);
	CHECK_EQ(a->regs[REG_MAGIC], MAGIC);
	CHECK_EQ(*(reg32_t *)(a->comp + CM_OFFSET), 0x03110001);
}

const struct suite layout_suite = {
	"layout", (const struct test_case[]) {
		{ "component", component },
		{ "registers", registers },
		{ "works", works },
		{ "gone", gone },
		{ }
	}
};
