// SPDX-License-Identifier: GPL-2.0
/*
 * The fields of the HDM decoders that a guest sees: which can be written when,
 * and that no physical decoder moves, whatever is written.
 */
#include "cxl_test.h"
#include "hdm.h"
#include "module.h"

FIXTURE(hdm) {
	struct hdm hdm;
};

FIXTURE_SETUP(hdm)
{
	hdm_open(&self->hdm, cxl_bdf);
}

FIXTURE_TEARDOWN(hdm)
{
	uint32_t dword;

	/* Whatever a guest did, the memory is where firmware put it. */
	EXPECT_EQ(-1, hdm_physical_changed(&self->hdm));
	EXPECT_EQ(4, cxl_mem_read(&self->hdm.dev, 0, &dword, 4));
	cxl_dev_close(&self->hdm.dev);
}

TEST_F(hdm, starts_from_hardware)
{
	struct hdm *hdm = &self->hdm;
	unsigned int i;

	ASSERT_LE(1, hdm->dev.decoders);
	EXPECT_EQ(COMMIT | DONE, hdm->start[CTRL(0) / 4] & (COMMIT | DONE |
							    FAILED));
	for (i = 1; i < hdm->dev.decoders; i++) {
		EXPECT_EQ(0, hdm->start[CTRL(i) / 4] & (COMMIT | DONE))
			TH_LOG("decoder %u", i);
	}
	if (!cxl_host_emulated())
		SKIP(return, "physical registers cannot be read here");
	for (i = 0; i < hdm->dwords; i++) {
		EXPECT_EQ(hdm->physical[i], hdm->start[i])
			TH_LOG("HDM register %#x", 4 * i);
	}
}

TEST_F(hdm, header)
{
	uint32_t mask = CXL_HDM_DECODER_ENABLE;
	struct hdm *hdm = &self->hdm;

	hdm_set(hdm, CXL_HDM_DECODER_CAP_OFFSET, ~0u);
	EXPECT_EQ(hdm->cap, hdm_get(hdm, CXL_HDM_DECODER_CAP_OFFSET));
	hdm_set(hdm, CXL_HDM_DECODER_CAP_OFFSET, 0);
	EXPECT_EQ(hdm->cap, hdm_get(hdm, CXL_HDM_DECODER_CAP_OFFSET));

	if (hdm->cap & HDM_CAP_POISON)
		mask |= HDM_GLOBAL_POISON;
	hdm_set(hdm, CXL_HDM_DECODER_CTRL_OFFSET, ~0u);
	EXPECT_EQ(mask, hdm_get(hdm, CXL_HDM_DECODER_CTRL_OFFSET));
	EXPECT_EQ(-1, hdm_physical_changed(hdm));
	hdm_set(hdm, CXL_HDM_DECODER_CTRL_OFFSET, 0);
	EXPECT_EQ(0, hdm_get(hdm, CXL_HDM_DECODER_CTRL_OFFSET));

	hdm_set64(hdm, 8, ~0ull);
	EXPECT_EQ(0, hdm_get64(hdm, 8));
	/* Both halves of one access go to their registers. */
	hdm_set64(hdm, 0, ~0ull);
	EXPECT_EQ(hdm->cap | (uint64_t)mask << 32, hdm_get64(hdm, 0));
}

/* A pair of registers that holds an address in units of 256 MiB. */
static void check_pair(struct __test_metadata *_metadata, struct hdm *hdm,
		       unsigned int at)
{
	hdm_set(hdm, at, ~0u);
	EXPECT_EQ(0xf0000000, hdm_get(hdm, at));
	hdm_set(hdm, at + 4, 0x12345678);
	EXPECT_EQ(0xf0000000, hdm_get(hdm, at));
	EXPECT_EQ(0x12345678, hdm_get(hdm, at + 4));
	hdm_set(hdm, at + 4, ~0u);
	EXPECT_EQ(~0u, hdm_get(hdm, at + 4));
	hdm_set(hdm, at, 0x1fffffff);
	EXPECT_EQ(0x10000000, hdm_get(hdm, at));
	EXPECT_EQ(~0u, hdm_get(hdm, at + 4));
	hdm_set64(hdm, at, 0);
	EXPECT_EQ(0, hdm_get64(hdm, at));
	hdm_set64(hdm, at, ~0ull);
	EXPECT_EQ(0xfffffffff0000000, hdm_get64(hdm, at));
	hdm_set64(hdm, at, 0);
}

static void check_free_decoder(struct __test_metadata *_metadata,
			       struct hdm *hdm, unsigned int n)
{
	uint32_t type = hdm->start[CTRL(n) / 4] & CXL_HDM_DECODER0_CTRL_HOSTONLY &
			~hdm->ctrl_mask;

	check_pair(_metadata, hdm, BASE(n));
	check_pair(_metadata, hdm, SIZE(n));
	check_pair(_metadata, hdm, DPA_SKIP(n));
	hdm_set(hdm, DPA_SKIP(n) + 8, ~0u);
	EXPECT_EQ(0, hdm_get(hdm, DPA_SKIP(n) + 8));

