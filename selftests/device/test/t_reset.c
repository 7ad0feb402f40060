// SPDX-License-Identifier: GPL-2.0-or-later
/* What function level, conventional and D3hot resets take away */
#include "accel.h"
#include "suites.h"

#define COMMIT_OK	(DEC_COMMIT | DEC_COMMITTED)

static struct accel *ready(void)
{
	struct accel *a = accel_get(0);

	if (!a->hdm || !a->dvsec)
		tap_skip("no decoders or no DVSEC");
	accel_ready(a);
	return a;
}

static bool committed(struct accel *a)
{
	return (decoder(a, 0)[DEC_CTRL] & COMMIT_OK) == COMMIT_OK;
}

static bool mem_enabled(struct accel *a)
{
	return dv16(a, DV_CTRL) & CTRL_MEM_ENABLE;
}

static struct accel *ready_for_flr(void)
{
	struct accel *a = ready();

	if (!prop(a, "flr"))
		tap_skip("no function level reset");
	return a;
}

static void flr(void)
{
	struct accel *a = ready_for_flr();
	uint32_t resets = a->regs[REG_RESETS], flrs = a->regs[REG_FLRS];
	uint32_t hot = a->regs[REG_HOT_RESETS];
	uint16_t ctl = cfg16(a, a->pcie + DEVCTL);

	a->regs[REG_SCRATCH] = 0x1234;
	CHECK_EQ(a->regs[REG_SCRATCH], 0x1234);
	cfg_write(a, a->pcie + DEVCTL, ctl | DEVCTL_FLR, 2);
	/* the function is reset, the doorbell reads 0 */
	CHECK_EQ(cfg16(a, a->pcie + DEVCTL) & DEVCTL_FLR, 0);
	CHECK_EQ(cfg16(a, PCI_COMMAND_) & COMMAND_MEMORY, 0);
	CHECK(a->regs[REG_MAGIC] != MAGIC);
	accel_restore_header(a);
	CHECK_EQ(a->regs[REG_SCRATCH], 0);
	CHECK_EQ(a->regs[REG_RESETS], resets + 1);
	CHECK_EQ(a->regs[REG_FLRS], flrs + 1);
	CHECK_EQ(a->regs[REG_HOT_RESETS], hot);
	/* CXL.mem is not */
	CHECK(committed(a) && mem_enabled(a) && memory_active(a));
	CHECK(window_works(a));
}

static void flr_absent(void)
{
	struct accel *a = ready();
	uint32_t flrs = a->regs[REG_FLRS];

	if (prop(a, "flr"))
		tap_skip("has function level reset");
	accel_flr(a);
	CHECK_EQ(a->regs[REG_FLRS], flrs);
}

static void flr_clears_hdm(void)
{
	struct accel *a = ready_for_flr();

	prop_bool(a, "flr-clears-hdm", true);
	accel_flr(a);
	prop_bool(a, "flr-clears-hdm", false);
	CHECK(!committed(a) && mem_enabled(a));
	CHECK_EQ(decoder_base(decoder(a, 0)), 0);
	CHECK_EQ(a->hdm[HDM_GLOBAL], 0);
	CHECK(!window_works(a));
	decoder_commit(a, 0, a->base, a->size, 0);
	CHECK(window_works(a));
}

static struct accel *ready_locked(void)
{
	struct accel *a = ready();

	accel_fresh(a);
	decoder_commit(a, 0, a->base, a->size, DEC_LOCK);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(committed(a) && window_works(a));
	return a;
}

/* As silicon does it: the decoder reads 0, and software may program it */
static void check_zero_and_free(struct accel *a)
{
	reg32_t *dec = decoder(a, 0);

	CHECK_EQ(dec[DEC_CTRL] & ~DEC_HOSTONLY, 0);
	CHECK_EQ(decoder_base(dec), 0);
	CHECK_EQ(decoder_size(dec), 0);
	CHECK(!window_works(a));
	decoder_commit(a, 0, a->base, a->size, DEC_LOCK);
	CHECK(committed(a) && dec[DEC_CTRL] & DEC_LOCK);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(window_works(a));
}

