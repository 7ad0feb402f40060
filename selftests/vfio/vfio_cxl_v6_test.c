// SPDX-License-Identifier: GPL-2.0
/*
 * uapi=v6, step by step as a VMM that is written for the pending series uses a
 * device: the regions are found by their type, the capability array is read through
 * the BAR, the decoders are the host's and stay so.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/pci_regs.h>

#include "cxl_test.h"
#include "hdm.h"
#include "pages.h"
#include "reset.h"
#include "touch.h"

#define PATTERN 0x5eed0006
#define LEN (4ul << 20)
#define RAS_UNCORRECTABLE_MASK 0x04

FIXTURE(v6) {
	struct cxl_dev dev;
	struct physical physical;
	volatile uint32_t *map;
	uint32_t bar;
	uint64_t block;
};

FIXTURE_SETUP(v6)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	ASSERT_EQ(CXL_UAPI_V6, self->dev.cap.uapi);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
	physical_read(&self->dev, &self->physical);
	self->bar = self->dev.cap.comp_reg_bar;
	self->block = self->dev.cap.comp_reg_offset;
}

FIXTURE_TEARDOWN(v6)
{
	EXPECT_TRUE(physical_same(&self->dev, &self->physical));
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

TEST_F(v6, says_where_things_are)
{
	struct vfio_device_info *info = vfio_device_info(&self->dev.vfio);
	struct cxl_dev *dev = &self->dev;

	ASSERT_NE(NULL, info);
	EXPECT_TRUE(info->flags & VFIO_DEVICE_FLAGS_CXL);
	EXPECT_TRUE(info->flags & VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(NULL, vfio_cap(info, info->argsz, info->cap_offset,
				 VFIO_DEVICE_INFO_CAP_CXL));
	free(info);
	/* The decoders, and nothing else. */
	EXPECT_EQ(dev->hdm, dev->cap.first);
	EXPECT_EQ(0x10 + 0x20 * dev->decoders, dev->cap.len);
	EXPECT_EQ(cxl_hdm_get(dev, CXL_HDM_DECODER_CAP_OFFSET),
		  vfio_region_read32(&dev->vfio, dev->cap.comp_reg_region_idx,
				     0));
}

/* All-ones would end the walk, or lead it astray. */
TEST_F(v6, array_through_the_bar)
{
	struct vfio_dev *vfio = &self->dev.vfio;
	uint64_t array = self->block + CXL_CM_OFFSET;
	uint32_t header = vfio_region_read32(vfio, self->bar, array);
	unsigned int i, at = 0;

	ASSERT_EQ(1, header & 0xffff);
	for (i = 1; i <= header >> 24; i++) {
		uint32_t element = vfio_region_read32(vfio, self->bar,
						      array + 4 * i);

		ASSERT_NE(~0u, element);
		if ((element & 0xffff) == CXL_CM_CAP_CAP_ID_HDM)
			at = CXL_CM_OFFSET + (element >> 20);
	}
	EXPECT_EQ(self->dev.cap.first, at);
}

TEST_F(v6, decoders_are_a_hole)
{
	struct vfio_dev *vfio = &self->dev.vfio;
	uint64_t start = self->block + self->dev.cap.first;
	uint64_t end = start + self->dev.cap.len, at;
	uint32_t words[4];

	for (at = start; at < end; at += 4)
		EXPECT_EQ(~0u, vfio_region_read32(vfio, self->bar, at));
	EXPECT_NE(~0u, vfio_region_read32(vfio, self->bar, start - 4));
	EXPECT_NE(~0u, vfio_region_read32(vfio, self->bar, end));
	/* An access across the border. */
	ASSERT_EQ(16, vfio_region_read(vfio, self->bar, start - 8, words, 16));
	EXPECT_NE(~0u, words[1]);
	EXPECT_EQ(~0u, words[2]);
	for (at = start & -PAGE; at < end; at += PAGE)
		EXPECT_EQ(MAP_FAILED,
			  vfio_region_map(vfio, self->bar, at, PAGE, PROT_READ));
	words[0] = 0;
	EXPECT_EQ(4, vfio_region_write(vfio, self->bar, start + CTRL(0), words,
				       4));
}

