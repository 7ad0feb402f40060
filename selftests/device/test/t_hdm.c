// SPDX-License-Identifier: GPL-2.0-or-later
/* HDM decoders: field attributes, commit, release, lock, 8.2.4.20 */
#include "accel.h"
#include "suites.h"

#define COMMIT_BITS	(DEC_COMMIT | DEC_COMMITTED | DEC_ERROR)
#define COMMIT_OK	(DEC_COMMIT | DEC_COMMITTED)

static struct accel *fresh(unsigned int decoders)
{
	struct accel *a = accel_get(0);

	if (a->decoders < decoders)
		tap_skip("needs %u decoders", decoders);
	accel_fresh(a);
	return a;
}

static void capability(void)
{
	struct accel *a = fresh(1);
	uint32_t was = a->hdm[HDM_CAP];

	CHECK_EQ(a->decoders, prop(a, "hdm-count"));
	CHECK_EQ(was >> 10 & 1, prop(a, "poison-on-err"));
	a->hdm[HDM_CAP] = ~was;
	CHECK_EQ(a->hdm[HDM_CAP], was);
}

static void global_control(void)
{
	struct accel *a = fresh(1);
	uint32_t rw = GLOBAL_ENABLE;

	if (prop(a, "poison-on-err"))
		rw |= GLOBAL_POISON;
	CHECK_EQ(a->hdm[HDM_GLOBAL], 0);
	a->hdm[HDM_GLOBAL] = ~0u;
	CHECK_EQ(a->hdm[HDM_GLOBAL], rw);
	a->hdm[HDM_GLOBAL] = 0;
	CHECK_EQ(a->hdm[HDM_GLOBAL], 0);
}

static void fields(void)
{
	struct accel *a = fresh(1);
	static const uint32_t masks[] = {
		[DEC_BASE_LO] = 0xf0000000, [DEC_BASE_HI] = ~0u,
		[DEC_SIZE_LO] = 0xf0000000, [DEC_SIZE_HI] = ~0u,
		[DEC_SKIP_LO] = 0xf0000000, [DEC_SKIP_HI] = ~0u,
		[7] = 0,
	};

	for (unsigned int n = 0; n < a->decoders; n++) {
		reg32_t *dec = decoder(a, n);
		uint32_t rwl = DEC_IG(0xf) | DEC_IW(0xf) | DEC_LOCK;
		uint32_t fixed = prop(a, "hostonly") ? DEC_HOSTONLY : 0;

		if (prop(a, "bi-capable")) {
			rwl |= DEC_HOSTONLY | DEC_BI;
			fixed = 0;
		}
		for (unsigned int i = 0; i < 8; i++) {
			if (i == DEC_CTRL)
				continue;
			dec[i] = ~0u;
			CHECK_EQ(dec[i], masks[i]);
			dec[i] = 0;
			CHECK_EQ(dec[i], 0);
		}
		dec[DEC_CTRL] = ~DEC_COMMIT;
		CHECK_EQ(dec[DEC_CTRL], rwl | fixed);
		dec[DEC_CTRL] = 0;
		CHECK_EQ(dec[DEC_CTRL], fixed);
	}
}

static void beyond_count(void)
{
	struct accel *a = fresh(1);

	if (a->decoders == 10)
		tap_skip("all decoders exist");
	for (unsigned int i = 0; i < 8; i++) {
		decoder(a, a->decoders)[i] = ~0u;
		CHECK_EQ(decoder(a, a->decoders)[i], 0);
	}
}

static void commits_at_once(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec = decoder(a, 0);

	decoder_program(dec, a->base, GRANULE);
	dec[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, COMMIT_OK);
}

static void read_only_while_committed(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec = decoder(a, 0);
	uint32_t was[8];

	CHECK_EQ(decoder_commit(a, 0, a->base, GRANULE, 0) & COMMIT_BITS, COMMIT_OK);
	for (unsigned int i = 0; i < 8; i++)
		was[i] = dec[i];
	for (unsigned int i = 0; i < 8; i++) {
		dec[i] = i == DEC_CTRL ? ~0u : ~was[i];
		CHECK_EQ(dec[i], was[i]);
	}
}

static void released_by_commit_0(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec = decoder(a, 0);

	decoder_commit(a, 0, a->base, GRANULE, 0);
	/* other bits of that write do not count */
	dec[DEC_CTRL] = DEC_LOCK | DEC_IG(3);
	CHECK_EQ(dec[DEC_CTRL] & ~DEC_HOSTONLY, 0);
	CHECK_EQ(decoder_base(dec), a->base);
	dec[DEC_SIZE_HI] = 1;
	CHECK_EQ(dec[DEC_SIZE_HI], 1);
}

static void released_in_reverse(void)
{
	struct accel *a = fresh(2);

	decoder_commit(a, 0, a->base, GRANULE, 0);
	decoder_commit(a, 1, a->base + GRANULE, GRANULE, 0);
	decoder(a, 0)[DEC_CTRL] = 0;
	CHECK_EQ(decoder(a, 0)[DEC_CTRL] & COMMIT_BITS, COMMIT_OK);
	decoder(a, 1)[DEC_CTRL] = 0;
	CHECK_EQ(decoder(a, 1)[DEC_CTRL] & COMMIT_BITS, 0);
	decoder(a, 0)[DEC_CTRL] = 0;
	CHECK_EQ(decoder(a, 0)[DEC_CTRL] & COMMIT_BITS, 0);
}

