// SPDX-License-Identifier: GPL-2.0
/*
 * The device's memory as a target of DMA: a VMM maps its mmap of the window into
 * the I/O address space of the device, like all memory of the guest. A container
 * of type 1 takes it, an iommufd refuses memory without pages.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "accel.h"
#include "cxl_test.h"
#include "pages.h"

#define LEN (4ul << 20)
#define IOVA 0x40000000ul
#define CHUNK 1000

FIXTURE(dma) {
	struct cxl_dev dev;
	struct vfio_iommu iommu;
	struct accel accel;
	char *map;
};

FIXTURE_VARIANT(dma) {
	enum vfio_mode mode;
};

FIXTURE_VARIANT_ADD(dma, container) {
	.mode = VFIO_MODE_CONTAINER,
};

FIXTURE_VARIANT_ADD(dma, iommufd) {
	.mode = VFIO_MODE_CDEV,
};

FIXTURE_SETUP(dma)
{
	if (!vfio_mode_available(variant->mode))
		SKIP(return, "this kernel has none");
	ASSERT_EQ(0, vfio_iommu_open(&self->iommu, variant->mode));
	cxl_dev_open_in(&self->dev, cxl_bdf, &self->iommu);
	self->map = cxl_mem_map_aligned(&self->dev, 0, LEN, LEN, 0);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(dma)
{
	munmap(self->map, LEN);
	cxl_dev_close(&self->dev);
	vfio_iommu_close(&self->iommu);
}

/* 0, or how a mapping of memory without pages is refused. */
static int map_window(struct vfio_iommu *iommu, void *at, size_t size)
{
	return vfio_iommu_map(iommu, at, IOVA, size);
}

TEST_F(dma, map_and_unmap)
{
	int err = map_window(&self->iommu, self->map, LEN);

	if (variant->mode == VFIO_MODE_CDEV) {
		EXPECT_EQ(-EFAULT, err);
		return;
	}
	ASSERT_EQ(0, err);
	/* Again, and a part of it, and what is not there. */
	EXPECT_EQ(-EEXIST, map_window(&self->iommu, self->map, PAGE));
	EXPECT_EQ(0, vfio_iommu_unmap(&self->iommu, IOVA, LEN));
	EXPECT_EQ(0, map_window(&self->iommu, self->map + PAGE, 3 * PAGE));
	EXPECT_EQ(0, vfio_iommu_unmap(&self->iommu, IOVA, 3 * PAGE));
}

/* What nobody touched is faulted in, in pages that fit the IOMMU's. */
TEST_F(dma, untouched)
{
	char *fresh = cxl_mem_map_aligned(&self->dev, LEN, LEN, LEN, PAGE);
	int err;

	ASSERT_NE(MAP_FAILED, fresh);
	err = map_window(&self->iommu, fresh, LEN);
	if (variant->mode == VFIO_MODE_CDEV) {
		EXPECT_EQ(-EFAULT, err);
	} else {
		EXPECT_EQ(0, err);
		EXPECT_EQ(0, vfio_iommu_unmap(&self->iommu, IOVA, LEN));
	}
	munmap(fresh, LEN);
}

TEST_F(dma, out_of_reach)
{
	int err;

	/* With Memory Space off there is nothing to be mapped. */
	cxl_set_memory_space(&self->dev, false);
	err = map_window(&self->iommu, self->map, LEN);
	EXPECT_EQ(-EFAULT, err);
	cxl_set_memory_space(&self->dev, true);
}

/* The device copies within its memory, over the bus and back. */
TEST_F(dma, engine)
{
	const uint64_t from = 2 * LEN + 12, to = LEN / 2 + 100;
	char *buf = xcalloc(2, CHUNK);
	unsigned int i;

	if (!accel_find(&self->dev, &self->accel))
		SKIP(return, "the registers of this device are not known");
	if (map_window(&self->iommu, self->map, LEN))
		SKIP(return, "the memory cannot be mapped for DMA");
	for (i = 0; i < CHUNK; i++)
		buf[i] = i * 7 + 1;
	ASSERT_EQ(CHUNK, cxl_mem_write(&self->dev, from, buf, CHUNK));
	memset(self->map, 0, LEN);
	EXPECT_EQ(ACCEL_DMA_DONE, accel_dma(&self->accel, IOVA + to, from,
					    CHUNK, false));
	EXPECT_EQ(0, memcmp(buf, self->map + to, CHUNK));
	EXPECT_EQ(0, self->map[to - 1]);
	EXPECT_EQ(0, self->map[to + CHUNK]);

	/* Out of the mapping, into another place. */
	EXPECT_EQ(ACCEL_DMA_DONE, accel_dma(&self->accel, IOVA + to,
					    from + CHUNK, CHUNK, true));
	EXPECT_EQ(CHUNK, cxl_mem_read(&self->dev, from + CHUNK, buf + CHUNK,
				      CHUNK));
	EXPECT_EQ(0, memcmp(buf, buf + CHUNK, CHUNK));

	EXPECT_EQ(0, vfio_iommu_unmap(&self->iommu, IOVA, LEN));
	EXPECT_EQ(ACCEL_DMA_ERROR, accel_dma(&self->accel, IOVA + to, from,
					     CHUNK, false));
	free(buf);
}

/* Beside ordinary memory, which is what most of a guest is. */
TEST_F(dma, ordinary_memory)
{
	char *mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (!accel_find(&self->dev, &self->accel))
		SKIP(return, "the registers of this device are not known");
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, vfio_iommu_map(&self->iommu, mem, IOVA + LEN, LEN));
	memcpy(mem + 5000, "from the host", 14);
	EXPECT_EQ(ACCEL_DMA_DONE, accel_dma(&self->accel, IOVA + LEN + 5000,
					    77, 16, true));
	EXPECT_STREQ("from the host", self->map + 77);
	EXPECT_EQ(ACCEL_DMA_DONE, accel_dma(&self->accel, IOVA + LEN, 82, 16,
					    false));
	EXPECT_STREQ("the host", mem);
	EXPECT_EQ(0, vfio_iommu_unmap(&self->iommu, IOVA + LEN, LEN));
	munmap(mem, LEN);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
