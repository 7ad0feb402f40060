// SPDX-License-Identifier: GPL-2.0-or-later
/* A device that leaves without a word, and one that comes back */
#include <string.h>

#include "accel.h"
#include "control.h"
#include "suites.h"

static struct accel *ready(void)
{
	struct accel *a = accel_get(0);

	accel_ready(a);
	return a;
}

static void leave(struct accel *a)
{
	prop_bool(a, "gone", true);
}

static void come_back(struct accel *a)
{
	prop_bool(a, "gone", false);
}

static void config_space(void)
{
	struct accel *a = ready();
	uint32_t head = cfg32(a, 0);
	uint16_t cmd = cfg16(a, PCI_COMMAND_);

	leave(a);
	for (unsigned int off = 0; off < 4096; off += 4)
		CHECK_EQ(cfg32(a, off), ~0u);
	CHECK_EQ(cfg16(a, a->dvsec + DV_CTRL), 0xffff);
	CHECK_EQ(cfg8(a, 0), 0xff);
	cfg_write(a, PCI_COMMAND_, 0, 2);
	dv16_write(a, DV_CTRL, 0);
	come_back(a);
	CHECK_EQ(cfg32(a, 0), head);
	CHECK_EQ(cfg16(a, PCI_COMMAND_), cmd);
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_MEM_ENABLE | CTRL_IO_ENABLE);
}

static void bars(void)
{
	struct accel *a = ready();
	reg32_t *table = a->regs + REGS_MSIX_TABLE / 4;
	uint32_t ctrl = decoder(a, 0)[DEC_CTRL];

	a->regs[REG_SCRATCH] = 0x31;
	table[0] = 0x1000;
	leave(a);
	CHECK_EQ(a->regs[REG_MAGIC], ~0u);
	CHECK_EQ(a->regs[REG_SCRATCH], ~0u);
	CHECK_EQ(*(reg8_t *)a->regs, 0xff);
	CHECK_EQ(table[0], ~0u);
	CHECK_EQ(decoder(a, 0)[DEC_CTRL], ~0u);
	CHECK_EQ(*(reg64_t *)a->comp, ~0ULL);
	a->regs[REG_SCRATCH] = 0;
	table[0] = 0;
	decoder(a, 0)[DEC_CTRL] = 0;
	come_back(a);
	CHECK_EQ(a->regs[REG_MAGIC], MAGIC);
	CHECK_EQ(a->regs[REG_SCRATCH], 0x31);
	CHECK_EQ(table[0], 0x1000);
	CHECK_EQ(decoder(a, 0)[DEC_CTRL], ctrl);
}

static void window(void)
{
	struct accel *a = ready();

	a->window[3] = 0x33;
	leave(a);
	CHECK(!window_works(a));
	come_back(a);
	CHECK_EQ(a->window[3], 0x33);
	CHECK(window_works(a));
}

static void errors(void)
{
	struct accel *a = ready();

	leave(a);
	CHECK(control_set(a->id, "ras-correctable", 1) == -1);
	CHECK(strstr(control_error(), "gone"));
	CHECK(control_set(a->id, "aer-correctable", 1) == -1);
	come_back(a);
}

/* Back after its power was cut: as after a conventional reset */
static void reset_meanwhile(void)
{
	struct accel *a = ready();

	leave(a);
	accel_hot_reset(a);
	CHECK_EQ(cfg32(a, 0), ~0u);
	come_back(a);
	accel_restore_header(a);
	CHECK_EQ(decoder(a, 0)[DEC_CTRL] & DEC_COMMITTED, 0);
	CHECK(!window_works(a));
}

const struct suite gone_suite = {
	"gone", (const struct test_case[]) {
		{ "config-space", config_space },
		{ "bars", bars },
		{ "window", window },
		{ "errors", errors },
		{ "reset-meanwhile", reset_meanwhile },
		{ }
	}
};