static void locked_until_reset(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec = decoder(a, 0);
	uint32_t ctrl = decoder_commit(a, 0, a->base, GRANULE, DEC_LOCK);

	CHECK_EQ(ctrl & (COMMIT_BITS | DEC_LOCK), COMMIT_OK | DEC_LOCK);
	dec[DEC_CTRL] = 0;
	CHECK_EQ(dec[DEC_CTRL], ctrl);
	dec[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(dec[DEC_CTRL], ctrl);
	decoder_program(dec, 0, 0);
	CHECK_EQ(decoder_base(dec), a->base);
	CHECK_EQ(decoder_size(dec), GRANULE);
	accel_flr(a);
	CHECK_EQ(dec[DEC_CTRL], ctrl);
	accel_hot_reset(a);
	CHECK_EQ(dec[DEC_CTRL] & ~DEC_HOSTONLY, 0);
	CHECK_EQ(decoder_base(dec), 0);
}

/* A lock bit that was set before COMMIT locks; alone it does not */
static void lock_alone(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec = decoder(a, 0);

	dec[DEC_CTRL] = DEC_LOCK;
	decoder_program(dec, a->base, GRANULE);
	CHECK_EQ(decoder_base(dec), a->base);
	dec[DEC_CTRL] = 0;
	CHECK_EQ(dec[DEC_CTRL] & DEC_LOCK, 0);
}

static void pending(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec = decoder(a, 0);

	prop_set(a, "commit-delay-ms", NEVER_MS);
	decoder_program(dec, a->base, a->size);
	a->hdm[HDM_GLOBAL] = GLOBAL_ENABLE;
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	dec[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, DEC_COMMIT);
	CHECK(!window_works(a));
	prop_set(a, "commit-delay-ms", 0);
}

static void delayed(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec = decoder(a, 0);
	uint64_t start = now_ms();

	prop_set(a, "commit-delay-ms", 100);
	decoder_program(dec, a->base, a->size);
	a->hdm[HDM_GLOBAL] = GLOBAL_ENABLE;
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	dec[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(wait_commit(dec, LONG_MS) & COMMIT_BITS, COMMIT_OK);
	CHECK(now_ms() - start >= AT_LEAST(100));
	CHECK(window_works(a));
	prop_set(a, "commit-delay-ms", 0);
}

static void delayed_and_withdrawn(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec = decoder(a, 0);

	prop_set(a, "commit-delay-ms", 100);
	decoder_program(dec, a->base, GRANULE);
	dec[DEC_CTRL] = DEC_COMMIT;
	dec[DEC_CTRL] = 0;
	sleep_ms(300);
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, 0);
	/* a reset withdraws it too */
	decoder_program(dec, a->base, GRANULE);
	dec[DEC_CTRL] = DEC_COMMIT;
	accel_hot_reset(a);
	sleep_ms(300);
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, 0);
	prop_set(a, "commit-delay-ms", 0);
}

static void delayed_in_order(void)
{
	struct accel *a = fresh(2);

	prop_set(a, "commit-delay-ms", 100);
	decoder_program(decoder(a, 0), a->base, GRANULE);
	decoder_program(decoder(a, 1), a->base + GRANULE, GRANULE);
	decoder(a, 0)[DEC_CTRL] = DEC_COMMIT;
	decoder(a, 1)[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(wait_commit(decoder(a, 1), LONG_MS) & COMMIT_BITS, COMMIT_OK);
	CHECK_EQ(decoder(a, 0)[DEC_CTRL] & COMMIT_BITS, COMMIT_OK);
	prop_set(a, "commit-delay-ms", 0);
}

static void told_to_fail(void)
{
	struct accel *a = fresh(1);
	uint32_t ctrl;

	prop_bool(a, "commit-err", true);
	ctrl = decoder_commit(a, 0, a->base, GRANULE, 0);
	CHECK_EQ(ctrl & COMMIT_BITS, DEC_COMMIT | DEC_ERROR);
	decoder(a, 0)[DEC_CTRL] = 0;
	prop_bool(a, "commit-err", false);
	ctrl = decoder_commit(a, 0, a->base, GRANULE, 0);
	CHECK_EQ(ctrl & COMMIT_BITS, COMMIT_OK);
}

const struct suite hdm_suite = {
	"hdm", (const struct test_case[]) {
		{ "capability", capability },
		{ "global-control", global_control },
		{ "fields", fields },
		{ "beyond-count", beyond_count },
		{ "commits-at-once", commits_at_once },
		{ "read-only-while-committed", read_only_while_committed },
		{ "released-by-commit-0", released_by_commit_0 },
		{ "released-in-reverse", released_in_reverse },
		{ "locked-until-reset", locked_until_reset },
		{ "lock-alone", lock_alone },
		{ "pending", pending },
		{ "delayed", delayed },
		{ "delayed-and-withdrawn", delayed_and_withdrawn },
		{ "delayed-in-order", delayed_in_order },
		{ "told-to-fail", told_to_fail },
		{ }
	}
};
