// SPDX-License-Identifier: GPL-2.0
/* What a CXL device says about itself and its regions, for every argsz. */
#include <stdlib.h>
#include <string.h>

#include "cxl_test.h"
#include "pages.h"

#define CANARY 0xa5
#define MAX_ARGSZ 256
#define MAX_CAPS 8

/* An answer in the middle of bytes that must stay as they are. */
struct answer {
	uint8_t before[64];
	union {
		uint8_t bytes[2 * MAX_ARGSZ];
		struct vfio_device_info device;
		struct vfio_region_info region;
	};
};

static int ask(struct cxl_dev *dev, unsigned long request, uint32_t argsz,
	       uint32_t index, struct answer *answer)
{
	memset(answer, CANARY, sizeof(*answer));
	if (request == VFIO_DEVICE_GET_REGION_INFO) {
		answer->region.argsz = argsz;
		answer->region.flags = 0;
		answer->region.index = index;
	} else {
		answer->device.argsz = argsz;
	}
	return vfio_ioctl(dev->vfio.fd, request, answer->bytes);
}

/* How many of the bytes around @size bytes of an answer were written. */
static unsigned int written_outside(const struct answer *answer, size_t size)
{
	unsigned int i, count = 0;

	for (i = 0; i < sizeof(answer->before); i++)
		count += answer->before[i] != CANARY;
	for (i = size; i < sizeof(answer->bytes); i++)
		count += answer->bytes[i] != CANARY;
	return count;
}

/* Number of capabilities of a chain; -1 if it is not well formed. */
static int chain_length(const struct answer *answer, uint32_t first,
			uint32_t start, uint32_t end)
{
	const struct vfio_info_cap_header *cap;
	uint32_t offset = first, last = start - 1;
	int count = 0;

	while (offset) {
		/* Forward only, so that no reader can be caught in a loop. */
		if (offset <= last || offset % 8 ||
		    offset + sizeof(*cap) > end || ++count > MAX_CAPS)
			return -1;
		cap = (const void *)&answer->bytes[offset];
		last = offset;
		offset = cap->next;
	}
	return count;
}

static unsigned int count_cap(const struct answer *answer, uint32_t first,
			      uint16_t id)
{
	const struct vfio_info_cap_header *cap;
	unsigned int count = 0;
	uint32_t offset;

	for (offset = first; offset; offset = cap->next) {
		cap = (const void *)&answer->bytes[offset];
		count += cap->id == id;
	}
	return count;
}

FIXTURE(info) {
	struct cxl_dev dev;
	struct answer answer;
};

FIXTURE_SETUP(info)
{
	cxl_dev_open(&self->dev, cxl_bdf);
}

FIXTURE_TEARDOWN(info)
{
	cxl_dev_close(&self->dev);
}

TEST_F(info, uapi_layout)
{
	EXPECT_EQ(48, sizeof(struct cxl_vfio_pci_info_v3));
	EXPECT_EQ(32, offsetof(struct cxl_vfio_pci_info_v3,
			       comp_reg_offset));
	EXPECT_EQ(40, offsetof(struct cxl_vfio_pci_info_v3, comp_reg_size));
	EXPECT_EQ(1 << 9, VFIO_DEVICE_FLAGS_CXL);
	EXPECT_EQ(6, VFIO_DEVICE_INFO_CAP_CXL);
	EXPECT_EQ(1, VFIO_REGION_SUBTYPE_CXL);
	EXPECT_EQ(2, VFIO_REGION_SUBTYPE_CXL_COMP_REGS);
}

