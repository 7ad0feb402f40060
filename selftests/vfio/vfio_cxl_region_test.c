// SPDX-License-Identifier: GPL-2.0
/* The regions of a CXL device: where they are, how large, and what they allow. */
#include <stdlib.h>
#include <sys/mman.h>

#include "cxl_test.h"
#include "pages.h"
#include "touch.h"

#define REGION_TYPE (VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x1e98)

FIXTURE(regions) {
	struct cxl_dev dev;
	struct vfio_region_info *memory, *component;
};

FIXTURE_SETUP(regions)
{
	struct cxl_dev *dev = &self->dev;

	cxl_dev_open(dev, cxl_bdf);
	self->memory = vfio_region_info(&dev->vfio, dev->cap.hdm_region_idx);
	self->component = vfio_region_info(&dev->vfio,
					   dev->cap.comp_reg_region_idx);
	ASSERT_NE(NULL, self->memory);
	ASSERT_NE(NULL, self->component);
}

FIXTURE_TEARDOWN(regions)
{
	cxl_dev_close(&self->dev);
}

static const struct vfio_region_info_cap_type *
type_of(const struct vfio_region_info *info)
{
	return (const void *)vfio_cap(info, info->argsz, info->cap_offset,
				      VFIO_REGION_INFO_CAP_TYPE);
}

TEST_F(regions, memory)
{
	const struct vfio_region_info_cap_type *type = type_of(self->memory);
	uint64_t size;

	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		  VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS,
		  self->memory->flags);
	ASSERT_NE(NULL, type);
	EXPECT_EQ(1, type->header.version);
	EXPECT_EQ(REGION_TYPE, type->type);
	EXPECT_EQ((uint32_t)VFIO_REGION_TYPE_CXL, type->type);
	EXPECT_EQ(VFIO_REGION_SUBTYPE_CXL, type->subtype);
	/* All of it can be mapped, so that there is nothing to leave out. */
	EXPECT_EQ(NULL, vfio_cap(self->memory, self->memory->argsz,
				 self->memory->cap_offset,
				 VFIO_REGION_INFO_CAP_SPARSE_MMAP));
	size = cxl_hdm_get(&self->dev, CXL_HDM_DECODER0_SIZE_LOW_OFFSET(0)) |
	       (uint64_t)cxl_hdm_get(&self->dev,
				     CXL_HDM_DECODER0_SIZE_HIGH_OFFSET(0)) << 32;
	EXPECT_EQ(size, self->memory->size);
}

/* Where the kernel would not survive poison that it copies itself. */
TEST_F(regions, memory_without_copies)
{
	struct cxl_dev *dev = &self->dev;
	uint32_t value = 0x7e57ab1e;
	void *map;

	EXPECT_EQ(4, cxl_mem_write(dev, 0, &value, 4));
	cxl_dev_close(dev);
	cxl_allow_copies(false);
	cxl_dev_open(dev, cxl_bdf);
	self->memory = vfio_region_info(&dev->vfio, dev->cap.hdm_region_idx);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS,
		  self->memory->flags);
	EXPECT_EQ(-EINVAL, cxl_mem_read(dev, 0, &value, 4));
	EXPECT_EQ(-EINVAL, cxl_mem_write(dev, 0, &value, 4));
	cxl_allow_copies(true);
	map = cxl_mem_map(dev, 0, PAGE);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_STREQ("ok", touch(map, false, &value));
	munmap(map, PAGE);
}

TEST_F(regions, component)
{
	const struct vfio_region_info_cap_type *type = type_of(self->component);

	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		  VFIO_REGION_INFO_FLAG_CAPS, self->component->flags);
	/* The others show a part of it, which their own tests look at. */
	if (self->dev.cap.uapi == CXL_UAPI_V3)
		EXPECT_EQ(CXL_COMPONENT_REG_BLOCK_SIZE, self->component->size);
	ASSERT_NE(NULL, type);
	EXPECT_EQ(1, type->header.version);
	EXPECT_EQ(REGION_TYPE, type->type);
	EXPECT_EQ(VFIO_REGION_SUBTYPE_CXL_COMP_REGS, type->subtype);
}

