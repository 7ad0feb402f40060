// SPDX-License-Identifier: GPL-2.0
/*
 * The doorbells of the CXL Device DVSEC, 8.1.3.4: they never reach the device
 * from the shadow, the driver does what they ask for and says when it is done.
 */
#include <string.h>

#include "cxl_test.h"
#include "pages.h"
#include "touch.h"

FIXTURE(doorbell) {
	struct cxl_dev dev;
	uint16_t cap;
	uint32_t hdm[CXL_HDM_DWORDS];
	uint16_t control;	/* physical */
};

static uint16_t get16(struct cxl_dev *dev, unsigned int offset)
{
	return cxl_dvsec_get(dev, offset, 2);
}

static void set16(struct cxl_dev *dev, unsigned int offset, uint16_t value)
{
	cxl_dvsec_set(dev, offset, 2, value);
}

static uint16_t host16(struct cxl_dev *dev, unsigned int offset)
{
	uint16_t value;

	if (pci_host_config(cxl_bdf, &value, 2, dev->dvsec + offset) != 2)
		die("configuration space cannot be read");
	return value;
}

/* Wait for any of these bits of Status2. */
static uint16_t wait_status2(struct cxl_dev *dev, uint16_t bits, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms;
	uint16_t status;

	do {
		status = get16(dev, CXL_DVSEC_STATUS2);
		if (status & bits)
			break;
		sleep_ms(5);
	} while (now_ms() < end);
	return status;
}

/* 8.1.3.1: how long a reset may take, doubled for a busy machine. */
static int reset_timeout_ms(uint16_t cap)
{
	static const int limits[] = { 10, 100, 1000, 10000, 100000 };
	unsigned int code = (cap & CXL_DVSEC_CAP_RESET_TIMEOUT) >> 8;

	return 1000 + 2 * limits[code < ARRAY_SIZE(limits) ? code : 0];
}

FIXTURE_SETUP(doorbell)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->cap = get16(&self->dev, CXL_DVSEC_CAPABILITY);
	self->control = host16(&self->dev, CXL_DVSEC_CONTROL);
	if (cxl_host_emulated())
		cxl_host_hdm(&self->dev, self->hdm);
}

FIXTURE_TEARDOWN(doorbell)
{
	uint32_t now[CXL_HDM_DWORDS], dword;
	unsigned int count;

	/* Whatever was rung for, the memory is there, where it was. */
	EXPECT_EQ(4, cxl_mem_read(&self->dev, 0, &dword, 4));
	EXPECT_EQ(self->control, host16(&self->dev, CXL_DVSEC_CONTROL));
	if (cxl_host_emulated()) {
		count = cxl_host_hdm(&self->dev, now);
		EXPECT_EQ(0, memcmp(self->hdm, now, 4 * count));
	}
	cxl_dev_close(&self->dev);
}

TEST_F(doorbell, write_back)
{
	struct cxl_dev *dev = &self->dev;

	if (!(self->cap & CXL_DVSEC_CAP_CACHE_WBI)) {
		set16(dev, CXL_DVSEC_CONTROL2, CXL_DVSEC_CTRL2_INITIATE_WBI);
		EXPECT_EQ(0, get16(dev, CXL_DVSEC_CONTROL2));
		SKIP(return, "the device has no such doorbell");
	}
	EXPECT_EQ(0, get16(dev, CXL_DVSEC_STATUS2) &
		  CXL_DVSEC_STATUS2_CACHE_INVALID);
	set16(dev, CXL_DVSEC_CONTROL2, CXL_DVSEC_CTRL2_DISABLE_CACHING);
	set16(dev, CXL_DVSEC_CONTROL2, CXL_DVSEC_CTRL2_DISABLE_CACHING |
	      CXL_DVSEC_CTRL2_INITIATE_WBI);
	/* The doorbell reads 0, at any time. */
	EXPECT_EQ(CXL_DVSEC_CTRL2_DISABLE_CACHING,
		  get16(dev, CXL_DVSEC_CONTROL2));
	EXPECT_NE(0, wait_status2(dev, CXL_DVSEC_STATUS2_CACHE_INVALID, 5000) &
		  CXL_DVSEC_STATUS2_CACHE_INVALID);
	/* Software cannot clear what it polls; a cache in use does. */
	set16(dev, CXL_DVSEC_STATUS2, 0xffff);
	EXPECT_NE(0, get16(dev, CXL_DVSEC_STATUS2) &
		  CXL_DVSEC_STATUS2_CACHE_INVALID);
	set16(dev, CXL_DVSEC_CONTROL2, 0);
	EXPECT_EQ(0, get16(dev, CXL_DVSEC_STATUS2) &
		  CXL_DVSEC_STATUS2_CACHE_INVALID);
}

