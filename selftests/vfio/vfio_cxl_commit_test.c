// SPDX-License-Identifier: GPL-2.0
/*
 * When the HDM decoders that a guest sees commit, 8.2.4.20.7, in which order
 * they do, and when they are released. A walk through the shadow: no physical
 * decoder follows.
 */
#include "cxl_test.h"
#include "hdm.h"

#define STATE (COMMIT | DONE | FAILED)

FIXTURE(commit) {
	struct hdm hdm;
};

FIXTURE_SETUP(commit)
{
	struct hdm *hdm = &self->hdm;

	hdm_open(hdm, cxl_bdf);
	if (hdm->locked) {
		cxl_dev_close(&hdm->dev);
		SKIP(return, "firmware locked the decoder");
	}
	hdm_set(hdm, CTRL(0), 0);
	ASSERT_EQ(0, hdm_get(hdm, CTRL(0)) & STATE);
}

FIXTURE_TEARDOWN(commit)
{
	uint32_t dword;

	EXPECT_EQ(-1, hdm_physical_changed(&self->hdm));
	EXPECT_EQ(4, cxl_mem_read(&self->hdm.dev, 0, &dword, 4));
	cxl_dev_close(&self->hdm.dev);
}

struct attempt {
	const char *what;
	uint64_t base, size;	/* in units of 256 MiB */
	uint32_t ctrl;
	bool commits;
};

static void check(struct __test_metadata *_metadata, struct hdm *hdm,
		  unsigned int n, const struct attempt *a)
{
	hdm_program(hdm, n, a->base * HDM_GRANULE, a->size * HDM_GRANULE,
		    a->ctrl | COMMIT);
	EXPECT_EQ(a->ctrl | COMMIT | (a->commits ? DONE : FAILED),
		  hdm_get(hdm, CTRL(n)) & 0xfff)
		TH_LOG("decoder %u: %s", n, a->what);
	if (!a->commits) {
		/* The error stays until COMMIT is cleared, but locks nothing. */
		hdm_set64(hdm, BASE(n), 0);
		hdm_set64(hdm, SIZE(n), HDM_GRANULE);
		hdm_set(hdm, CTRL(n), COMMIT);
		EXPECT_EQ(COMMIT | FAILED, hdm_get(hdm, CTRL(n)) & STATE)
			TH_LOG("decoder %u: %s", n, a->what);
		EXPECT_EQ(HDM_GRANULE, hdm_get64(hdm, SIZE(n)));
	}
	hdm_set(hdm, CTRL(n), 0);
	EXPECT_EQ(0, hdm_get(hdm, CTRL(n)) & STATE)
		TH_LOG("decoder %u: %s", n, a->what);
}

