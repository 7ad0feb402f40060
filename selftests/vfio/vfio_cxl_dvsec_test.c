// SPDX-License-Identifier: GPL-2.0
/*
 * The CXL Device DVSEC that a guest sees in configuration space, 8.1.3: every
 * register at every width, the edges of what the driver serves, the lock.
 */
#include <string.h>

#include <linux/pci_regs.h>

#include "cxl_test.h"

#define HEADER 4		/* bytes that stay the core's */
#define MAX_LEN 0x3c
#define AROUND 16		/* bytes around it that are looked at */

#define DOORBELLS (CXL_DVSEC_CTRL2_INITIATE_WBI | CXL_DVSEC_CTRL2_INITIATE_RESET)
#define CAP2_MODIFIED_COMPLETION 0x0040
#define CAP3_VOLATILE_CONFIG 0x0008
#define CAP3_DIRECT_P2P 0x0010

struct dvsec {
	struct cxl_dev dev;
	unsigned int start, len;
	uint16_t cap;
	/* Bits that have a meaning, and bits that a plain write changes. */
	uint8_t defined[MAX_LEN], writable[MAX_LEN];
	uint8_t host[MAX_LEN];		/* physical, at open */
};

static void describe(struct dvsec *dvsec, unsigned int offset,
		     unsigned int width, uint32_t defined, uint32_t writable)
{
	memcpy(dvsec->defined + offset, &defined, width);
	memcpy(dvsec->writable + offset, &writable, width);
}

/* What 8.1.3 says of each register; the bases of the ranges stay the host's. */
static void describe_all(struct dvsec *dvsec)
{
	unsigned int range, rev = cxl_dvsec_get(&dvsec->dev, 4, 4) >> 16 & 0xf;
	uint16_t cap2 = cxl_dvsec_get(&dvsec->dev, CXL_DVSEC_CAPABILITY2, 2);
	uint32_t cap3 = rev < 2 ? 0 :
			cxl_dvsec_get(&dvsec->dev, CXL_DVSEC_CAPABILITY3, 4);
	uint16_t p2p = rev >= 3 && (cap3 & CAP3_DIRECT_P2P) ? 0x1000 : 0;
	uint16_t optional = 0, control = 0x4ffd | p2p;

	if (cxl_dvsec_get(&dvsec->dev, CXL_DVSEC_LOCK, 2) &
	    CXL_DVSEC_LOCK_CONFIG)
		control = 0;
	if (cap3 & CAP3_VOLATILE_CONFIG)
		optional |= 0x0010;
	if (cap2 & CAP2_MODIFIED_COMPLETION)
		optional |= 0x0020;
	describe(dvsec, 0x00, 4, ~0u, 0);
	describe(dvsec, 0x04, 4, ~0u, 0);
	describe(dvsec, 0x08, 2, ~0u, 0);
	describe(dvsec, CXL_DVSEC_CAPABILITY, 2, ~0u, 0);
	describe(dvsec, CXL_DVSEC_CONTROL, 2, 0x4fff | p2p, control);
	describe(dvsec, CXL_DVSEC_STATUS, 2, CXL_DVSEC_STATUS_VIRAL, 0);
	describe(dvsec, CXL_DVSEC_CONTROL2, 2, 0x0039, 0x0009 | optional);
	describe(dvsec, CXL_DVSEC_STATUS2, 2,
		 0x8007 | (cap3 & CAP3_VOLATILE_CONFIG), 0);
	describe(dvsec, CXL_DVSEC_LOCK, 2, CXL_DVSEC_LOCK_CONFIG, 0);
	describe(dvsec, CXL_DVSEC_CAPABILITY2, 2, ~0u, 0);
	for (range = 0; range < 2; range++) {
		describe(dvsec, CXL_DVSEC_RANGE_SIZE_HIGH(range), 4, ~0u, 0);
		describe(dvsec, CXL_DVSEC_RANGE_SIZE_LOW(range), 4, 0xf001ffff,
			 0);
		describe(dvsec, CXL_DVSEC_RANGE_BASE_HIGH(range), 4, ~0u, 0);
		describe(dvsec, CXL_DVSEC_RANGE_BASE_LOW(range), 4, 0xf0000000,
			 0);
	}
	describe(dvsec, CXL_DVSEC_CAPABILITY3, 4, 0x1f, 0);
}

static ssize_t config_read(struct dvsec *dvsec, unsigned int offset, void *buf,
			   size_t count)
{
	return vfio_region_read(&dvsec->dev.vfio, VFIO_PCI_CONFIG_REGION_INDEX,
				offset, buf, count);
}