static bool mapping_works(volatile uint32_t *map)
{
	uint32_t value;

	return !strcmp(touch((void *)map, false, &value), "ok");
}

/* A CXL Reset that was rung for ends, and without an error. */
static bool reset_completes(struct cxl_dev *dev)
{
	const uint16_t ended = CXL_DVSEC_STATUS2_RESET_COMPLETE |
			       CXL_DVSEC_STATUS2_RESET_ERROR;
	uint16_t cap = get16(dev, CXL_DVSEC_CAPABILITY);

	return (wait_status2(dev, ended, reset_timeout_ms(cap)) & ended) ==
	       CXL_DVSEC_STATUS2_RESET_COMPLETE;
}

TEST_F(doorbell, reset)
{
	struct cxl_dev *dev = &self->dev;
	uint32_t pattern = 0x0ddba11, value = 0;
	uint64_t resets = 0;
	void *map;

	if (!(self->cap & CXL_DVSEC_CAP_RESET)) {
		set16(dev, CXL_DVSEC_CONTROL2, CXL_DVSEC_CTRL2_INITIATE_RESET);
		EXPECT_EQ(0, get16(dev, CXL_DVSEC_CONTROL2));
		EXPECT_EQ(0, get16(dev, CXL_DVSEC_STATUS2) &
			  (CXL_DVSEC_STATUS2_RESET_COMPLETE |
			   CXL_DVSEC_STATUS2_RESET_ERROR));
		SKIP(return, "the device has no such doorbell");
	}
	map = cxl_mem_map(dev, 0, PAGE);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_TRUE(mapping_works(map));
	if (cxl_host_emulated())
		resets = cxl_host_get("cxl-resets");
	EXPECT_EQ(4, cxl_mem_write(dev, 64, &pattern, 4));

	set16(dev, CXL_DVSEC_CONTROL2, CXL_DVSEC_CTRL2_INITIATE_RESET);
	EXPECT_EQ(0, get16(dev, CXL_DVSEC_CONTROL2) &
		  CXL_DVSEC_CTRL2_INITIATE_RESET);
	EXPECT_TRUE(reset_completes(dev));
	if (cxl_host_emulated()) {
		EXPECT_EQ(resets + 1, cxl_host_get("cxl-resets"));
		/* Which keeps what is in its memory, if not told otherwise. */
		EXPECT_EQ(4, cxl_mem_read(dev, 64, &value, 4));
		EXPECT_EQ(pattern, value);
	}
	EXPECT_TRUE(mapping_works(map));
	munmap(map, PAGE);
}

TEST_F(doorbell, reset_that_clears)
{
	struct cxl_dev *dev = &self->dev;
	uint32_t pattern = 0x0ddba11, value = ~0u;

	if (!(self->cap & CXL_DVSEC_CAP_RESET) ||
	    !(self->cap & CXL_DVSEC_CAP_RESET_MEM_CLEAR))
		SKIP(return, "the device cannot clear its memory");
	EXPECT_EQ(4, cxl_mem_write(dev, 0, &pattern, 4));
	EXPECT_EQ(4, cxl_mem_write(dev, dev->size - 4, &pattern, 4));
	set16(dev, CXL_DVSEC_CONTROL2, CXL_DVSEC_CTRL2_RESET_MEM_CLEAR);
	set16(dev, CXL_DVSEC_CONTROL2, CXL_DVSEC_CTRL2_RESET_MEM_CLEAR |
	      CXL_DVSEC_CTRL2_INITIATE_RESET);
	EXPECT_TRUE(reset_completes(dev));
	EXPECT_EQ(4, cxl_mem_read(dev, 0, &value, 4));
	EXPECT_EQ(0, value);
	value = ~0u;
	EXPECT_EQ(4, cxl_mem_read(dev, dev->size - 4, &value, 4));
	EXPECT_EQ(0, value);
}

/* Byte stores that leave the doorbells' byte alone ring nothing. */
TEST_F(doorbell, high_byte)
{
	struct cxl_dev *dev = &self->dev;
	uint16_t status = get16(dev, CXL_DVSEC_STATUS2);

	cxl_dvsec_set(dev, CXL_DVSEC_CONTROL2 + 1, 1, 0xff);
	EXPECT_EQ(0, get16(dev, CXL_DVSEC_CONTROL2));
	EXPECT_EQ(status, get16(dev, CXL_DVSEC_STATUS2));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