TEST_F(regions, do_not_overlap)
{
	struct vfio_region_info *info[VFIO_PCI_NUM_REGIONS + 2];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(info); i++)
		info[i] = vfio_region_info(&self->dev.vfio, i);
	for (i = 0; i < ARRAY_SIZE(info); i++) {
		for (j = 0; j < i; j++) {
			if (!info[i] || !info[j] || !info[i]->size ||
			    !info[j]->size)
				continue;
			EXPECT_TRUE(info[i]->offset >=
				    info[j]->offset + info[j]->size ||
				    info[j]->offset >=
				    info[i]->offset + info[i]->size)
				TH_LOG("regions %u and %u", i, j);
		}
	}
}

/* What the capability says of the block is what the register locator says. */
TEST_F(regions, component_block_is_where_the_locator_says)
{
	struct vfio_dev *dev = &self->dev.vfio;
	unsigned int i, locator = cxl_dvsec(dev, CXL_DVSEC_REGISTER_LOCATOR);
	unsigned int end, found = 0;

	ASSERT_NE(0, locator);
	end = vfio_config_read(dev, locator + 4, 4) >> 20;
	for (i = 0; CXL_REGLOC_ENTRY(i) + 8 <= end; i++) {
		unsigned int at = locator + CXL_REGLOC_ENTRY(i);
		uint32_t low = vfio_config_read(dev, at, 4);
		uint64_t high = vfio_config_read(dev, at + 4, 4);

		if ((low & CXL_REGLOC_BLOCK_ID) >> 8 !=
		    CXL_REGLOC_BLOCK_COMPONENT)
			continue;
		found++;
		EXPECT_EQ(low & CXL_REGLOC_BIR, self->dev.cap.comp_reg_bar);
		EXPECT_EQ((low & CXL_REGLOC_OFFSET_LOW) | high << 32,
			  self->dev.cap.comp_reg_offset);
	}
	EXPECT_EQ(1, found);
}

TEST_F(regions, component_bar_leaves_a_hole)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse;
	const struct cxl_place *cap = &self->dev.cap;
	uint64_t start = cap->comp_reg_offset, end = start + cap->comp_reg_size;
	/* In whole pages, which may be larger than what is between the holes. */
	uint64_t from_impl = (start + CXL_COMPONENT_IMPL_START + PAGE - 1) / PAGE * PAGE;
	uint64_t to_impl = (start + CXL_COMPONENT_IMPL_END) / PAGE * PAGE;
	uint64_t mappable = 0, last = 0;
	struct vfio_region_info *info;
	unsigned int i;

	info = vfio_region_info(&self->dev.vfio, cap->comp_reg_bar);
	ASSERT_NE(NULL, info);
	ASSERT_LE(end, info->size);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
		  info->flags & (VFIO_REGION_INFO_FLAG_READ |
				 VFIO_REGION_INFO_FLAG_WRITE));
	sparse = (const void *)vfio_cap(info, info->argsz, info->cap_offset,
					VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	if (!(info->flags & VFIO_REGION_INFO_FLAG_MMAP)) {
		/* The block alone, in one page. */
		EXPECT_GE(PAGE, info->size);
		EXPECT_TRUE(!sparse || !sparse->nr_areas);
		return;
	}
	ASSERT_NE(NULL, sparse);
	EXPECT_EQ(1, sparse->header.version);
	for (i = 0; i < sparse->nr_areas; i++) {
		uint64_t from = sparse->areas[i].offset;
		uint64_t to = from + sparse->areas[i].size;

		EXPECT_EQ(0, from % PAGE);
		EXPECT_EQ(0, to % PAGE);
		EXPECT_GE(from, last);
		EXPECT_GT(to, from);
		EXPECT_LE(to, info->size);
		/* The implementation's registers, in the middle of the block, are no hole. */
		EXPECT_TRUE(cap->uapi == CXL_UAPI_V6 || to <= start || from >= end ||
			    (from >= start + CXL_COMPONENT_IMPL_START &&
			     to <= start + CXL_COMPONENT_IMPL_END));
		mappable += to - from;
		last = to;
	}
	switch (cap->uapi) {
	case CXL_UAPI_V2:
		EXPECT_EQ(info->size - cap->comp_reg_size, mappable);
		break;
	case CXL_UAPI_V3:
		EXPECT_EQ(info->size - cap->comp_reg_size +
			  (from_impl < to_impl ? to_impl - from_impl : 0),
			  mappable);
		break;
	case CXL_UAPI_V6:
		/* The decoders are in the 4 KiB of the CXL.cache/mem registers. */
		EXPECT_EQ(info->size - PAGE, mappable);
		break;
	}
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