static ssize_t config_write(struct dvsec *dvsec, unsigned int offset,
			    const void *buf, size_t count)
{
	return vfio_region_write(&dvsec->dev.vfio, VFIO_PCI_CONFIG_REGION_INDEX,
				 offset, buf, count);
}

static uint16_t get16(struct dvsec *dvsec, unsigned int offset)
{
	return cxl_dvsec_get(&dvsec->dev, offset, 2);
}

static void set16(struct dvsec *dvsec, unsigned int offset, uint16_t value)
{
	cxl_dvsec_set(&dvsec->dev, offset, 2, value);
}

FIXTURE(dvsec) {
	struct dvsec dvsec;
};

FIXTURE_SETUP(dvsec)
{
	struct dvsec *dvsec = &self->dvsec;

	cxl_dev_open(&dvsec->dev, cxl_bdf);
	dvsec->start = dvsec->dev.dvsec;
	dvsec->len = dvsec->dev.dvsec_len;
	ASSERT_LE(0x38, dvsec->len);
	ASSERT_GE(MAX_LEN, dvsec->len);
	describe_all(dvsec);
	dvsec->cap = get16(dvsec, CXL_DVSEC_CAPABILITY);
	ASSERT_EQ(dvsec->len, pci_host_config(cxl_bdf, dvsec->host, dvsec->len,
					      dvsec->start));
}

FIXTURE_TEARDOWN(dvsec)
{
	struct dvsec *dvsec = &self->dvsec;
	uint8_t now[MAX_LEN];
	unsigned int i;
	uint32_t dword;

	/* Nothing that was written reached the device. */
	EXPECT_EQ(dvsec->len, pci_host_config(cxl_bdf, now, dvsec->len,
					      dvsec->start));
	for (i = 0; i < dvsec->len; i++) {
		EXPECT_EQ(dvsec->host[i], now[i])
			TH_LOG("physical DVSEC byte %#x changed", i);
	}
	EXPECT_EQ(4, cxl_mem_read(&dvsec->dev, 0, &dword, 4));
	cxl_dev_close(&dvsec->dev);
}

/* A byte of a range's base. */
static bool is_base(unsigned int at)
{
	return (at >= CXL_DVSEC_RANGE_BASE_HIGH(0) &&
		at < CXL_DVSEC_RANGE_BASE_LOW(0) + 4) ||
	       (at >= CXL_DVSEC_RANGE_BASE_HIGH(1) &&
		at < CXL_DVSEC_RANGE_BASE_LOW(1) + 4);
}

TEST_F(dvsec, starts_from_hardware)
{
	struct dvsec *dvsec = &self->dvsec;
	uint8_t body[MAX_LEN];
	unsigned int i;

	ASSERT_EQ(dvsec->len, config_read(dvsec, dvsec->start, body,
					  dvsec->len));
	for (i = HEADER; i < dvsec->len; i++) {
		uint8_t host = dvsec->host[i];

		/* A CXL Reset from before the user was there is the host's. */
		if (i == CXL_DVSEC_STATUS2)
			host &= ~(CXL_DVSEC_STATUS2_RESET_COMPLETE |
				  CXL_DVSEC_STATUS2_RESET_ERROR);
		if (dvsec->dev.cap.uapi == CXL_UAPI_V2 && is_base(i))
			host = 0;
		EXPECT_EQ(host & dvsec->defined[i], body[i])
			TH_LOG("DVSEC byte %#x", i);
	}
	EXPECT_NE(0, get16(dvsec, CXL_DVSEC_CONTROL) &
		  CXL_DVSEC_CTRL_MEM_ENABLE);
	EXPECT_NE(0, get16(dvsec, CXL_DVSEC_CONTROL) & CXL_DVSEC_CTRL_IO_ENABLE);
}

TEST_F(dvsec, reads_of_every_width)
{
	struct dvsec *dvsec = &self->dvsec;
	unsigned int from = dvsec->start - AROUND;
	unsigned int size = dvsec->len + 2 * AROUND;
	uint8_t bytes[MAX_LEN + 2 * AROUND], buf[MAX_LEN + 2 * AROUND];
	unsigned int i, width;

	for (i = 0; i < size; i++) {
		ASSERT_EQ(1, config_read(dvsec, from + i, bytes + i, 1))
			TH_LOG("DVSEC %+d", (int)i - AROUND);
	}
	for (width = 1; width <= size; width += width < 17 ? 1 : 7) {
		for (i = 0; i + width <= size; i++) {
			ASSERT_EQ(width, config_read(dvsec, from + i, buf,
						     width));
			EXPECT_EQ(0, memcmp(bytes + i, buf, width))
				TH_LOG("%u bytes at DVSEC %+d", width,
				       (int)i - AROUND);
		}
	}
}