static void flr_clears_locked_hdm(void)
{
	struct accel *a;

	ready_for_flr();
	a = ready_locked();
	prop_bool(a, "flr-clears-hdm", true);
	accel_flr(a);
	prop_bool(a, "flr-clears-hdm", false);
	check_zero_and_free(a);
}

static void hot_reset_clears_locked_hdm(void)
{
	struct accel *a = ready_locked();

	accel_hot_reset(a);
	check_zero_and_free(a);
}

/* What lets nobody repair it but a conventional reset */
static void flr_moves_hdm(void)
{
	struct accel *a = ready_for_flr();
	reg32_t *dec = decoder(a, 0);

	prop_bool(a, "flr-moves-hdm", true);
	accel_flr(a);
	prop_bool(a, "flr-moves-hdm", false);
	CHECK(committed(a));
	CHECK(dec[DEC_CTRL] & DEC_LOCK);
	CHECK_EQ(decoder_base(dec), a->base + GRANULE);
	CHECK_EQ(decoder_size(dec), a->size);
	CHECK(!window_works(a));
	dec[DEC_CTRL] = 0;
	CHECK(committed(a));
	accel_hot_reset(a);
	check_zero_and_free(a);
}

static void flr_clears_mem_enable(void)
{
	struct accel *a = ready_for_flr();

	prop_bool(a, "flr-clears-mem-enable", true);
	accel_flr(a);
	prop_bool(a, "flr-clears-mem-enable", false);
	CHECK(committed(a) && !mem_enabled(a));
	CHECK(!window_works(a));
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(window_works(a));
}

static void flr_drops_active(void)
{
	struct accel *a = ready_for_flr();

	prop_bool(a, "flr-drops-active", true);
	prop_set(a, "mem-active-delay-ms", NEVER_MS);
	accel_flr(a);
	CHECK(committed(a) && mem_enabled(a) && !memory_active(a));
	CHECK(!window_works(a));
	prop_set(a, "mem-active-delay-ms", 100);
	accel_flr(a);
	CHECK(wait_active(a));
	CHECK(window_works(a));
	prop_bool(a, "flr-drops-active", false);
	prop_set(a, "mem-active-delay-ms", 0);
}

static void hot_reset(void)
{
	struct accel *a = ready();
	uint32_t hot = a->regs[REG_HOT_RESETS], flrs = a->regs[REG_FLRS];

	a->regs[REG_SCRATCH] = 0x1234;
	accel_hot_reset(a);
	CHECK_EQ(a->regs[REG_HOT_RESETS], hot + 1);
	CHECK_EQ(a->regs[REG_FLRS], flrs);
	CHECK_EQ(a->regs[REG_SCRATCH], 0);
	CHECK(!committed(a) && !mem_enabled(a));
	CHECK_EQ(cfg32(a, a->dvsec + DV_RANGE1_BASE_LO), 0);
	CHECK_EQ(cfg32(a, a->dvsec + DV_RANGE1_BASE_HI), 0);
	CHECK(!window_works(a));
}

static void hot_reset_keeps_hdm(void)
{
	struct accel *a = ready();

	prop_bool(a, "hot-reset-keeps-hdm", true);
	accel_hot_reset(a);
	prop_bool(a, "hot-reset-keeps-hdm", false);
	CHECK(committed(a) && !mem_enabled(a));
	CHECK(!window_works(a));
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(window_works(a));
}

static void d3hot(void)
{
	struct accel *a = ready();
	uint32_t exits = a->regs[REG_D3_EXITS];

	if (!a->pm)
		tap_skip("no power management");
	CHECK_EQ(!!(cfg16(a, a->pm + PM_CTRL) & 8), prop(a, "no-soft-reset"));
	if (!prop(a, "no-soft-reset"))
		tap_skip("comes back uninitialized");
	accel_power(a, 3);
	CHECK_EQ(cfg16(a, a->pm + PM_CTRL) & 3, 3);
	CHECK(a->regs[REG_MAGIC] != MAGIC);
	accel_power(a, 0);
	CHECK_EQ(a->regs[REG_D3_EXITS], exits + 1);
	CHECK(committed(a) && mem_enabled(a));
	CHECK(window_works(a));
	prop_bool(a, "d3-clears-hdm", true);
	accel_power(a, 3);
	accel_power(a, 0);
	prop_bool(a, "d3-clears-hdm", false);
	CHECK(!committed(a) && mem_enabled(a));
	CHECK(!window_works(a));
}

