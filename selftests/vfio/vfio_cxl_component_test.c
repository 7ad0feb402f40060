// SPDX-License-Identifier: GPL-2.0
/* The component register region: widths, borders, and what is read-only. */
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "cxl_test.h"
#include "pages.h"

#define SIZE CXL_COMPONENT_REG_BLOCK_SIZE
#define CM_END (CXL_CM_OFFSET + CXL_CM_SIZE)
#define IMPL_START CXL_COMPONENT_IMPL_START
#define IMPL_END CXL_COMPONENT_IMPL_END

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
		if (offset == IMPL_START)
			offset = IMPL_END;
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
		0, CXL_CM_OFFSET, CM_END - 8, IMPL_END, SIZE - 16,
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
	/* Nor may one begin or end among the implementation's registers. */
	EXPECT_EQ(-EINVAL, cxl_comp_read(&self->dev, CM_END - 4, buf, 5));
	EXPECT_EQ(-EINVAL, cxl_comp_read(&self->dev, IMPL_END - 1, buf, 5));
	EXPECT_EQ(SIZE, cxl_comp_read(&self->dev, 0, before, SIZE));
	EXPECT_EQ(0, memcmp(before, self->block, IMPL_START));
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
	EXPECT_EQ(CM_CAP_HDR_CAP_ID, header & CXL_CM_CAP_HDR_ID_MASK);
	ASSERT_LE(1, header >> 24);
	if (!cxl_host_emulated())
		SKIP(return, "physical registers cannot be read here");
	EXPECT_EQ(cxl_host_component(&self->dev, CXL_CM_OFFSET), header);
	for (i = 1; i <= header >> 24; i++) {
		element = cxl_host_component(&self->dev, CXL_CM_OFFSET + 4 * i);
		switch (element & CXL_CM_CAP_HDR_ID_MASK) {
		case CXL_CM_CAP_CAP_ID_RAS:
		case CXL_CM_CAP_CAP_ID_HDM:
			break;
		default:
			/* What has no shadow is a null element, whose pointer leads to a dword. */
			element &= 0xffc00000;
		}
		EXPECT_EQ(element, cxl_comp_get(&self->dev, CXL_CM_OFFSET + 4 * i))
			TH_LOG("element %u", i);
	}
}

/* Everything but HDM decoders, errors and the implementation's registers. */
static bool has_a_test_of_its_own(struct cxl_dev *dev, unsigned int offset)
{
	unsigned int hdm_end = dev->hdm + 16 + 32 * dev->decoders;
	unsigned int ras = cxl_component_cap(dev, CXL_CM_CAP_CAP_ID_RAS);

	return (offset >= dev->hdm && offset < hdm_end) ||
	       (ras && offset >= ras && offset < ras + CXL_RAS_CAPABILITY_LENGTH) ||
	       (offset >= IMPL_START && offset < IMPL_END);
}

TEST_F(component, writes_change_nothing_else)
{
	uint8_t after[SIZE];
	uint64_t ones = ~0ull, zero = 0;
	unsigned int offset;

	for (offset = 0; offset < SIZE; offset += 4) {
		if (has_a_test_of_its_own(&self->dev, offset))
			continue;
		EXPECT_EQ(4, cxl_comp_write(&self->dev, offset, &ones, 4))
			TH_LOG("offset %#x", offset);
		EXPECT_EQ(4, cxl_comp_write(&self->dev, offset, &zero, 4))
			TH_LOG("offset %#x", offset);
		if (offset % 8 ||
		    has_a_test_of_its_own(&self->dev, offset + 4))
			continue;
		EXPECT_EQ(8, cxl_comp_write(&self->dev, offset, &ones, 8));
	}
	ASSERT_EQ(SIZE, cxl_comp_read(&self->dev, 0, after, SIZE));
	for (offset = 0; offset < SIZE; offset += 4) {
		if (offset == IMPL_START)
			offset = IMPL_END;
		EXPECT_EQ(0, memcmp(after + offset, self->block + offset, 4))
			TH_LOG("offset %#x", offset);
	}
}

TEST_F(component, reserved_space_is_zero)
{
	unsigned int offset;
	uint32_t value;

	for (offset = 0; offset < SIZE; offset += 4) {
		if ((offset >= CXL_CM_OFFSET && offset < self->array_end) ||
		    has_a_test_of_its_own(&self->dev, offset))
			continue;
		memcpy(&value, self->block + offset, 4);
		EXPECT_EQ(0, value)
			TH_LOG("offset %#x", offset);
	}
}

