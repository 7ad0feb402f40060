// SPDX-License-Identifier: GPL-2.0
/* The component register region: widths, borders, and what is read-only. */
#include <stdlib.h>
#include <string.h>

#include "cxl_test.h"
#include "pages.h"

#define SIZE CXL_COMPONENT_BLOCK_SIZE
#define CM_END (CXL_CM_OFFSET + CXL_CM_SIZE)

/* 8.2.4.17: RAS capability */
#define RAS_SIZE		0x58
#define RAS_UNC_MASK		0x04
#define RAS_COR_STATUS		0x0c
#define RAS_COR_MASK		0x10
#define RAS_HEADER_LOG		0x18

FIXTURE(component) {
	struct cxl_dev dev;
	unsigned int array_end;	/* of the capability array */
	uint8_t block[SIZE];	/* as one read gives it */
};

FIXTURE_SETUP(component)
{
	struct cxl_dev *dev = &self->dev;

	cxl_dev_open(dev, cxl_bdf);
	self->array_end = CXL_CM_OFFSET + 4 +
			  4 * (cxl_comp_get(dev, CXL_CM_OFFSET) >> 24);
	ASSERT_EQ(SIZE, cxl_comp_read(dev, 0, self->block, SIZE));
}

FIXTURE_TEARDOWN(component)
{
	cxl_dev_close(&self->dev);
}

TEST_F(component, dwords_and_one_read_agree)
{
	unsigned int offset;
	uint32_t value;

	for (offset = 0; offset < SIZE; offset += 4) {
		value = cxl_comp_get(&self->dev, offset);
		EXPECT_EQ(0, memcmp(&value, self->block + offset, 4))
			TH_LOG("offset %#x: %#x", offset, value);
	}
}

TEST_F(component, qwords_and_one_read_agree)
{
	unsigned int offset;
	uint64_t value;

	for (offset = 0; offset + 8 <= SIZE; offset += 4) {
		if (offset == CXL_CM_OFFSET / 2)
			offset = CXL_CM_OFFSET;
		if (offset == CM_END)
			offset = SIZE - 64;
		EXPECT_EQ(8, cxl_comp_read(&self->dev, offset, &value, 8));
		EXPECT_EQ(0, memcmp(&value, self->block + offset, 8))
			TH_LOG("offset %#x: %#llx", offset,
			       (unsigned long long)value);
	}
}

TEST_F(component, long_reads)
{
	uint8_t buf[256];
	unsigned int from, count;

	for (from = self->dev.hdm - 16; from < self->dev.hdm + 16; from += 4) {
		for (count = 4; count <= sizeof(buf); count += 4) {
			memset(buf, 0xa5, sizeof(buf));
			EXPECT_EQ(count, cxl_comp_read(&self->dev, from, buf,
						       count));
			EXPECT_EQ(0, memcmp(buf, self->block + from, count))
				TH_LOG("%u bytes at %#x", count, from);
			EXPECT_TRUE(count == sizeof(buf) || buf[count] == 0xa5)
				TH_LOG("more than %u bytes at %#x", count,
				       from);
		}
	}
}

TEST_F(component, narrow_and_unaligned)
{
	static const unsigned int places[] = {
		0, CXL_CM_OFFSET, CM_END, SIZE - 16,
	};
	uint8_t before[SIZE], buf[16] = {};
	unsigned int i, at, count;

	for (i = 0; i <= ARRAY_SIZE(places); i++) {
		unsigned int place = i < ARRAY_SIZE(places) ? places[i] :
							      self->dev.hdm;

		for (at = place; at < place + 8; at++) {
			for (count = 1; count <= 8; count++) {
				if (!(at % 4) && !(count % 4))
					continue;
				EXPECT_EQ(-EINVAL, cxl_comp_read(&self->dev, at,
								 buf, count))
					TH_LOG("read %u at %#x", count, at);
				EXPECT_EQ(-EINVAL, cxl_comp_write(&self->dev,
								  at, buf,
								  count))
					TH_LOG("write %u at %#x", count, at);
			}
		}
	}
	EXPECT_EQ(SIZE, cxl_comp_read(&self->dev, 0, before, SIZE));
	EXPECT_EQ(0, memcmp(before, self->block, SIZE));
}

