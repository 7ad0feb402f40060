// SPDX-License-Identifier: GPL-2.0-or-later
/* Which part of device memory a decoder shows where */
#include "accel.h"
#include "suites.h"

/* One page at the start of each granule of the window */
static reg64_t *at(struct accel *a, unsigned int granule)
{
	static reg64_t *pages[4];

	if (!pages[granule])
		pages[granule] = map_phys(a->base + granule * GRANULE, 4096);
	return pages[granule];
}

static struct accel *marked(unsigned int decoders)
{
	struct accel *a = accel_get(0);

	if (a->decoders < decoders || a->size < 4 * GRANULE)
		tap_skip("needs %u decoders and 1 GiB", decoders);
	accel_ready(a);
	for (unsigned int i = 0; i < 4; i++)
		at(a, i)[0] = 0xd0 + i;
	CHECK_EQ(prop(a, "stray-accesses"), 0);
	accel_fresh(a);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	return a;
}

static void expect(struct accel *a, uint64_t g0, uint64_t g1, uint64_t g2,
		   uint64_t g3)
{
	const uint64_t want[] = { g0, g1, g2, g3 };
	unsigned int strays = 0;

	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(at(a, i)[0], want[i]);
		strays += want[i] == ~0ULL;
	}
	CHECK_EQ(prop(a, "stray-reads"), strays);
	CHECK_EQ(prop(a, "stray-writes"), 0);
	prop_set(a, "stray-accesses", 0);
}

static void contents_survive(void)
{
	struct accel *a = marked(1);

	expect(a, ~0ULL, ~0ULL, ~0ULL, ~0ULL);
	decoder_commit(a, 0, a->base, 4 * GRANULE, 0);
	expect(a, 0xd0, 0xd1, 0xd2, 0xd3);
}

static void part(void)
{
	struct accel *a = marked(1);

	decoder_commit(a, 0, a->base + GRANULE, 2 * GRANULE, 0);
	expect(a, ~0ULL, 0xd0, 0xd1, ~0ULL);
}

static void two_decoders(void)
{
	struct accel *a = marked(2);

	decoder_commit(a, 0, a->base, GRANULE, 0);
	decoder_commit(a, 1, a->base + 2 * GRANULE, 2 * GRANULE, 0);
	expect(a, 0xd0, ~0ULL, 0xd1, 0xd2);
	decoder(a, 1)[DEC_CTRL] = 0;
	expect(a, 0xd0, ~0ULL, ~0ULL, ~0ULL);
}

static void skip(void)
{
	struct accel *a = marked(2);

	decoder(a, 0)[DEC_SKIP_LO] = GRANULE;
	decoder_commit(a, 0, a->base, GRANULE, 0);
	decoder(a, 1)[DEC_SKIP_LO] = GRANULE;
	decoder_commit(a, 1, a->base + GRANULE, GRANULE, 0);
	expect(a, 0xd1, 0xd3, ~0ULL, ~0ULL);
}

static void beyond_memory(void)
{
	struct accel *a = marked(2);

	decoder(a, 0)[DEC_SKIP_LO] = GRANULE;
	decoder_commit(a, 0, a->base, a->size, 0);
	expect(a, ~0ULL, ~0ULL, ~0ULL, ~0ULL);
}

static void interleaved(void)
{
	struct accel *a = marked(1);
	uint32_t ctrl = decoder_commit(a, 0, a->base & ~(2 * GRANULE - 1),
				       4 * GRANULE, DEC_IW(1));

	CHECK(ctrl & DEC_COMMITTED);
	expect(a, ~0ULL, ~0ULL, ~0ULL, ~0ULL);
}

/* Not this device's place, though in its host bridge's window */
static void beside(void)
{
	struct accel *a = marked(1);
	reg64_t *page = map_phys(a->base + a->size, 4096);

	accel_ready(a);
	page[0] = 1;
	CHECK_EQ(page[0], ~0ULL);
	CHECK_EQ(prop(a, "stray-accesses"), 2);
	CHECK_EQ(prop(a, "stray-address"), a->base + a->size);
	prop_set(a, "stray-accesses", 0);
}

const struct suite map_suite = {
	"map", (const struct test_case[]) {
		{ "contents-survive", contents_survive },
		{ "part", part },
		{ "two-decoders", two_decoders },
		{ "skip", skip },
		{ "beyond-memory", beyond_memory },
		{ "interleaved", interleaved },
		{ "beside", beside },
		{ }
	}
};
