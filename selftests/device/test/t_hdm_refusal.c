// SPDX-License-Identifier: GPL-2.0-or-later
/* What a decoder refuses to commit, of the device and of the host bridge */
#include "accel.h"
#include "suites.h"

#define COMMIT_BITS	(DEC_COMMIT | DEC_COMMITTED | DEC_ERROR)
#define COMMIT_OK	(DEC_COMMIT | DEC_COMMITTED)
#define REFUSED		(DEC_COMMIT | DEC_ERROR)

static struct accel *fresh(unsigned int decoders)
{
	struct accel *a = accel_get(0);

	if (a->decoders < decoders)
		tap_skip("needs %u decoders", decoders);
	accel_fresh(a);
	return a;
}

static uint32_t try(struct accel *a, unsigned int n, uint64_t base,
		    uint64_t size, uint32_t ctrl)
{
	uint32_t got = decoder_commit(a, n, base, size, ctrl) & COMMIT_BITS;

	decoder(a, n)[DEC_CTRL] = 0;
	CHECK_EQ(decoder(a, n)[DEC_CTRL] & COMMIT_BITS, 0);
	return got;
}

static void size_zero(void)
{
	struct accel *a = fresh(1);

	CHECK_EQ(try(a, 0, a->base, 0, 0), REFUSED);
}

static void wraps(void)
{
	struct accel *a = fresh(1);

	CHECK_EQ(try(a, 0, -GRANULE, 2 * GRANULE, 0), REFUSED);
	CHECK_EQ(try(a, 0, -GRANULE, GRANULE, 0), REFUSED);
	CHECK_EQ(try(a, 0, -2 * GRANULE, GRANULE, 0), COMMIT_OK);
}

static void ways(void)
{
	struct accel *a = fresh(1);
	/* by encoding; 0: reserved */
	static const unsigned int count[16] = {
		1, 2, 4, 8, 16, 0, 0, 0, 3, 6, 12,
	};

	for (unsigned int iw = 0; iw < 16; iw++) {
		uint64_t unit = GRANULE * (count[iw] ?: 1);
		uint64_t base = 48 * unit;

		CHECK_EQ(try(a, 0, base, unit, DEC_IW(iw)),
			 count[iw] ? COMMIT_OK : REFUSED);
		if (count[iw] < 2)
			continue;
		CHECK_EQ(try(a, 0, base, unit + GRANULE, DEC_IW(iw)), REFUSED);
		CHECK_EQ(try(a, 0, base + GRANULE, unit, DEC_IW(iw)), REFUSED);
	}
}

static void granularity(void)
{
	struct accel *a = fresh(1);

	for (unsigned int ig = 0; ig < 16; ig++)
		CHECK_EQ(try(a, 0, a->base, GRANULE, DEC_IG(ig)),
			 ig <= 6 ? COMMIT_OK : REFUSED);
}

static void lower_not_committed(void)
{
	struct accel *a = fresh(4);

	CHECK_EQ(try(a, 1, a->base, GRANULE, 0), REFUSED);
	decoder_commit(a, 0, a->base, GRANULE, 0);
	CHECK_EQ(try(a, 2, a->base + GRANULE, GRANULE, 0), REFUSED);
	CHECK_EQ(try(a, 1, a->base + GRANULE, GRANULE, 0), COMMIT_OK);
}

static void out_of_order(void)
{
	struct accel *a = fresh(2);

	decoder_commit(a, 0, a->base + 2 * GRANULE, GRANULE, 0);
	CHECK_EQ(try(a, 1, a->base, GRANULE, 0), REFUSED);
	CHECK_EQ(try(a, 1, a->base + GRANULE, GRANULE, 0), REFUSED);
	CHECK_EQ(try(a, 1, a->base + 3 * GRANULE, GRANULE, 0), COMMIT_OK);
}

static void overlap(void)
{
	struct accel *a = fresh(4);

	decoder_commit(a, 0, a->base, 2 * GRANULE, 0);
	CHECK_EQ(try(a, 1, a->base, 2 * GRANULE, 0), REFUSED);
	CHECK_EQ(try(a, 1, a->base + GRANULE, 2 * GRANULE, 0), REFUSED);
	CHECK_EQ(try(a, 1, a->base - GRANULE, 2 * GRANULE, 0), REFUSED);
	CHECK_EQ(try(a, 1, a->base - GRANULE, 4 * GRANULE, 0), REFUSED);
	CHECK_EQ(try(a, 1, a->base + 2 * GRANULE, GRANULE, 0), COMMIT_OK);
}

static void error_bit(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec = decoder(a, 0);

	CHECK_EQ(decoder_commit(a, 0, a->base, 0, 0) & COMMIT_BITS, REFUSED);
	/* the registers are free, but nothing is tried until COMMIT was 0 */
	decoder_program(dec, a->base, GRANULE);
	CHECK_EQ(decoder_size(dec), GRANULE);
	dec[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, REFUSED);
	dec[DEC_CTRL] = 0;
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, 0);
	dec[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, COMMIT_OK);
}

/* Decoder 0 of the host bridge is firmware's: the next one is free */
static void host_bridge(void)
{
	struct accel *a = fresh(1);
	reg32_t *dec;
	uint64_t above = a->base + a->size;

	if (!a->host)
		tap_skip("the host bridge has no decoders");
	dec = a->host + HDM_DECODER(1);
	decoder_program(dec, above, 0);
	dec[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, REFUSED);
	dec[DEC_CTRL] = 0;
	decoder_program(dec, a->base, GRANULE);
	dec[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, REFUSED);
	dec[DEC_CTRL] = 0;
	decoder_program(dec, above, GRANULE);
	dec[DEC_CTRL] = DEC_COMMIT;
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, COMMIT_OK);
	dec[DEC_SIZE_HI] = 1;
	CHECK_EQ(decoder_size(dec), GRANULE);
	a->host[HDM_DECODER(0) + DEC_CTRL] = 0;
	CHECK_EQ(a->host[HDM_DECODER(0) + DEC_CTRL] & COMMIT_BITS, COMMIT_OK);
	dec[DEC_CTRL] = 0;
	CHECK_EQ(dec[DEC_CTRL] & COMMIT_BITS, 0);
	decoder_program(dec, 0, 0);
}

const struct suite hdm_refusal_suite = {
	"hdm-refusal", (const struct test_case[]) {
		{ "size-zero", size_zero },
		{ "wraps", wraps },
		{ "ways", ways },
		{ "granularity", granularity },
		{ "lower-not-committed", lower_not_committed },
		{ "out-of-order", out_of_order },
		{ "overlap", overlap },
		{ "error-bit", error_bit },
		{ "host-bridge", host_bridge },
		{ }
	}
};