TEST_F(info, device_for_every_argsz)
{
	const uint32_t head = offsetof(struct vfio_device_info, cap_offset);
	const uint32_t size = sizeof(struct vfio_device_info);
	struct answer *answer = &self->answer;
	uint32_t argsz, full;
	int ret;

	ret = ask(&self->dev, VFIO_DEVICE_GET_INFO, size, 0, answer);
	ASSERT_EQ(0, ret);
	full = answer->device.argsz;
	ASSERT_GE(full, size + sizeof(struct cxl_vfio_pci_info_v3));
	ASSERT_LE(full, MAX_ARGSZ);

	for (argsz = 0; argsz <= MAX_ARGSZ; argsz++) {
		uint32_t told = argsz < size ? argsz : size;

		ret = ask(&self->dev, VFIO_DEVICE_GET_INFO, argsz, 0, answer);
		if (argsz < head) {
			EXPECT_EQ(-EINVAL, ret)
				TH_LOG("argsz %u", argsz);
			EXPECT_EQ(argsz, answer->device.argsz);
			EXPECT_EQ(0, written_outside(answer, 4));
			continue;
		}
		EXPECT_EQ(0, ret)
			TH_LOG("argsz %u", argsz);
		EXPECT_EQ(VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_CAPS |
			  VFIO_DEVICE_FLAGS_CXL,
			  answer->device.flags & ~VFIO_DEVICE_FLAGS_RESET)
			TH_LOG("argsz %u", argsz);
		EXPECT_EQ(VFIO_PCI_NUM_REGIONS + 2, answer->device.num_regions);
		EXPECT_EQ(VFIO_PCI_NUM_IRQS, answer->device.num_irqs);
		if (argsz < full) {
			EXPECT_EQ(full, answer->device.argsz)
				TH_LOG("argsz %u", argsz);
			EXPECT_EQ(0, written_outside(answer, told))
				TH_LOG("argsz %u", argsz);
			EXPECT_TRUE(argsz < size || !answer->device.cap_offset)
				TH_LOG("argsz %u", argsz);
		} else {
			EXPECT_EQ(argsz, answer->device.argsz);
			EXPECT_EQ(0, written_outside(answer, full))
				TH_LOG("argsz %u", argsz);
			EXPECT_LT(0, chain_length(answer,
						  answer->device.cap_offset,
						  size, full))
				TH_LOG("argsz %u", argsz);
		}
	}
}

TEST_F(info, device_capabilities)
{
	const struct cxl_vfio_pci_info_v3 *cap;
	struct answer *answer = &self->answer;
	uint32_t first;

	ASSERT_EQ(0, ask(&self->dev, VFIO_DEVICE_GET_INFO, MAX_ARGSZ, 0,
			 answer));
	first = answer->device.cap_offset;
	ASSERT_LT(0, chain_length(answer, first,
				  sizeof(struct vfio_device_info), MAX_ARGSZ));
	ASSERT_EQ(1, count_cap(answer, first, VFIO_DEVICE_INFO_CAP_CXL));
	cap = (const void *)vfio_cap(answer->bytes, MAX_ARGSZ, first,
				     VFIO_DEVICE_INFO_CAP_CXL);
	ASSERT_NE(NULL, cap);
	EXPECT_EQ(1, cap->header.version);
	EXPECT_EQ(VFIO_CXL_CAP_HOST_FIRMWARE_COMMITTED, cap->flags);
	EXPECT_GE(cap->hdm_region_idx, VFIO_PCI_NUM_REGIONS);
	EXPECT_GE(cap->comp_reg_region_idx, VFIO_PCI_NUM_REGIONS);
	EXPECT_NE(cap->hdm_region_idx, cap->comp_reg_region_idx);
	EXPECT_EQ(0, cap->reserved);
	EXPECT_EQ(CXL_COMPONENT_REG_BLOCK_SIZE, cap->comp_reg_size);
	EXPECT_EQ(0, cap->comp_reg_offset % CXL_COMPONENT_REG_BLOCK_SIZE);
}

/* The core reports AtomicOps where the root port completes them. */
TEST_F(info, core_capabilities_survive)
{
	struct answer *answer = &self->answer;
	struct vfio_dev plain;
	struct answer theirs;
	uint32_t offset;

	cxl_dev_close(&self->dev);
	ASSERT_EQ(0, cxl_bind_plain())
		TH_LOG("vfio-pci is needed for comparison");
	vfio_dev_must_open(&plain, cxl_bdf, cxl_dev_mode());
	memset(&theirs, CANARY, sizeof(theirs));
	theirs.device.argsz = MAX_ARGSZ;
	EXPECT_EQ(0, vfio_ioctl(plain.fd, VFIO_DEVICE_GET_INFO,
				theirs.bytes));
	vfio_dev_close(&plain);
	cxl_rebind();
	cxl_dev_open(&self->dev, cxl_bdf);
	if (!(theirs.device.flags & VFIO_DEVICE_FLAGS_CAPS))
		SKIP(return, "the core reports no capability here");

	ASSERT_EQ(0, ask(&self->dev, VFIO_DEVICE_GET_INFO, MAX_ARGSZ, 0,
			 answer));
	for (offset = theirs.device.cap_offset; offset;) {
		const struct vfio_info_cap_header *cap, *ours;
		uint32_t len;

		cap = (const void *)&theirs.bytes[offset];
		ours = vfio_cap(answer->bytes, MAX_ARGSZ,
				answer->device.cap_offset, cap->id);
		ASSERT_NE(NULL, ours)
			TH_LOG("capability %u is lost", cap->id);
		EXPECT_EQ(cap->version, ours->version);
		/* How long the last one is, its reader has to know. */
		len = cap->next ? cap->next - offset :
		      cap->id == VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP ?
		      sizeof(struct vfio_device_info_cap_pci_atomic_comp) :
		      sizeof(*cap);
		EXPECT_EQ(0, memcmp(cap + 1, ours + 1, len - sizeof(*cap)));
		offset = cap->next;
	}
}

