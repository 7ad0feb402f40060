// SPDX-License-Identifier: GPL-2.0-or-later
/* CXL Device DVSEC: the attribute of every field, 8.1.3 */
#include "accel.h"
#include "suites.h"

#define DV_HEADER1	0x04
#define DV_ID		0x08
#define LENGTH_REV1	0x38
#define LENGTH_REV2	0x3c

static struct accel *fresh(void)
{
	struct accel *a = accel_get(0);

	if (!a->dvsec)
		tap_skip("no CXL Device DVSEC");
	accel_fresh(a);
	return a;
}

static uint32_t dv32(struct accel *a, unsigned int off)
{
	return cfg32(a, a->dvsec + off);
}

static void header(void)
{
	struct accel *a = fresh();
	uint32_t rev = prop(a, "dvsec-rev");
	uint32_t length = rev == 1 ? LENGTH_REV1 : LENGTH_REV2;

	CHECK_EQ(dv32(a, DV_HEADER1), length << 20 | rev << 16 | 0x1e98);
	CHECK_EQ(dv16(a, DV_ID), 0);
}

static void read_only(void)
{
	struct accel *a = fresh();
	static const uint16_t fields[] = {
		0x00, 0x02, DV_HEADER1, DV_HEADER1 + 2, DV_ID, DV_CAP, DV_CAP2,
		DV_RANGE1_SIZE_HI, DV_RANGE1_SIZE_HI + 2, DV_RANGE1_SIZE_LO,
		DV_RANGE1_SIZE_LO + 2, DV_RANGE2_SIZE_HI, DV_RANGE2_SIZE_HI + 2,
		DV_RANGE2_SIZE_HI + 4, DV_RANGE2_SIZE_HI + 6, DV_CAP3,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		uint16_t was = dv16(a, fields[i]);

		if (fields[i] == DV_CAP3 && prop(a, "dvsec-rev") == 1)
			continue;
		dv16_write(a, fields[i], ~was);
		CHECK_EQ(dv16(a, fields[i]), was);
	}
}

static void control(void)
{
	struct accel *a = fresh();
	uint16_t rwl = CTRL_RWL;

	if (prop(a, "x-dvsec-cap3") & 0x10)
		rwl |= CTRL_P2P;
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_IO_ENABLE);
	dv16_write(a, DV_CTRL, 0xffff);
	CHECK_EQ(dv16(a, DV_CTRL), rwl | CTRL_IO_ENABLE);
	dv16_write(a, DV_CTRL, 0);
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_IO_ENABLE);
}

static void byte_lanes(void)
{
	struct accel *a = fresh();

	dv16_write(a, DV_CTRL, 0x4f05);
	cfg_write(a, a->dvsec + DV_CTRL + 1, 0, 1);
	CHECK_EQ(dv16(a, DV_CTRL), 0x0007);
	cfg_write(a, a->dvsec + DV_CTRL, 0, 1);
	cfg_write(a, a->dvsec + DV_CTRL + 1, 0x0f, 1);
	CHECK_EQ(dv16(a, DV_CTRL), 0x0f02);
	/* straddles Control and Status */
	cfg_write(a, a->dvsec + DV_CTRL, 0x00000004, 4);
	CHECK_EQ(dv16(a, DV_CTRL), 0x0006);
}

static void control2(void)
{
	struct accel *a = fresh();
	uint16_t rw = CTRL2_DISABLE_CACHING | CTRL2_MEM_CLR;

	if (prop(a, "x-dvsec-cap3") & 0x08)
		rw |= CTRL2_VOLATILE;
	if (prop(a, "x-dvsec-cap2") & 0x40)
		rw |= CTRL2_MODIFIED;
	CHECK_EQ(dv16(a, DV_CTRL2), 0);
	dv16_write(a, DV_CTRL2, 0xffff & ~CTRL2_RESET);
	CHECK_EQ(dv16(a, DV_CTRL2), rw);
	dv16_write(a, DV_CTRL2, 0);
	CHECK_EQ(dv16(a, DV_CTRL2), 0);
}