/*
 * Write ones to the bits of @bytes bytes at @offset that do no more than be
 * written, or zeroes, and compare all of the DVSEC with what that gives. What
 * lies outside of its body is written as it is.
 */
static void check_write(struct __test_metadata *_metadata, struct dvsec *dvsec,
			uint8_t *expected, int offset, unsigned int bytes,
			bool ones)
{
	uint8_t value[16], after[MAX_LEN + 2 * AROUND];
	unsigned int i, total = dvsec->len + 2 * AROUND;

	for (i = 0; i < bytes; i++) {
		int at = offset + i;
		bool outside = at < HEADER || at >= (int)dvsec->len;

		value[i] = expected[AROUND + at];
		if (outside)
			continue;
		value[i] = ones ? 0xff : 0;
		if (at == CXL_DVSEC_CONTROL2)
			value[i] &= ~DOORBELLS;
		if (at == CXL_DVSEC_LOCK)
			value[i] &= ~CXL_DVSEC_LOCK_CONFIG;
		expected[AROUND + at] &= ~dvsec->writable[at];
		expected[AROUND + at] |= value[i] & dvsec->writable[at];
	}
	EXPECT_EQ(bytes, config_write(dvsec, dvsec->start + offset, value,
				      bytes));
	ASSERT_EQ(total, config_read(dvsec, dvsec->start - AROUND, after,
				     total));
	ASSERT_EQ(0, memcmp(expected, after, total))
		TH_LOG("%u bytes of %s at DVSEC %+d", bytes,
		       ones ? "ones" : "zeroes", offset);
}

TEST_F(dvsec, writes_of_every_width)
{
	struct dvsec *dvsec = &self->dvsec;
	unsigned int width, total = dvsec->len + 2 * AROUND;
	uint8_t expected[MAX_LEN + 2 * AROUND];
	int offset;

	ASSERT_EQ(total, config_read(dvsec, dvsec->start - AROUND, expected,
				     total));
	for (width = 1; width <= 9; width++) {
		for (offset = HEADER + 1 - (int)width;
		     offset < (int)dvsec->len; offset++) {
			check_write(_metadata, dvsec, expected, offset, width,
				    true);
			check_write(_metadata, dvsec, expected, offset, width,
				    false);
		}
	}
}

/* A store to one byte leaves its neighbours alone, also where 1 clears. */
TEST_F(dvsec, byte_lanes)
{
	struct dvsec *dvsec = &self->dvsec;
	uint16_t control = get16(dvsec, CXL_DVSEC_CONTROL);

	if (get16(dvsec, CXL_DVSEC_LOCK) & CXL_DVSEC_LOCK_CONFIG)
		SKIP(return, "firmware locked the configuration");
	set16(dvsec, CXL_DVSEC_CONTROL, 0x0b00);
	cxl_dvsec_set(&dvsec->dev, CXL_DVSEC_CONTROL, 1, control & 0xff);
	EXPECT_EQ(0x0b00 | (control & 0xff), get16(dvsec, CXL_DVSEC_CONTROL));
	cxl_dvsec_set(&dvsec->dev, CXL_DVSEC_CONTROL + 1, 1, 0x05);
	EXPECT_EQ(0x0500 | (control & 0xff), get16(dvsec, CXL_DVSEC_CONTROL));
	/* Capability and Control in one store, Control and Status in another. */
	cxl_dvsec_set(&dvsec->dev, CXL_DVSEC_CONTROL, 4, 0xffff0000);
	EXPECT_EQ(CXL_DVSEC_CTRL_IO_ENABLE, get16(dvsec, CXL_DVSEC_CONTROL));
}

/* A guest may switch its memory off: for itself. */
TEST_F(dvsec, mem_enable_is_the_guests_own)
{
	struct dvsec *dvsec = &self->dvsec;
	uint16_t host;
	uint32_t dword;

	if (get16(dvsec, CXL_DVSEC_LOCK) & CXL_DVSEC_LOCK_CONFIG)
		SKIP(return, "firmware locked the configuration");
	set16(dvsec, CXL_DVSEC_CONTROL, 0);
	EXPECT_EQ(CXL_DVSEC_CTRL_IO_ENABLE, get16(dvsec, CXL_DVSEC_CONTROL));
	ASSERT_EQ(2, pci_host_config(cxl_bdf, &host, 2,
				     dvsec->start + CXL_DVSEC_CONTROL));
	EXPECT_NE(0, host & CXL_DVSEC_CTRL_MEM_ENABLE);
	EXPECT_EQ(4, cxl_mem_read(&dvsec->dev, 0, &dword, 4));
}