TEST_F(info, bad_address)
{
	uint8_t *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vfio_device_info *info;
	uint32_t inside;

	EXPECT_EQ(-EFAULT, vfio_ioctl(self->dev.vfio.fd, VFIO_DEVICE_GET_INFO,
				      NULL));
	EXPECT_EQ(-EFAULT, vfio_ioctl(self->dev.vfio.fd,
				      VFIO_DEVICE_GET_REGION_INFO, NULL));
	/* The structure ends, or its capabilities are, where nothing is. */
	munmap(page + PAGE, PAGE);
	for (inside = 4; inside <= 64; inside += 4) {
		info = (void *)(page + PAGE - inside);
		info->argsz = MAX_ARGSZ;
		EXPECT_EQ(-EFAULT, vfio_ioctl(self->dev.vfio.fd,
					      VFIO_DEVICE_GET_INFO, info))
			TH_LOG("%u bytes are there", inside);
	}
}

static void check_region(struct __test_metadata *_metadata,
			 struct cxl_dev *dev, struct answer *answer,
			 uint32_t index)
{
	const uint32_t size = sizeof(struct vfio_region_info);
	uint32_t argsz, full;

	ASSERT_EQ(0, ask(dev, VFIO_DEVICE_GET_REGION_INFO, size, index,
			 answer));
	full = answer->region.flags & VFIO_REGION_INFO_FLAG_CAPS ?
	       answer->region.argsz : size;
	ASSERT_LE(full, MAX_ARGSZ);
	for (argsz = 0; argsz <= MAX_ARGSZ; argsz++) {
		int ret = ask(dev, VFIO_DEVICE_GET_REGION_INFO, argsz, index,
			      answer);

		if (argsz < size) {
			EXPECT_EQ(-EINVAL, ret)
				TH_LOG("region %u argsz %u", index, argsz);
			EXPECT_EQ(0, written_outside(answer, 12));
			continue;
		}
		EXPECT_EQ(0, ret)
			TH_LOG("region %u argsz %u", index, argsz);
		EXPECT_EQ(index, answer->region.index);
		EXPECT_EQ(argsz < full ? full : argsz, answer->region.argsz)
			TH_LOG("region %u argsz %u", index, argsz);
		EXPECT_EQ(0, written_outside(answer,
					     argsz < full ? size : full))
			TH_LOG("region %u argsz %u", index, argsz);
		if (full == size)
			continue;
		if (argsz < full) {
			EXPECT_EQ(0, answer->region.cap_offset);
		} else {
			EXPECT_LT(0, chain_length(answer,
						  answer->region.cap_offset,
						  size, full))
				TH_LOG("region %u argsz %u", index, argsz);
		}
	}
}

TEST_F(info, regions_for_every_argsz)
{
	uint32_t index;

	for (index = 0; index < VFIO_PCI_NUM_REGIONS + 2; index++)
		if (index != VFIO_PCI_VGA_REGION_INDEX)
			check_region(_metadata, &self->dev, &self->answer,
				     index);
}

TEST_F(info, bad_indices)
{
	static const uint32_t bad[] = {
		VFIO_PCI_VGA_REGION_INDEX, VFIO_PCI_NUM_REGIONS + 2,
		VFIO_PCI_NUM_REGIONS + 3, 0x7fffffff, 0x80000000, 0xffffffff,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, ask(&self->dev, VFIO_DEVICE_GET_REGION_INFO,
				       MAX_ARGSZ, bad[i], &self->answer))
			TH_LOG("index %#x", bad[i]);
	}
}

/* Flags of the question mean nothing, as in vfio-pci. */
TEST_F(info, unknown_flags)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .flags = ~0u,
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};

	EXPECT_EQ(0, vfio_ioctl(self->dev.vfio.fd, VFIO_DEVICE_GET_REGION_INFO,
				&info));
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
		  info.flags);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