static void status2_read_only(void)
{
	struct accel *a = fresh();

	CHECK_EQ(dv16(a, DV_STATUS2), 0);
	dv16_write(a, DV_STATUS2, 0xffff);
	CHECK_EQ(dv16(a, DV_STATUS2), 0);
	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING | CTRL2_WBI);
	if (!prop(a, "cache-capable"))
		return;
	CHECK_EQ(dv16(a, DV_STATUS2), STATUS2_INVALID);
	dv16_write(a, DV_STATUS2, 0xffff);
	CHECK_EQ(dv16(a, DV_STATUS2), STATUS2_INVALID);
	dv16_write(a, DV_STATUS2, 0);
	CHECK_EQ(dv16(a, DV_STATUS2), STATUS2_INVALID);
}

static void write_back_invalidate(void)
{
	struct accel *a = fresh();
	uint64_t start;

	if (!prop(a, "cache-capable"))
		tap_skip("no cache");
	/* a cache that may fill again is not invalid for long */
	dv16_write(a, DV_CTRL2, CTRL2_WBI);
	CHECK_EQ(dv16(a, DV_STATUS2), 0);
	prop_set(a, "wbi-ms", NEVER_MS);
	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING | CTRL2_WBI);
	CHECK_EQ(dv16(a, DV_STATUS2), 0);
	/* a second request begins it anew */
	prop_set(a, "wbi-ms", 50);
	start = now_ms();
	dv16_write(a, DV_CTRL2, CTRL2_DISABLE_CACHING | CTRL2_WBI);
	while (dv16(a, DV_STATUS2) != STATUS2_INVALID)
		CHECK(now_ms() - start < LONG_MS);
	CHECK(now_ms() - start >= AT_LEAST(50));
	prop_set(a, "wbi-ms", 0);
	dv16_write(a, DV_CTRL2, 0);
	CHECK_EQ(dv16(a, DV_STATUS2), 0);
}

static void viral(void)
{
	struct accel *a = fresh();

	dv16_write(a, DV_STATUS, 0xffff);
	CHECK_EQ(dv16(a, DV_STATUS), 0);
	prop_set(a, "viral", 1);
	CHECK_EQ(dv16(a, DV_STATUS), STATUS_VIRAL);
	dv16_write(a, DV_STATUS, 0);
	CHECK_EQ(dv16(a, DV_STATUS), STATUS_VIRAL);
	dv16_write(a, DV_STATUS, (uint16_t)~STATUS_VIRAL);
	CHECK_EQ(dv16(a, DV_STATUS), STATUS_VIRAL);
	/* sticky */
	accel_hot_reset(a);
	accel_flr(a);
	CHECK_EQ(dv16(a, DV_STATUS), STATUS_VIRAL);
	dv16_write(a, DV_STATUS, STATUS_VIRAL);
	CHECK_EQ(dv16(a, DV_STATUS), 0);
}

static void preservation_error(void)
{
	struct accel *a = fresh();

	if (!(prop(a, "x-dvsec-cap3") & 0x08))
		tap_skip("Capability3 bit 3 is 0");
	prop_bool(a, "preserve-err", true);
	accel_hot_reset(a);
	prop_bool(a, "preserve-err", false);
	CHECK_EQ(dv16(a, DV_STATUS2), STATUS2_PRESERVE);
	accel_hot_reset(a);
	dv16_write(a, DV_STATUS2, 0);
	CHECK_EQ(dv16(a, DV_STATUS2), STATUS2_PRESERVE);
	dv16_write(a, DV_STATUS2, STATUS2_PRESERVE);
	CHECK_EQ(dv16(a, DV_STATUS2), 0);
}

static void bases(void)
{
	struct accel *a = fresh();

	for (unsigned int off = DV_RANGE1_BASE_HI; off <= DV_RANGE2_BASE_HI;
	     off += DV_RANGE2_BASE_HI - DV_RANGE1_BASE_HI) {
		cfg_write(a, a->dvsec + off, ~0u, 4);
		cfg_write(a, a->dvsec + off + 4, ~0u, 4);
		CHECK_EQ(dv32(a, off), ~0u);
		CHECK_EQ(dv32(a, off + 4), 0xf0000000);
		cfg_write(a, a->dvsec + off, 0, 4);
		cfg_write(a, a->dvsec + off + 4, 0, 4);
		CHECK_EQ(dv32(a, off), 0);
		CHECK_EQ(dv32(a, off + 4), 0);
	}
}

