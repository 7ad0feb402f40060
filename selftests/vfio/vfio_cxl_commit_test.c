// SPDX-License-Identifier: GPL-2.0
/*
 * When the HDM decoders that a guest sees commit, 8.2.4.20.7: decoder 0 for the
 * memory that is there, at any address, and nothing else. No physical decoder
 * follows.
 */
#include "cxl_test.h"
#include "hdm.h"

#define STATE (COMMIT | DONE | FAILED)

FIXTURE(commit) {
	struct hdm hdm;
	uint64_t size;		/* of the window */
	uint64_t skip;
};

FIXTURE_SETUP(commit)
{
	struct hdm *hdm = &self->hdm;

	hdm_open(hdm, cxl_bdf);
	if (hdm->locked) {
		cxl_dev_close(&hdm->dev);
		SKIP(return, "firmware locked the decoder");
	}
	self->size = hdm_get64(hdm, SIZE(0));
	self->skip = hdm_get64(hdm, DPA_SKIP(0));
	ASSERT_EQ(self->size, hdm->dev.size);
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
	uint64_t base, size, skip;
	uint32_t ctrl;
	bool commits;
};

static void check(struct __test_metadata *_metadata, struct hdm *hdm,
		  unsigned int n, const struct attempt *a)
{
	hdm_set(hdm, CTRL(n), 0);
	hdm_set64(hdm, DPA_SKIP(n), a->skip);
	hdm_program(hdm, n, a->base, a->size, a->ctrl | COMMIT);
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

TEST_F(commit, decoder_0)
{
	const uint64_t size = self->size, skip = self->skip, one = HDM_GRANULE;
	const struct attempt attempts[] = {
		{ "at 0", 0, size, skip, 0, true },
		{ "anywhere", 12345 * one, size, skip, 0, true },
		{ "up to the last address", -one - size, size, skip, 0, true },
		{ "granularity 6", 0, size, skip, 6, true },
		{ "ends at 2^64", -size, size, skip, 0, false },
		{ "wraps, if it is not the least", -one, size, skip, 0, false },
		{ "size 0", 0, 0, skip, 0, false },
		{ "less", 0, size - one, skip, 0, false },
		{ "more", 0, size + one, skip, 0, false },
		{ "1 TiB", 0, 1ull << 40, skip, 0, false },
		{ "another skip", 0, size, skip + one, 0, false },
		{ "granularity 7", 0, size, skip, 7, false },
		{ "2 ways", 0, size, skip, WAYS(1), false },
		{ "2 ways of 16 TiB", 0, 1ull << 44, skip, WAYS(1), false },
		{ "3 ways", 0, 3 * size, skip, WAYS(8), false },
		{ "ways 15", 0, size, skip, WAYS(15), false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(attempts); i++)
		check(_metadata, &self->hdm, 0, &attempts[i]);
}

TEST_F(commit, no_other_decoder)
{
	const struct attempt attempts[] = {
		{ "of the window's size", 0, self->size, 0, 0, false },
		{ "1 TiB", 1ull << 44, 1ull << 40, 0, 0, false },
	};
	struct hdm *hdm = &self->hdm;
	unsigned int i, n;

	if (hdm->dev.decoders < 2)
		SKIP(return, "the device has one decoder");
	for (n = 1; n < hdm->dev.decoders; n++) {
		for (i = 0; i < ARRAY_SIZE(attempts); i++)
			check(_metadata, hdm, n, &attempts[i]);
	}
	/* Neither behind decoder 0, nor instead of it. */
	hdm_program(hdm, 0, 0, self->size, COMMIT);
	ASSERT_EQ(COMMIT | DONE, hdm_get(hdm, CTRL(0)) & 0xfff);
	hdm_program(hdm, 1, self->size, self->size, COMMIT);
	EXPECT_EQ(COMMIT | FAILED, hdm_get(hdm, CTRL(1)) & 0xfff);
	/* A decoder that failed keeps nobody. */
	hdm_set(hdm, CTRL(0), 0);
	EXPECT_EQ(0, hdm_get(hdm, CTRL(0)) & STATE);
	EXPECT_EQ(-1, hdm_physical_changed(hdm));
}

TEST_F(commit, lock)
{
	struct hdm *hdm = &self->hdm;

	/* Nothing is locked before it is committed... */
	hdm_program(hdm, 0, 0, self->size, LOCK);
	hdm_set(hdm, CTRL(0), 0);
	EXPECT_EQ(0, hdm_get(hdm, CTRL(0)) & (LOCK | STATE));
	/* ... nor by a commit that fails... */
	hdm_program(hdm, 0, 0, 0, LOCK | COMMIT);
	EXPECT_EQ(LOCK | COMMIT | FAILED, hdm_get(hdm, CTRL(0)) & 0xfff);
	hdm_set(hdm, CTRL(0), 0);
	EXPECT_EQ(0, hdm_get(hdm, CTRL(0)) & (LOCK | STATE));
	/* ... and then it is, until the device is opened again. */
	hdm_program(hdm, 0, 0, self->size, LOCK | COMMIT);
	EXPECT_EQ(LOCK | COMMIT | DONE, hdm_get(hdm, CTRL(0)) & 0xfff);
	EXPECT_EQ(-1, hdm_try_to_change(hdm, 0, ~0u, 0));
	EXPECT_EQ(LOCK | COMMIT | DONE, hdm_get(hdm, CTRL(0)) & 0xfff);
	EXPECT_EQ(-1, hdm_physical_changed(hdm));
	hdm_reopen(hdm);
	EXPECT_EQ(-1, hdm_changed(hdm));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