TEST_F(component, end_of_region)
{
	uint8_t buf[64] = {};
	unsigned int i;
	static const uint64_t beyond[] = {
		SIZE, SIZE + 4, 2 * SIZE, 1ull << 32, (1ull << 39) - 4,
	};

	EXPECT_EQ(4, cxl_comp_read(&self->dev, SIZE - 4, buf, 4));
	EXPECT_EQ(4, cxl_comp_write(&self->dev, SIZE - 4, buf, 4));
	EXPECT_EQ(8, cxl_comp_read(&self->dev, SIZE - 8, buf, 64));
	EXPECT_EQ(8, cxl_comp_write(&self->dev, SIZE - 8, buf, 64));
	EXPECT_EQ(0, cxl_comp_read(&self->dev, 0, buf, 0));
	EXPECT_EQ(0, cxl_comp_write(&self->dev, 0, buf, 0));
	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		struct vfio_dev *vfio = &self->dev.vfio;
		uint32_t index = self->dev.cap.comp_reg_region_idx;

		EXPECT_EQ(-EINVAL, vfio_region_read(vfio, index, beyond[i],
						    buf, 4))
			TH_LOG("offset %#llx", (unsigned long long)beyond[i]);
		EXPECT_EQ(-EINVAL, vfio_region_write(vfio, index, beyond[i],
						     buf, 4))
			TH_LOG("offset %#llx", (unsigned long long)beyond[i]);
	}
}

TEST_F(component, bad_buffers)
{
	uint8_t *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t n;

	EXPECT_EQ(-EFAULT, cxl_comp_read(&self->dev, 0, NULL, 4));
	EXPECT_EQ(-EFAULT, cxl_comp_write(&self->dev, 0, NULL, 4));
	munmap(page + PAGE, PAGE);
	EXPECT_EQ(-EFAULT, cxl_comp_read(&self->dev, 0, page + PAGE, 4));
	/* What could be stored is, and what is reported was. */
	n = cxl_comp_read(&self->dev, self->dev.hdm, page + PAGE - 16, 64);
	EXPECT_TRUE(n == -EFAULT || n == 16)
		TH_LOG("%zd", n);
	EXPECT_EQ(0, memcmp(page + PAGE - 16, self->block + self->dev.hdm, 16));
	EXPECT_EQ(SIZE, cxl_comp_read(&self->dev, 0, self->block, SIZE));
}