static void d3hot_soft_reset(void)
{
	struct accel *a = ready_locked();
	uint32_t exits = a->regs[REG_D3_EXITS], hot = a->regs[REG_HOT_RESETS];

	if (!a->pm || prop(a, "no-soft-reset"))
		tap_skip("keeps its state in D3hot");
	a->regs[REG_SCRATCH] = 0x1234;
	accel_power(a, 3);
	accel_power(a, 0);
	CHECK_EQ(cfg16(a, PCI_COMMAND_) & COMMAND_MEMORY, 0);
	accel_restore_header(a);
	CHECK_EQ(a->regs[REG_D3_EXITS], exits + 1);
	CHECK_EQ(a->regs[REG_HOT_RESETS], hot);
	CHECK_EQ(a->regs[REG_SCRATCH], 0);
	CHECK(!mem_enabled(a));
	check_zero_and_free(a);
}

static void memory_info_delay(void)
{
	struct accel *a = ready();
	unsigned int info = a->dvsec + DV_RANGE1_SIZE_LO;
	uint64_t start;

	prop_set(a, "mem-valid-delay-ms", NEVER_MS);
	prop_set(a, "mem-active-delay-ms", NEVER_MS);
	accel_hot_reset(a);
	CHECK_EQ(cfg32(a, info) & (RANGE_VALID | RANGE_ACTIVE), 0);
	prop_set(a, "mem-valid-delay-ms", 100);
	start = now_ms();
	accel_hot_reset(a);
	while (!(cfg32(a, info) & RANGE_VALID))
		CHECK(now_ms() - start < LONG_MS);
	CHECK(now_ms() - start >= AT_LEAST(100));
	CHECK_EQ(cfg32(a, info) & RANGE_ACTIVE, 0);
	prop_set(a, "mem-valid-delay-ms", 0);
	prop_set(a, "mem-active-delay-ms", 0);
}

static void memory_active_delay(void)
{
	struct accel *a = ready();
	uint64_t start;

	/* everything but memory is ready: no access yet */
	prop_set(a, "mem-active-delay-ms", NEVER_MS);
	accel_hot_reset(a);
	decoder_commit(a, 0, a->base, a->size, 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(committed(a) && mem_enabled(a) && !memory_active(a));
	CHECK(!window_works(a));
	prop_set(a, "mem-active-delay-ms", 100);
	start = now_ms();
	accel_hot_reset(a);
	decoder_commit(a, 0, a->base, a->size, 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(wait_active(a));
	CHECK(now_ms() - start >= AT_LEAST(100));
	CHECK(window_works(a));
	prop_set(a, "mem-active-delay-ms", 0);
}

const struct suite reset_suite = {
	"reset", (const struct test_case[]) {
		{ "flr", flr },
		{ "flr-absent", flr_absent },
		{ "flr-clears-hdm", flr_clears_hdm },
		{ "flr-clears-locked-hdm", flr_clears_locked_hdm },
		{ "flr-moves-hdm", flr_moves_hdm },
		{ "flr-clears-mem-enable", flr_clears_mem_enable },
		{ "flr-drops-active", flr_drops_active },
		{ "hot-reset", hot_reset },
		{ "hot-reset-clears-locked-hdm", hot_reset_clears_locked_hdm },
		{ "hot-reset-keeps-hdm", hot_reset_keeps_hdm },
		{ "d3hot", d3hot },
		{ "d3hot-soft-reset", d3hot_soft_reset },
		{ "memory-info-delay", memory_info_delay },
		{ "memory-active-delay", memory_active_delay },
		{ }
	}
};