TEST_F(commit, ranges)
{
	const uint64_t last = 0xfffffffff;
	const struct attempt attempts[] = {
		{ "size 0", 0, 0, 0, false },
		{ "the least", 0, 1, 0, true },
		{ "anywhere", 12345, 67, 0, true },
		{ "up to the last address", last - 1, 1, 0, true },
		{ "all there is", 0, last, 0, true },
		{ "ends at 2^64", last, 1, 0, false },
		{ "wraps", last, 2, 0, false },
		{ "wraps to itself", 1, last, 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(attempts); i++)
		check(_metadata, &self->hdm, 0, &attempts[i]);
}

TEST_F(commit, interleave)
{
	bool has_16 = self->hdm.cap & HDM_CAP_16_WAYS;
	bool has_3 = self->hdm.cap & HDM_CAP_3_6_12_WAYS;
	const struct attempt attempts[] = {
		{ "granularity 6", 0, 1, 6, true },
		{ "granularity 7", 0, 1, 7, false },
		{ "granularity 15", 0, 1, 15, false },
		{ "2 ways", 0, 2, WAYS(1), true },
		{ "2 ways at 16 KiB", 0, 2, WAYS(1) | 6, true },
		{ "2 ways, size for 1", 0, 1, WAYS(1), false },
		{ "2 ways, size for 3", 0, 3, WAYS(1), false },
		{ "2 ways, base for 1", 1, 2, WAYS(1), false },
		{ "2 ways, base for 2", 2, 2, WAYS(1), true },
		{ "4 ways", 4, 4, WAYS(2), true },
		{ "4 ways, base for 2", 2, 4, WAYS(2), false },
		{ "8 ways", 0, 8, WAYS(3), true },
		{ "8 ways, size for 4", 0, 12, WAYS(3), false },
		{ "16 ways", 0, 16, WAYS(4), has_16 },
		{ "ways 5", 0, 96, WAYS(5), false },
		{ "ways 6", 0, 96, WAYS(6), false },
		{ "ways 7", 0, 384, WAYS(7), false },
		{ "3 ways", 3, 3, WAYS(8), has_3 },
		{ "3 ways, base for 2", 2, 3, WAYS(8), false },
		{ "6 ways", 0, 6, WAYS(9), has_3 },
		{ "12 ways", 0, 12, WAYS(10), has_3 },
		{ "12 ways, size for 6", 0, 6, WAYS(10), false },
		{ "ways 11", 0, 24, WAYS(11), false },
		{ "ways 15", 0, 768, WAYS(15), false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(attempts); i++)
		check(_metadata, &self->hdm, 0, &attempts[i]);
}

TEST_F(commit, lock)
{
	struct hdm *hdm = &self->hdm;

	/* Nothing is locked before it is committed... */
	hdm_program(hdm, 0, 0, HDM_GRANULE, LOCK);
	hdm_set(hdm, CTRL(0), 0);
	EXPECT_EQ(0, hdm_get(hdm, CTRL(0)) & (LOCK | STATE));
	/* ... nor by a commit that fails... */
	hdm_program(hdm, 0, 0, 0, LOCK | COMMIT);
	EXPECT_EQ(LOCK | COMMIT | FAILED, hdm_get(hdm, CTRL(0)) & 0xfff);
	hdm_set(hdm, CTRL(0), 0);
	EXPECT_EQ(0, hdm_get(hdm, CTRL(0)) & (LOCK | STATE));
	/* ... and then it is, until the device is opened again. */
	hdm_program(hdm, 0, 0, HDM_GRANULE, LOCK | COMMIT);
	EXPECT_EQ(LOCK | COMMIT | DONE, hdm_get(hdm, CTRL(0)) & 0xfff);
	EXPECT_EQ(-1, hdm_try_to_change(hdm, 0, ~0u, 0));
	EXPECT_EQ(LOCK | COMMIT | DONE, hdm_get(hdm, CTRL(0)) & 0xfff);
	EXPECT_EQ(-1, hdm_physical_changed(hdm));
	hdm_reopen(hdm);
	EXPECT_EQ(-1, hdm_changed(hdm));
}

TEST_F(commit, in_order)
{
	static const struct attempt without_0 = { "0 is free", 1, 1, 0, false };
	static const struct attempt with_0[] = {
		{ "where 0 is", 2, 1, 0, false },
		{ "around 0", 1, 4, 0, false },
		{ "inside 0", 3, 4, 0, false },
		{ "below 0", 0, 1, 0, false },
		{ "behind 0", 4, 1, 0, true },
		{ "far behind 0", 99, 1, 0, true },
	};
	static const struct attempt without_1 = { "1 is free", 99, 1, 0, false };
	struct hdm *hdm = &self->hdm;
	unsigned int i;

	if (hdm->dev.decoders < 2)
		SKIP(return, "the device has one decoder");
	check(_metadata, hdm, 1, &without_0);
	hdm_program(hdm, 0, 2 * HDM_GRANULE, 2 * HDM_GRANULE, COMMIT);
	ASSERT_EQ(COMMIT | DONE, hdm_get(hdm, CTRL(0)) & 0xfff);
	for (i = 0; i < ARRAY_SIZE(with_0); i++)
		check(_metadata, hdm, 1, &with_0[i]);
	if (hdm->dev.decoders > 2)
		check(_metadata, hdm, 2, &without_1);
}

static void commit_all(struct __test_metadata *_metadata, struct hdm *hdm)
{
	unsigned int n;

	for (n = 0; n < hdm->dev.decoders; n++) {
		hdm_program(hdm, n, n * HDM_GRANULE, HDM_GRANULE, COMMIT);
		ASSERT_EQ(COMMIT | DONE, hdm_get(hdm, CTRL(n)) & 0xfff);
	}
}

TEST_F(commit, released_in_reverse_order)
{
	struct hdm *hdm = &self->hdm;
	unsigned int n;

	if (hdm->dev.decoders < 2)
		SKIP(return, "the device has one decoder");
	commit_all(_metadata, hdm);
	EXPECT_EQ(-1, hdm_physical_changed(hdm));
	for (n = 0; n + 1 < hdm->dev.decoders; n++) {
		hdm_set(hdm, CTRL(n), 0);
		EXPECT_EQ(COMMIT | DONE, hdm_get(hdm, CTRL(n)) & 0xfff)
			TH_LOG("decoder %u was released", n);
	}
	while (n--) {
		hdm_set(hdm, CTRL(n + 1), 0);
		EXPECT_EQ(0, hdm_get(hdm, CTRL(n + 1)) & 0xfff)
			TH_LOG("decoder %u was not released", n + 1);
		EXPECT_EQ(COMMIT | DONE, hdm_get(hdm, CTRL(n)) & 0xfff);
	}
}

TEST_F(commit, a_locked_one_keeps_those_below)
{
	struct hdm *hdm = &self->hdm;

	if (hdm->dev.decoders < 2)
		SKIP(return, "the device has one decoder");
	hdm_program(hdm, 0, 0, HDM_GRANULE, COMMIT);
	hdm_program(hdm, 1, HDM_GRANULE, HDM_GRANULE, COMMIT | LOCK);
	hdm_set(hdm, CTRL(1), 0);
	hdm_set(hdm, CTRL(0), 0);
	EXPECT_EQ(COMMIT | DONE, hdm_get(hdm, CTRL(0)) & 0xfff);
	EXPECT_EQ(COMMIT | DONE | LOCK, hdm_get(hdm, CTRL(1)) & 0xfff);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