TEST_F(component, no_mmap)
{
	EXPECT_EQ(MAP_FAILED, vfio_region_map(&self->dev.vfio,
					      self->dev.cap.comp_reg_region_idx,
					      0, PAGE, PROT_READ));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(component, array)
{
	uint32_t header, element;
	unsigned int i;

	header = cxl_comp_get(&self->dev, CXL_CM_OFFSET);
	EXPECT_EQ(CXL_CM_CAP_HDR_ID_ARRAY, header & CXL_CM_CAP_HDR_ID);
	ASSERT_LE(1, header >> 24);
	for (i = 1; i <= header >> 24; i++) {
		element = cxl_comp_get(&self->dev, CXL_CM_OFFSET + 4 * i);
		if (!(element & CXL_CM_CAP_HDR_ID))
			continue;
		EXPECT_GE(element >> 20, self->array_end - CXL_CM_OFFSET);
		EXPECT_EQ(0, (element >> 20) % 4);
	}
	if (!cxl_host_emulated())
		SKIP(return, "physical registers cannot be read here");
	for (i = CXL_CM_OFFSET; i < self->array_end; i += 4) {
		EXPECT_EQ(cxl_host_component(&self->dev, i),
			  cxl_comp_get(&self->dev, i))
			TH_LOG("offset %#x", i);
	}
}

/* Everything but the HDM decoders, which another program tests. */
TEST_F(component, writes_change_nothing_else)
{
	unsigned int hdm = self->dev.hdm;
	unsigned int hdm_end = hdm + 16 + 32 * self->dev.decoders;
	uint8_t after[SIZE];
	uint64_t ones = ~0ull, zero = 0;
	unsigned int offset;

	for (offset = 0; offset < SIZE; offset += 4) {
		if (offset >= hdm && offset < hdm_end)
			continue;
		EXPECT_EQ(4, cxl_comp_write(&self->dev, offset, &ones, 4))
			TH_LOG("offset %#x", offset);
		EXPECT_EQ(4, cxl_comp_write(&self->dev, offset, &zero, 4))
			TH_LOG("offset %#x", offset);
		if (offset % 8 || offset + 8 == hdm)
			continue;
		if (offset + 8 <= hdm || offset >= hdm_end) {
			EXPECT_EQ(8, cxl_comp_write(&self->dev, offset, &ones,
						    8));
		}
	}
	ASSERT_EQ(SIZE, cxl_comp_read(&self->dev, 0, after, SIZE));
	for (offset = 0; offset < SIZE; offset += 4) {
		EXPECT_EQ(0, memcmp(after + offset, self->block + offset, 4))
			TH_LOG("offset %#x", offset);
	}
}

static bool inside_a_capability(struct cxl_dev *dev, unsigned int offset)
{
	uint32_t element, header = cxl_comp_get(dev, CXL_CM_OFFSET);
	unsigned int i;

	/* How long a capability is depends on what it is: none may follow it. */
	for (i = 1; i <= header >> 24; i++) {
		element = cxl_comp_get(dev, CXL_CM_OFFSET + 4 * i);
		if ((element & CXL_CM_CAP_HDR_ID) &&
		    offset >= CXL_CM_OFFSET + (element >> 20))
			return true;
	}
	return false;
}

TEST_F(component, reserved_space_is_zero)
{
	unsigned int offset, checked = 0;
	uint32_t value;

	for (offset = 0; offset < SIZE; offset += 4) {
		if (offset >= CXL_CM_OFFSET && offset < CM_END &&
		    (offset < self->array_end ||
		     inside_a_capability(&self->dev, offset)))
			continue;
		memcpy(&value, self->block + offset, 4);
		EXPECT_EQ(0, value)
			TH_LOG("offset %#x", offset);
		checked++;
	}
	EXPECT_LE((SIZE - CXL_CM_SIZE) / 4, checked);
}

TEST_F(component, ras_is_live_and_read_only)
{
	unsigned int offset, ras = cxl_component_cap(&self->dev,
						     CXL_CM_CAP_ID_RAS);
	uint32_t before;

	if (!ras)
		SKIP(return, "the device has no RAS capability");
	if (!cxl_host_emulated())
		SKIP(return, "no errors can be made here");
	for (offset = 0; offset < RAS_SIZE; offset += 4) {
		EXPECT_EQ(cxl_host_component(&self->dev, ras + offset),
			  cxl_comp_get(&self->dev, ras + offset))
			TH_LOG("offset %#x", offset);
	}

	/* Memory_ECC: what the device reports shows at once... */
	cxl_host_do("ras-correctable", 2);
	if (!(cxl_comp_get(&self->dev, ras + RAS_COR_STATUS) & 2)) {
		/* ... unless the host, whose errors they are, was faster. */
		EXPECT_EQ(0, cxl_host_component(&self->dev,
						ras + RAS_COR_STATUS) & 2);
	}
	/* A guest neither masks them nor changes how severe they are. */
	for (offset = RAS_UNC_MASK; offset <= RAS_COR_MASK; offset += 4) {
		if (offset == RAS_COR_STATUS)
			continue;
		before = cxl_host_component(&self->dev, ras + offset);
		cxl_comp_set(&self->dev, ras + offset, ~before);
		EXPECT_EQ(before, cxl_host_component(&self->dev, ras + offset))
			TH_LOG("offset %#x", offset);
		EXPECT_EQ(before, cxl_comp_get(&self->dev, ras + offset))
			TH_LOG("offset %#x", offset);
	}
}

/* Capabilities that nobody knows are shown as they were at open. */
TEST_F(component, other_capabilities_are_shown)
{
	uint32_t element, header = cxl_comp_get(&self->dev, CXL_CM_OFFSET);
	unsigned int i, at, id, shown = 0;

	if (!cxl_host_emulated())
		SKIP(return, "physical registers cannot be read here");
	for (i = 1; i <= header >> 24; i++) {
		element = cxl_comp_get(&self->dev, CXL_CM_OFFSET + 4 * i);
		id = element & CXL_CM_CAP_HDR_ID;
		if (!id || id == CXL_CM_CAP_ID_HDM || id == CXL_CM_CAP_ID_RAS)
			continue;
		for (at = element >> 20; at < (element >> 20) + 32; at += 4) {
			EXPECT_EQ(cxl_host_component(&self->dev,
						     CXL_CM_OFFSET + at),
				  cxl_comp_get(&self->dev, CXL_CM_OFFSET + at))
				TH_LOG("capability %u, offset %#x", id, at);
		}
		shown++;
	}
	if (!shown)
		SKIP(return, "the device has no other capability");
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
