// SPDX-License-Identifier: GPL-2.0-or-later
/* CXL reset through the DVSEC, 8.1.3.4 and 9.7 */
#include "accel.h"
#include "suites.h"

#define COMMIT_OK	(DEC_COMMIT | DEC_COMMITTED)
#define DONE		(STATUS2_COMPLETE | STATUS2_ERROR)
#define RESET_MS	50

static struct accel *ready(void)
{
	struct accel *a = accel_get(0);

	if (!a->hdm || !a->dvsec)
		tap_skip("no decoders or no DVSEC");
	if (!(dv16(a, DV_CAP) & 0x80))
		tap_skip("no CXL reset");
	accel_ready(a);
	prop_set(a, "cxl-reset-ms", RESET_MS);
	return a;
}

static bool committed(struct accel *a)
{
	return (decoder(a, 0)[DEC_CTRL] & COMMIT_OK) == COMMIT_OK;
}

static void start(struct accel *a, uint16_t ctrl2)
{
	dv16_write(a, DV_CTRL2, ctrl2 | CTRL2_RESET);
	CHECK_EQ(dv16(a, DV_CTRL2) & CTRL2_RESET, 0);
}

/* A reset that never ends, to look at one in flight */
static void start_and_hang(struct accel *a)
{
	prop_bool(a, "cxl-reset-hang", true);
	start(a, 0);
	CHECK_EQ(dv16(a, DV_STATUS2) & DONE, 0);
	prop_bool(a, "cxl-reset-hang", false);
}

/* How long it may take, by the device's own word */
static void capability(void)
{
	struct accel *a = ready();
	uint16_t cap = dv16(a, DV_CAP);

	CHECK_EQ(cap >> 8 & 7, prop(a, "cxl-reset-timeout"));
	CHECK_EQ(cap >> 11 & 1, prop(a, "cxl-reset-mem-clr"));
}

static void absent(void)
{
	struct accel *a = accel_get(0);
	uint32_t resets = a->regs[REG_CXL_RESETS];

	if (!a->dvsec || dv16(a, DV_CAP) & 0x80)
		tap_skip("has CXL reset");
	accel_ready(a);
	dv16_write(a, DV_CTRL2, CTRL2_RESET);
	CHECK_EQ(dv16(a, DV_CTRL2), 0);
	sleep_ms(2 * RESET_MS);
	CHECK_EQ(dv16(a, DV_STATUS2), 0);
	CHECK_EQ(a->regs[REG_CXL_RESETS], resets);
	CHECK(committed(a) && window_works(a));
}

static void in_flight(void)
{
	struct accel *a = ready();

	start_and_hang(a);
	CHECK(!memory_active(a) && !committed(a));
	CHECK(!window_works(a));
	decoder_commit(a, 0, a->base, a->size, 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(!window_works(a));
}

static void completes(void)
{
	struct accel *a = ready();
	uint32_t resets = a->regs[REG_CXL_RESETS];
	uint64_t began = now_ms();

	a->regs[REG_SCRATCH] = 0x99;
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	CHECK(now_ms() - began >= AT_LEAST(RESET_MS));
	CHECK(memory_active(a) && !committed(a));
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_IO_ENABLE);
	CHECK_EQ(a->regs[REG_CXL_RESETS], resets + 1);
	/* not a reset of the PCI function */
	CHECK_EQ(a->regs[REG_SCRATCH], 0x99);
	/* usable again once programmed */
	decoder_commit(a, 0, a->base, a->size, 0);
	CHECK(!window_works(a));
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(window_works(a));
}

static void status_is_for_the_last(void)
{
	struct accel *a = ready();

	prop_bool(a, "cxl-reset-err", true);
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_ERROR);
	prop_bool(a, "cxl-reset-err", false);
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	/* it is forgotten when the next one starts, and by conventional resets */
	start_and_hang(a);
	accel_ready(a);
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	accel_hot_reset(a);
	CHECK_EQ(dv16(a, DV_STATUS2), 0);
}

/* While one runs, a second request changes nothing: this one never ends */
static void once_at_a_time(void)
{
	struct accel *a = ready();
	uint32_t resets = a->regs[REG_CXL_RESETS];

	start_and_hang(a);
	start(a, 0);
	sleep_ms(5 * RESET_MS);
	CHECK_EQ(dv16(a, DV_STATUS2) & DONE, 0);
	CHECK_EQ(a->regs[REG_CXL_RESETS], resets + 1);
}

static void hangs(void)
{
	struct accel *a = ready();

	start_and_hang(a);
	sleep_ms(5 * RESET_MS);
	CHECK_EQ(dv16(a, DV_STATUS2) & DONE, 0);
	CHECK(!memory_active(a));
	/* a conventional reset helps */
	accel_ready(a);
	CHECK_EQ(dv16(a, DV_STATUS2), 0);
	CHECK(window_works(a));
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
}

