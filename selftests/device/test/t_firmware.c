// SPDX-License-Identifier: GPL-2.0-or-later
/* What firmware left behind. Runs before any test that changes it. */
#include "accel.h"
#include "suites.h"

static void need_commit(struct accel *a)
{
	if (!prop(a, "firmware-commit"))
		tap_skip("firmware-commit=off");
}

static void dvsec(void)
{
	struct accel *a = accel_get(0);
	uint16_t ctrl = CTRL_IO_ENABLE;
	uint32_t size_lo;

	if (!a->dvsec)
		tap_skip("no CXL Device DVSEC");
	if (prop(a, "firmware-commit")) {
		if (prop(a, "mem-enable"))
			ctrl |= CTRL_MEM_ENABLE;
		if (prop(a, "cache-capable"))
			ctrl |= CTRL_CACHE_ENABLE;
		CHECK_EQ(cfg32(a, a->dvsec + DV_RANGE1_BASE_HI), a->base >> 32);
		CHECK_EQ(cfg32(a, a->dvsec + DV_RANGE1_BASE_LO),
			 (uint32_t)a->base);
	}
	CHECK_EQ(dv16(a, DV_CTRL), ctrl);
	CHECK_EQ(dv16(a, DV_LOCK), prop(a, "config-lock"));
	size_lo = cfg32(a, a->dvsec + DV_RANGE1_SIZE_LO);
	CHECK_EQ(size_lo & 0xf0000000, (uint32_t)a->size);
	CHECK_EQ(cfg32(a, a->dvsec + DV_RANGE1_SIZE_HI), a->size >> 32);
	CHECK_EQ(!!(size_lo & RANGE_VALID), prop(a, "mem-valid"));
	CHECK_EQ(!!(size_lo & RANGE_ACTIVE), prop(a, "mem-active"));
}

static void decoders(void)
{
	struct accel *a = accel_get(0);
	unsigned int n = 0;

	CHECK_EQ(a->decoders, prop(a, "hdm-count"));
	if (prop(a, "firmware-commit")) {
		uint32_t ctrl = DEC_COMMIT | DEC_COMMITTED;

		if (prop(a, "lock"))
			ctrl |= DEC_LOCK;
		if (prop(a, "hostonly"))
			ctrl |= DEC_HOSTONLY;
		CHECK_EQ(decoder_base(decoder(a, 0)), a->base);
		CHECK_EQ(decoder_size(decoder(a, 0)), a->size);
		CHECK_EQ(decoder(a, 0)[DEC_CTRL], ctrl);
		CHECK_EQ(a->hdm[HDM_GLOBAL], GLOBAL_ENABLE);
		n = 1;
	}
	for (; n < a->decoders; n++) {
		CHECK_EQ(decoder_base(decoder(a, n)), 0);
		CHECK_EQ(decoder_size(decoder(a, n)), 0);
		CHECK_EQ(decoder(a, n)[DEC_CTRL] & ~DEC_HOSTONLY, 0);
	}
}

static void host_bridge(void)
{
	struct accel *a = accel_get(0);
	reg32_t *dec = a->host + HDM_DECODER(0);

	need_commit(a);
	if (!a->host)
		tap_skip("the host bridge has no decoders");
	CHECK_EQ(dec[DEC_CTRL] & (DEC_COMMIT | DEC_COMMITTED),
		 DEC_COMMIT | DEC_COMMITTED);
	CHECK_EQ(decoder_base(dec), a->base);
	CHECK_EQ(decoder_size(dec), a->size);
}

static void alignment(void)
{
	struct accel *a = accel_get(0);

	CHECK_EQ(a->base % prop(a, "hpa-align"), 0);
}

static void window(void)
{
	struct accel *a = accel_get(0);
	bool reachable = prop(a, "firmware-commit") && prop(a, "mem-enable") &&
			 prop(a, "mem-active");

	CHECK_EQ(prop(a, "stray-accesses"), 0);
	CHECK_EQ(window_works(a), reachable);
}

/* One page a GiB, and the last: each has its own place in device memory */
static void all_of_it(void)
{
	struct accel *a = accel_get(0);
	reg64_t *page[66];
	unsigned int count = 0;

	need_commit(a);
	if (a->size < 2 * GIB)
		tap_skip("the window is small");
	for (uint64_t at = 0; at < a->size && count < 64; at += GIB)
		page[count++] = map_phys(a->base + at, 4096);
	page[count++] = map_phys(a->base + a->size - 4096, 4096);
	for (unsigned int i = 0; i < count; i++)
		page[i][5] = 0xace0000000000000 | i;
	for (unsigned int i = 0; i < count; i++)
		CHECK_EQ(page[i][5], 0xace0000000000000 | i);
	CHECK_EQ(prop(a, "stray-accesses"), 0);
}

const struct suite firmware_suite = {
	"firmware", (const struct test_case[]) {
		{ "dvsec", dvsec },
		{ "decoders", decoders },
		{ "host-bridge", host_bridge },
		{ "alignment", alignment },
		{ "window", window },
		{ "all-of-it", all_of_it },
		{ }
	}
};