TEST_F(dvsec, config_lock)
{
	struct dvsec *dvsec = &self->dvsec;
	uint16_t control;

	if (get16(dvsec, CXL_DVSEC_LOCK) & CXL_DVSEC_LOCK_CONFIG)
		SKIP(return, "firmware locked the configuration");
	set16(dvsec, CXL_DVSEC_CONTROL, 0x0b04);
	control = get16(dvsec, CXL_DVSEC_CONTROL);
	EXPECT_EQ(0x0b04 | CXL_DVSEC_CTRL_IO_ENABLE, control);

	/* The first 1 sticks. */
	set16(dvsec, CXL_DVSEC_LOCK, 0xfffe);
	EXPECT_EQ(0, get16(dvsec, CXL_DVSEC_LOCK));
	set16(dvsec, CXL_DVSEC_LOCK, CXL_DVSEC_LOCK_CONFIG);
	EXPECT_EQ(CXL_DVSEC_LOCK_CONFIG, get16(dvsec, CXL_DVSEC_LOCK));
	set16(dvsec, CXL_DVSEC_LOCK, 0);
	EXPECT_EQ(CXL_DVSEC_LOCK_CONFIG, get16(dvsec, CXL_DVSEC_LOCK));

	/* It freezes Control, and nothing else that can be written. */
	set16(dvsec, CXL_DVSEC_CONTROL, 0);
	EXPECT_EQ(control, get16(dvsec, CXL_DVSEC_CONTROL));
	cxl_dvsec_set(&dvsec->dev, CXL_DVSEC_CONTROL, 1, 0xff);
	EXPECT_EQ(control, get16(dvsec, CXL_DVSEC_CONTROL));
	set16(dvsec, CXL_DVSEC_CONTROL2, CXL_DVSEC_CTRL2_RESET_MEM_CLEAR);
	EXPECT_EQ(CXL_DVSEC_CTRL2_RESET_MEM_CLEAR,
		  get16(dvsec, CXL_DVSEC_CONTROL2));
	set16(dvsec, CXL_DVSEC_CONTROL2, 0);
	EXPECT_EQ(0, get16(dvsec, CXL_DVSEC_CONTROL2));

	/* The next user starts from hardware. */
	cxl_dev_close(&dvsec->dev);
	cxl_dev_open(&dvsec->dev, cxl_bdf);
	EXPECT_EQ(0, get16(dvsec, CXL_DVSEC_LOCK));
	EXPECT_NE(control, get16(dvsec, CXL_DVSEC_CONTROL));
}

TEST_F(dvsec, locked_by_firmware)
{
	struct dvsec *dvsec = &self->dvsec;
	uint16_t control = get16(dvsec, CXL_DVSEC_CONTROL);

	if (!(get16(dvsec, CXL_DVSEC_LOCK) & CXL_DVSEC_LOCK_CONFIG))
		SKIP(return, "firmware did not lock the configuration");
	set16(dvsec, CXL_DVSEC_CONTROL, 0);
	EXPECT_EQ(control, get16(dvsec, CXL_DVSEC_CONTROL));
	set16(dvsec, CXL_DVSEC_CONTROL, 0xffff);
	EXPECT_EQ(control, get16(dvsec, CXL_DVSEC_CONTROL));
	set16(dvsec, CXL_DVSEC_LOCK, 0);
	EXPECT_EQ(CXL_DVSEC_LOCK_CONFIG, get16(dvsec, CXL_DVSEC_LOCK));
}

/* What the device changes by itself shows when the guest looks. */
TEST_F(dvsec, live_fields)
{
	struct dvsec *dvsec = &self->dvsec;
	unsigned int size = CXL_DVSEC_RANGE_SIZE_LOW(0);

	if (!cxl_host_emulated())
		SKIP(return, "nobody changes the device here");
	cxl_host_set("mem-active", "off");
	EXPECT_EQ(CXL_DVSEC_RANGE_INFO_VALID, get16(dvsec, size) & 3);
	cxl_host_set("mem-valid", "off");
	EXPECT_EQ(0, get16(dvsec, size) & 3);
	cxl_host_set("mem-valid", "on");
	cxl_host_set("mem-active", "on");
	EXPECT_EQ(3, get16(dvsec, size) & 3);

	EXPECT_EQ(0, get16(dvsec, CXL_DVSEC_STATUS));
	cxl_host_do("viral", 1);
	EXPECT_EQ(CXL_DVSEC_STATUS_VIRAL, get16(dvsec, CXL_DVSEC_STATUS));
	set16(dvsec, CXL_DVSEC_STATUS, CXL_DVSEC_STATUS_VIRAL);
	EXPECT_EQ(0, get16(dvsec, CXL_DVSEC_STATUS));
	/* It would be there for every user after this one. */
	EXPECT_EQ(0, cxl_host_get("viral"));
}