/* Masks and severities are the guest's own; what it clears is tested with errors. */
TEST_F(component, ras_is_a_shadow)
{
	static const struct {
		unsigned int offset;
		uint32_t bits;
	} registers[] = {
		{ CXL_RAS_UNCORRECTABLE_MASK_OFFSET, CXL_RAS_UNCORRECTABLE_MASK_MASK },
		{ CXL_RAS_UNCORRECTABLE_SEVERITY_OFFSET, CXL_RAS_UNCORRECTABLE_MASK_MASK },
		{ CXL_RAS_CORRECTABLE_MASK_OFFSET, CXL_RAS_CORRECTABLE_MASK_MASK },
	};
	unsigned int i, ras = cxl_component_cap(&self->dev, CXL_CM_CAP_CAP_ID_RAS);
	uint32_t physical = 0;

	if (!ras)
		SKIP(return, "the device has no RAS capability");
	for (i = 0; i < ARRAY_SIZE(registers); i++) {
		unsigned int at = ras + registers[i].offset;

		if (cxl_host_emulated())
			physical = cxl_host_component(&self->dev, at);
		cxl_comp_set(&self->dev, at, ~0u);
		EXPECT_EQ(registers[i].bits, cxl_comp_get(&self->dev, at));
		cxl_comp_set(&self->dev, at, 0);
		EXPECT_EQ(0, cxl_comp_get(&self->dev, at));
		cxl_comp_set(&self->dev, at, ~0u);
		if (cxl_host_emulated()) {
			EXPECT_EQ(physical, cxl_host_component(&self->dev, at))
				TH_LOG("offset %#x", registers[i].offset);
		}
	}
}

/* What an access of the guest costs and reaches is what the device is made for. */
TEST_F(component, implementation_registers)
{
	struct cxl_dev *dev = &self->dev;
	uint32_t scratch = 0x12345678;
	struct accel accel;
	unsigned int at;
	uint16_t half = 0xabcd;

	if (!accel_find(dev, &accel) || accel.bar != dev->cap.comp_reg_bar ||
	    accel.offset < dev->cap.comp_reg_offset + IMPL_START ||
	    accel.offset >= dev->cap.comp_reg_offset + IMPL_END)
		SKIP(return, "the device has no registers there that are known");
	at = accel.offset - dev->cap.comp_reg_offset + ACCEL_SCRATCH;
	EXPECT_EQ(4, cxl_comp_write(dev, at, &scratch, 4));
	EXPECT_EQ(scratch, accel_read(&accel, ACCEL_SCRATCH));
	accel_write(&accel, ACCEL_SCRATCH, 0x9abcdef0);
	EXPECT_EQ(0x9abcdef0, cxl_comp_get(dev, at));
	/* As wide as it was made, which the device says no to if it is not 32 bits. */
	EXPECT_EQ(2, cxl_comp_read(dev, at, &half, 2));
	/* The MSI-X table is the core's. */
	EXPECT_EQ(4, cxl_comp_read(dev, at - ACCEL_SCRATCH + 0x2000, &scratch, 4));
	EXPECT_EQ(~0u, scratch);

	cxl_set_memory_space(dev, false);
	EXPECT_EQ(-EIO, cxl_comp_read(dev, at, &scratch, 4));
	EXPECT_EQ(-EIO, cxl_comp_write(dev, at, &scratch, 4));
	/* A shadow needs nobody to answer. */
	EXPECT_EQ(4, cxl_comp_read(dev, dev->hdm, &scratch, 4));
	cxl_set_memory_space(dev, true);
	EXPECT_EQ(0x9abcdef0, cxl_comp_get(dev, at));
}

/*
 * The host reads 32-bit registers as 32 and 64-bit registers as 64 bits. Binding
 * makes cxl-core read the first dword of each capability, which is counted apart.
 */
TEST_F(component, no_register_is_read_in_parts)
{
	uint64_t odd;

	if (!cxl_host_emulated())
		SKIP(return, "nobody counts here");
	odd = cxl_host_get("odd-accesses");
	EXPECT_EQ(0, vfio_ioctl(self->dev.vfio.fd, VFIO_DEVICE_RESET, NULL));
	cxl_dev_close(&self->dev);
	cxl_dev_open(&self->dev, cxl_bdf);
	EXPECT_EQ(odd, cxl_host_get("odd-accesses"));
	cxl_dev_close(&self->dev);
	cxl_rebind();
	cxl_dev_open(&self->dev, cxl_bdf);
	EXPECT_EQ(odd, cxl_host_get("odd-accesses"));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