/* Reset_Complete does not wait for Memory_Active */
static void memory_comes_later(void)
{
	struct accel *a = ready();

	prop_set(a, "mem-active-delay-ms", NEVER_MS);
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	CHECK(!memory_active(a));
	prop_set(a, "mem-active-delay-ms", 50);
	start(a, 0);
	CHECK(wait_active(a));
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	prop_set(a, "mem-active-delay-ms", 0);
}

static uint64_t content_after(struct accel *a, uint16_t ctrl2)
{
	a->window[7] = 0x1234567;
	a->window[WINDOW_MAPPED / 8 - 1] = 0x1234567;
	start(a, ctrl2);
	CHECK(wait_cxl_reset(a));
	decoder_commit(a, 0, a->base, a->size, 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK_EQ(a->window[7], a->window[WINDOW_MAPPED / 8 - 1]);
	return a->window[7];
}

static void keeps_memory(void)
{
	CHECK_EQ(content_after(ready(), 0), 0x1234567);
}

static void clears_memory(void)
{
	struct accel *a = ready();

	CHECK_EQ(content_after(a, CTRL2_MEM_CLR),
		 prop(a, "cxl-reset-mem-clr") ? 0 : 0x1234567);
	CHECK_EQ(dv16(a, DV_CTRL2), 0);
}

static void clearing_takes_longer(void)
{
	struct accel *a = ready();
	uint64_t began;

	if (!prop(a, "cxl-reset-mem-clr"))
		tap_skip("cannot clear memory");
	prop_set(a, "cxl-reset-clear-ms", NEVER_MS);
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	start(a, CTRL2_MEM_CLR);
	sleep_ms(5 * RESET_MS);
	CHECK_EQ(dv16(a, DV_STATUS2) & DONE, 0);
	accel_ready(a);
	prop_set(a, "cxl-reset-clear-ms", 5 * RESET_MS);
	began = now_ms();
	start(a, CTRL2_MEM_CLR);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	CHECK(now_ms() - began >= AT_LEAST(6 * RESET_MS));
	prop_set(a, "cxl-reset-clear-ms", 0);
}

static void error_keeps_memory(void)
{
	struct accel *a = ready();
	uint64_t content;

	prop_bool(a, "cxl-reset-err", true);
	content = content_after(a, CTRL2_MEM_CLR);
	prop_bool(a, "cxl-reset-err", false);
	CHECK_EQ(content, 0x1234567);
}

static void releases_locked_decoder(void)
{
	struct accel *a = ready();

	accel_fresh(a);
	decoder_commit(a, 0, a->base, a->size, DEC_LOCK);
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	CHECK(!committed(a));
}

static void config_lock_survives(void)
{
	struct accel *a = ready();

	dv16_write(a, DV_LOCK, 1);
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	CHECK_EQ(dv16(a, DV_LOCK), 1);
	/* what it froze stays, or CXL.mem could not be enabled again */
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_MEM_ENABLE | CTRL_IO_ENABLE);
	decoder_commit(a, 0, a->base, a->size, 0);
	CHECK(window_works(a));
}

static void keeps_hdm(void)
{
	struct accel *a = ready();

	prop_bool(a, "cxl-reset-keeps-hdm", true);
	start_and_hang(a);
	CHECK(committed(a));
	CHECK(!window_works(a));
	accel_ready(a);
	start(a, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	prop_bool(a, "cxl-reset-keeps-hdm", false);
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_MEM_ENABLE | CTRL_IO_ENABLE);
	CHECK(window_works(a));
}

static void function_too(void)
{
	struct accel *a = ready();
	uint32_t flrs = a->regs[REG_FLRS], hot = a->regs[REG_HOT_RESETS];
	uint32_t resets = a->regs[REG_CXL_RESETS];

	prop_bool(a, "cxl-reset-function", true);
	a->regs[REG_SCRATCH] = 0x99;
	start(a, 0);
	CHECK_EQ(cfg16(a, PCI_COMMAND_) & COMMAND_MEMORY, 0);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	prop_bool(a, "cxl-reset-function", false);
	accel_restore_header(a);
	CHECK_EQ(a->regs[REG_SCRATCH], 0);
	CHECK_EQ(a->regs[REG_CXL_RESETS], resets + 1);
	CHECK_EQ(a->regs[REG_FLRS], flrs);
	CHECK_EQ(a->regs[REG_HOT_RESETS], hot);
}

const struct suite cxl_reset_suite = {
	"cxl-reset", (const struct test_case[]) {
		{ "capability", capability },
		{ "absent", absent },
		{ "in-flight", in_flight },
		{ "completes", completes },
		{ "status-is-for-the-last", status_is_for_the_last },
		{ "once-at-a-time", once_at_a_time },
		{ "hangs", hangs },
		{ "memory-comes-later", memory_comes_later },
		{ "keeps-memory", keeps_memory },
		{ "clears-memory", clears_memory },
		{ "clearing-takes-longer", clearing_takes_longer },
		{ "error-keeps-memory", error_keeps_memory },
		{ "releases-locked-decoder", releases_locked_decoder },
		{ "config-lock-survives", config_lock_survives },
		{ "keeps-hdm", keeps_hdm },
		{ "function-too", function_too },
		{ }
	}
};