/* The areas that can be mapped are the rest of the BAR, which may be nothing. */
TEST_F(v6, mappable_areas)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse;
	struct vfio_region_info *info;
	uint64_t hole = (self->block + self->dev.cap.first) & -PAGE;
	unsigned int i;

	info = vfio_region_info(&self->dev.vfio, self->bar);
	ASSERT_NE(NULL, info);
	sparse = (const void *)vfio_cap(info, info->argsz, info->cap_offset,
					VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	ASSERT_NE(NULL, sparse);
	for (i = 0; i < sparse->nr_areas; i++) {
		uint64_t start = sparse->areas[i].offset;
		uint64_t end = start + sparse->areas[i].size;
		void *map = vfio_region_map(&self->dev.vfio, self->bar, start,
					    end - start, PROT_READ);

		EXPECT_TRUE(hole >= end || hole + PAGE <= start);
		EXPECT_NE(MAP_FAILED, map);
		munmap(map, end - start);
	}
	EXPECT_EQ(!!sparse->nr_areas, !!(info->flags & VFIO_REGION_INFO_FLAG_MMAP));
	free(info);
}

/* What the host set up beside the decoders is not a guest's to change. */
TEST_F(v6, beside_the_decoders)
{
	unsigned int ras = cxl_component_cap(&self->dev, CXL_CM_CAP_CAP_ID_RAS);
	uint32_t before;

	if (!ras)
		SKIP(return, "the device has no RAS capability");
	before = cxl_comp_get(&self->dev, ras + RAS_UNCORRECTABLE_MASK);
	cxl_comp_set(&self->dev, ras + RAS_UNCORRECTABLE_MASK, ~before);
	EXPECT_EQ(before, cxl_comp_get(&self->dev, ras + RAS_UNCORRECTABLE_MASK));
}

TEST_F(v6, decoders_are_live)
{
	static uint32_t words[CXL_HDM_DWORDS];
	struct cxl_dev *dev = &self->dev;
	unsigned int i, count;

	if (!cxl_host_emulated())
		SKIP(return, "the physical decoders cannot be read");
	count = cxl_host_hdm(dev, words);
	for (i = 0; i < count; i++)
		EXPECT_EQ(words[i], cxl_hdm_get(dev, 4 * i));
	for (i = 0; i < count; i++) {
		cxl_hdm_set(dev, 4 * i, 0);
		cxl_hdm_set(dev, 4 * i, ~0u);
	}
	for (i = 0; i < count; i++)
		EXPECT_EQ(words[i], cxl_hdm_get(dev, 4 * i));
	self->map[0] = PATTERN;
	EXPECT_EQ(PATTERN, self->map[0]);
}

TEST_F(v6, one_dword_at_a_time)
{
	static const struct {
		unsigned int offset, count;
	} wrong[] = { { 0, 1 }, { 0, 2 }, { 0, 8 }, { 1, 4 }, { 2, 4 }, { 4, 12 } };
	struct vfio_dev *vfio = &self->dev.vfio;
	uint32_t index = self->dev.cap.comp_reg_region_idx;
	uint32_t words[4] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(-EINVAL, vfio_region_read(vfio, index, wrong[i].offset,
						    words, wrong[i].count));
		EXPECT_EQ(-EINVAL,
			  vfio_region_write(vfio, index, wrong[i].offset, words,
					    wrong[i].count));
	}
	EXPECT_EQ(-EINVAL, vfio_region_read(vfio, index, self->dev.cap.len,
					    words, 4));
}