static void lock_latches(void)
{
	struct accel *a = fresh();

	dv16_write(a, DV_LOCK, 0xfffe);
	CHECK_EQ(dv16(a, DV_LOCK), 0);
	dv16_write(a, DV_LOCK, 0xffff);
	CHECK_EQ(dv16(a, DV_LOCK), 1);
	dv16_write(a, DV_LOCK, 0);
	CHECK_EQ(dv16(a, DV_LOCK), 1);
	accel_flr(a);
	CHECK_EQ(dv16(a, DV_LOCK), 1);
	accel_hot_reset(a);
	CHECK_EQ(dv16(a, DV_LOCK), 0);
}

static void lock_freezes(void)
{
	struct accel *a = fresh();

	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	cfg_write(a, a->dvsec + DV_RANGE1_BASE_HI, 0x55, 4);
	dv16_write(a, DV_LOCK, 1);
	dv16_write(a, DV_CTRL, 0x4fff);
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_MEM_ENABLE | CTRL_IO_ENABLE);
	cfg_write(a, a->dvsec + DV_RANGE1_BASE_HI, 0xaa, 4);
	cfg_write(a, a->dvsec + DV_RANGE1_BASE_LO, ~0u, 4);
	cfg_write(a, a->dvsec + DV_RANGE2_BASE_HI, 0xaa, 4);
	cfg_write(a, a->dvsec + DV_RANGE2_BASE_LO, ~0u, 4);
	CHECK_EQ(dv32(a, DV_RANGE1_BASE_HI), 0x55);
	CHECK_EQ(dv32(a, DV_RANGE1_BASE_LO), 0);
	CHECK_EQ(dv32(a, DV_RANGE2_BASE_HI), 0);
	CHECK_EQ(dv32(a, DV_RANGE2_BASE_LO), 0);
	/* Control2 and the clearing of status bits are not locked */
	dv16_write(a, DV_CTRL2, CTRL2_MEM_CLR);
	CHECK_EQ(dv16(a, DV_CTRL2), CTRL2_MEM_CLR);
	prop_set(a, "viral", 1);
	dv16_write(a, DV_STATUS, STATUS_VIRAL);
	CHECK_EQ(dv16(a, DV_STATUS), 0);
	/* a conventional reset lifts the lock and the values behind it */
	accel_hot_reset(a);
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_IO_ENABLE);
	CHECK_EQ(dv32(a, DV_RANGE1_BASE_HI), 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_MEM_ENABLE | CTRL_IO_ENABLE);
}

/* The lock and what it freezes may come in one write: only later ones lose */
static void lock_in_one_write(void)
{
	struct accel *a = fresh();

	/* Status2 and Lock */
	cfg_write(a, a->dvsec + DV_STATUS2, 0x00010000, 4);
	CHECK_EQ(dv16(a, DV_LOCK), 1);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK_EQ(dv16(a, DV_CTRL), CTRL_IO_ENABLE);
	accel_hot_reset(a);
}

static void memory_info(void)
{
	struct accel *a = fresh();

	prop_bool(a, "mem-valid", false);
	CHECK_EQ(dv32(a, DV_RANGE1_SIZE_LO) & RANGE_VALID, 0);
	prop_bool(a, "mem-valid", true);
	CHECK_EQ(dv32(a, DV_RANGE1_SIZE_LO) & RANGE_VALID, RANGE_VALID);
	prop_bool(a, "mem-active", false);
	CHECK_EQ(dv32(a, DV_RANGE1_SIZE_LO) & RANGE_ACTIVE, 0);
	prop_bool(a, "mem-active", true);
	CHECK_EQ(dv32(a, DV_RANGE1_SIZE_LO) & RANGE_ACTIVE, RANGE_ACTIVE);
}

const struct suite dvsec_suite = {
	"dvsec", (const struct test_case[]) {
		{ "header", header },
		{ "read-only", read_only },
		{ "control", control },
		{ "byte-lanes", byte_lanes },
		{ "control2", control2 },
		{ "status2-read-only", status2_read_only },
		{ "write-back-invalidate", write_back_invalidate },
		{ "viral", viral },
		{ "preservation-error", preservation_error },
		{ "bases", bases },
		{ "lock-latches", lock_latches },
		{ "lock-freezes", lock_freezes },
		{ "lock-in-one-write", lock_in_one_write },
		{ "memory-info", memory_info },
		{ }
	}
};