static uint16_t host_control2(struct dvsec *dvsec)
{
	uint16_t value = 0xffff;

	pci_host_config(cxl_bdf, &value, 2, dvsec->start + CXL_DVSEC_CONTROL2);
	return value;
}

/* The device's caching is its driver's business, until the device is given back. */
TEST_F(dvsec, disable_caching_reaches_the_device)
{
	struct dvsec *dvsec = &self->dvsec;
	uint16_t bit = CXL_DVSEC_CTRL2_DISABLE_CACHING;

	set16(dvsec, CXL_DVSEC_CONTROL2, bit);
	EXPECT_EQ(bit, host_control2(dvsec) & bit);
	set16(dvsec, CXL_DVSEC_CONTROL2, 0);
	EXPECT_EQ(0, host_control2(dvsec) & bit);
	set16(dvsec, CXL_DVSEC_CONTROL2, bit);
	EXPECT_EQ(0, vfio_ioctl(dvsec->dev.vfio.fd, VFIO_DEVICE_RESET, NULL));
	EXPECT_EQ(0, get16(dvsec, CXL_DVSEC_CONTROL2) & bit);
	EXPECT_EQ(0, host_control2(dvsec) & bit);
	set16(dvsec, CXL_DVSEC_CONTROL2, bit);
	cxl_dev_close(&dvsec->dev);
	EXPECT_EQ(0, host_control2(dvsec) & bit);
	cxl_dev_open(&dvsec->dev, cxl_bdf);
	EXPECT_EQ(0, get16(dvsec, CXL_DVSEC_CONTROL2) & bit);
}

/* Also while the host has stopped its caching, because it sleeps. */
TEST_F(dvsec, disable_caching_of_one_that_sleeps)
{
	struct dvsec *dvsec = &self->dvsec;
	struct vfio_dev *vfio = &dvsec->dev.vfio;
	uint16_t bit = CXL_DVSEC_CTRL2_DISABLE_CACHING;

	ASSERT_EQ(0, vfio_low_power(vfio, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1));
	set16(dvsec, CXL_DVSEC_CONTROL2, bit);
	ASSERT_EQ(0, vfio_low_power(vfio, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1));
	EXPECT_EQ(bit, get16(dvsec, CXL_DVSEC_CONTROL2) & bit);
	EXPECT_EQ(bit, host_control2(dvsec) & bit);
	set16(dvsec, CXL_DVSEC_CONTROL2, 0);
	EXPECT_EQ(0, host_control2(dvsec) & bit);
}

/* The other CXL DVSECs decide for the host: a guest reads them. */
TEST_F(dvsec, other_cxl_dvsecs_are_read_only)
{
	struct dvsec *dvsec = &self->dvsec;
	static const uint16_t ids[] = { 2, 3, 4, 5, 7, 8, 9, 10 };
	unsigned int i, at, pos, len, found = 0;
	uint8_t before[4096], after[4096], ones[4096];
	unsigned int size = vfio_config_size(&dvsec->dev.vfio);

	ASSERT_EQ(size, pci_host_config(cxl_bdf, before, size, 0));
	memset(ones, 0xff, sizeof(ones));
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		pos = cxl_dvsec(&dvsec->dev.vfio, ids[i]);
		if (!pos)
			continue;
		found++;
		len = (before[pos + 6] >> 4) | before[pos + 7] << 4;
		for (at = HEADER; at < len; at++)
			EXPECT_EQ(1, config_write(dvsec, pos + at, ones, 1));
		EXPECT_EQ(len, config_write(dvsec, pos, ones, len));
		EXPECT_EQ(len, config_read(dvsec, pos, after, len));
		EXPECT_EQ(0, memcmp(before + pos + HEADER, after + HEADER,
				    len - HEADER))
			TH_LOG("DVSEC %u", ids[i]);
		EXPECT_EQ(len, pci_host_config(cxl_bdf, after, len, pos));
		EXPECT_EQ(0, memcmp(before + pos, after, len))
			TH_LOG("physical DVSEC %u", ids[i]);
	}
	EXPECT_LT(0, found);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