/* The registers are the device's, the memory is not theirs. */
TEST_F(v6, memory_space_off)
{
	struct cxl_dev *dev = &self->dev;
	uint32_t index = dev->cap.comp_reg_region_idx, value = 0;

	self->map[0] = PATTERN;
	cxl_set_memory_space(dev, false);
	EXPECT_EQ(-EIO, vfio_region_read(&dev->vfio, index, 0, &value, 4));
	EXPECT_EQ(-EIO, vfio_region_write(&dev->vfio, index, 0, &value, 4));
	EXPECT_EQ(-EIO, vfio_region_read(&dev->vfio, self->bar,
					 self->block + CXL_CM_OFFSET, &value, 4));
	EXPECT_FALSE(vfio_config_read(&dev->vfio, PCI_COMMAND, 2) &
		     PCI_COMMAND_MEMORY);
	EXPECT_STREQ("ok", load(self->map));
	EXPECT_EQ(PATTERN, self->map[0]);
	EXPECT_EQ(4, cxl_mem_read(dev, 0, &value, 4));
	EXPECT_EQ(PATTERN, value);
	cxl_set_memory_space(dev, true);
	EXPECT_EQ(4, vfio_region_read(&dev->vfio, index, 0, &value, 4));
	EXPECT_EQ(PATTERN, self->map[0]);
}

TEST_F(v6, while_a_vcpu_looks)
{
	EXPECT_LT(0, touched_beside_memory_space(&self->dev, (void *)self->map,
						 LEN));
}

static void *switch_slowly(void *dev)
{
	unsigned int i;

	for (i = 0; i < 200; i++) {
		cxl_set_memory_space(dev, i % 2);
		sleep_ms(3);
	}
	return NULL;
}

/* One task's switch takes long, because lines are dropped from the CPUs' caches, and another one's comes and goes meanwhile. */
TEST_F(v6, memory_space_off_by_two)
{
	pthread_t other;
	unsigned int i;

	ASSERT_EQ(0, pthread_create(&other, NULL, switch_slowly, &self->dev));
	for (i = 0; i < 40; i++) {
		self->map[0] = i;
		cxl_set_memory_space(&self->dev, i % 2);
		EXPECT_STREQ("ok", load(self->map));
	}
	pthread_join(other, NULL);
}

/* Of a machine that is built, rebooted, and of the host. */
TEST_F(v6, resets)
{
	static const enum reset_how resets[] = {
		BY_IOCTL, BY_FLR, BY_HOT_RESET, BY_SYSFS, BY_ERROR,
	};
	struct cxl_dev *dev = &self->dev;
	uint32_t ctrl = cxl_hdm_get(dev, CTRL(0)), base = cxl_hdm_get(dev, BASE(0));
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(resets); i++) {
		int err;

		cxl_set_memory_space(dev, false);
		err = reset_by(dev, resets[i]);
		if (err == -ENOTTY)
			continue;
		EXPECT_EQ(0, err)
			TH_LOG("reset %u", resets[i]);
		EXPECT_STREQ("ok", load(self->map));
		cxl_set_memory_space(dev, true);
		EXPECT_EQ(ctrl, cxl_hdm_get(dev, CTRL(0)));
		EXPECT_EQ(base, cxl_hdm_get(dev, BASE(0)));
		EXPECT_TRUE(cxl_dvsec_get(dev, CXL_DVSEC_CONTROL, 2) &
			    CXL_DVSEC_CTRL_MEM_ENABLE);
	}
}

TEST_F(v6, cxl_reset)
{
	struct cxl_dev *dev = &self->dev;

	if (!(cxl_dvsec_get(dev, CXL_DVSEC_CAPABILITY, 2) & CXL_DVSEC_CAP_RESET))
		SKIP(return, "the device has no CXL Reset");
	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2, 2, CXL_DVSEC_CTRL2_INITIATE_RESET);
	EXPECT_EQ(0, cxl_dvsec_get(dev, CXL_DVSEC_CONTROL2, 2) &
			     CXL_DVSEC_CTRL2_INITIATE_RESET);
	EXPECT_TRUE(cxl_dvsec_get(dev, CXL_DVSEC_STATUS2, 2) &
		    CXL_DVSEC_STATUS2_RESET_COMPLETE);
	EXPECT_STREQ("ok", load(self->map));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	if (cxl_bdf)
		cxl_uapi_choose(CXL_UAPI_V6);
	return test_harness_run(argc, argv);
}