	hdm_set(hdm, CTRL(n), ~COMMIT);
	EXPECT_EQ(hdm->ctrl_mask | type, hdm_get(hdm, CTRL(n)));
	hdm_set(hdm, CTRL(n), 0);
	EXPECT_EQ(type, hdm_get(hdm, CTRL(n)));
}

TEST_F(hdm, free_decoders)
{
	struct hdm *hdm = &self->hdm;
	unsigned int n;

	if (!hdm->locked)
		hdm_set(hdm, CTRL(0), 0);
	for (n = hdm->locked; n < hdm->dev.decoders; n++)
		check_free_decoder(_metadata, hdm, n);
	if (hdm->locked && n == 1)
		SKIP(return, "the only decoder is locked");
}

TEST_F(hdm, behind_the_last_decoder_is_zero)
{
	unsigned int at = self->hdm.dev.hdm + 4 * self->hdm.dwords;
	uint64_t value = ~0ull;

	if (at + 8 > CXL_CM_OFFSET + CXL_CM_SIZE)
		SKIP(return, "the decoders fill the registers");
	EXPECT_EQ(8, cxl_comp_write(&self->hdm.dev, at, &value, 8));
	EXPECT_EQ(8, cxl_comp_read(&self->hdm.dev, at, &value, 8));
	EXPECT_EQ(0, value);
}

TEST_F(hdm, committed_is_read_only)
{
	/* COMMIT stays set, so that nothing is released. */
	EXPECT_EQ(-1, hdm_try_to_change(&self->hdm, 0, ~0u, COMMIT));
	EXPECT_EQ(-1, hdm_changed(&self->hdm));
}

TEST_F(hdm, locked_is_frozen)
{
	if (!self->hdm.locked)
		SKIP(return, "firmware did not lock the decoder");
	EXPECT_EQ(-1, hdm_try_to_change(&self->hdm, 0, ~0u, 0));
	EXPECT_EQ(-1, hdm_changed(&self->hdm));
}

TEST_F(hdm, release_and_commit_again)
{
	struct hdm *hdm = &self->hdm;
	uint32_t ctrl = hdm->start[CTRL(0) / 4];
	uint64_t base = hdm_get64(hdm, BASE(0)), size = hdm_get64(hdm, SIZE(0));

	if (hdm->locked)
		SKIP(return, "firmware locked the decoder");
	hdm_set(hdm, CTRL(0), ctrl & ~COMMIT);
	EXPECT_EQ(ctrl & ~(COMMIT | DONE), hdm_get(hdm, CTRL(0)));
	/* A release keeps what was set up. */
	EXPECT_EQ(base, hdm_get64(hdm, BASE(0)));
	EXPECT_EQ(size, hdm_get64(hdm, SIZE(0)));
	EXPECT_EQ(-1, hdm_physical_changed(hdm));

	hdm_program(hdm, 0, 0x12340000000, size, COMMIT);
	EXPECT_EQ(COMMIT | DONE, hdm_get(hdm, CTRL(0)) & 0xfff);
	EXPECT_EQ(0x12340000000, hdm_get64(hdm, BASE(0)));
	EXPECT_EQ(size, hdm_get64(hdm, SIZE(0)));
	EXPECT_EQ(-1, hdm_try_to_change(hdm, 0, ~0u, COMMIT));
	EXPECT_EQ(-1, hdm_physical_changed(hdm));

	hdm_program(hdm, 0, base, size, ctrl);
	EXPECT_EQ(-1, hdm_changed(hdm));
}

/* The driver's answer to a guest that relies on what the v3 patches did. */
TEST_F(hdm, release_locked_parameter)
{
	const char *module = cxl_vfio_pci_driver.module;
	struct hdm *hdm = &self->hdm;
	char before[16];

	if (!hdm->locked)
		SKIP(return, "firmware did not lock the decoder");
	module_param(module, "release_locked", before, sizeof(before));
	ASSERT_STREQ("N", before);
	ASSERT_EQ(0, module_set_param(module, "release_locked", "Y"));
	hdm_reopen(hdm);
	module_set_param(module, "release_locked", before);
	EXPECT_EQ(-1, hdm_changed(hdm));
	hdm_set(hdm, CTRL(0), hdm->start[CTRL(0) / 4] & ~COMMIT);
	EXPECT_EQ(0, hdm_get(hdm, CTRL(0)) & (LOCK | COMMIT | DONE));
	hdm_set64(hdm, BASE(0), 0);
	EXPECT_EQ(0, hdm_get64(hdm, BASE(0)));
	EXPECT_EQ(-1, hdm_physical_changed(hdm));
	hdm_reopen(hdm);
	EXPECT_EQ(-1, hdm_changed(hdm));
	hdm_set(hdm, CTRL(0), 0);
	EXPECT_EQ(-1, hdm_changed(hdm));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
