// SPDX-License-Identifier: GPL-2.0
/*
 * uapi=v2, step by step as a VMM that was written for it uses a device: it learns
 * where things are, places decoder 0 where the guest shall find the memory, commits
 * and locks it, resets the device, and does not look at it again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/pci_regs.h>

#include "background.h"
#include "cxl_test.h"
#include "hdm.h"
#include "module.h"
#include "pages.h"
#include "reset.h"
#include "touch.h"

#define GUEST 0x4000000000ull
#define PATTERN 0x5eed0002
#define LEN (4ul << 20)

FIXTURE(v2) {
	struct cxl_dev dev;
	struct cxl_vfio_pci_info_v2 info;
	struct physical physical;
	volatile uint32_t *map;
};

static const struct cxl_vfio_pci_info_v2 *find(struct vfio_device_info *info)
{
	return (const void *)vfio_cap(info, info->argsz, info->cap_offset,
				      VFIO_DEVICE_INFO_CAP_CXL);
}

FIXTURE_SETUP(v2)
{
	struct vfio_device_info *info;

	cxl_dev_open(&self->dev, cxl_bdf);
	ASSERT_EQ(CXL_UAPI_V2, self->dev.cap.uapi);
	info = vfio_device_info(&self->dev.vfio);
	ASSERT_NE(NULL, info);
	ASSERT_NE(NULL, find(info));
	self->info = *find(info);
	free(info);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
	physical_read(&self->dev, &self->physical);
}

FIXTURE_TEARDOWN(v2)
{
	EXPECT_TRUE(physical_same(&self->dev, &self->physical));
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

static uint32_t ctrl(struct cxl_dev *dev)
{
	return cxl_hdm_get(dev, CTRL(0)) & (LOCK | COMMIT | DONE | FAILED);
}

static uint64_t base(struct cxl_dev *dev)
{
	return (uint64_t)cxl_hdm_get(dev, BASE(0) + 4) << 32 |
	       cxl_hdm_get(dev, BASE(0));
}

static void set_base(struct cxl_dev *dev, uint64_t value)
{
	cxl_hdm_set(dev, BASE(0), value);
	cxl_hdm_set(dev, BASE(0) + 4, value >> 32);
}

/* What a VMM does when it builds the machine. */
static void place(struct cxl_dev *dev, uint64_t value)
{
	uint32_t now = cxl_hdm_get(dev, CTRL(0));

	if (now & LOCK)
		cxl_hdm_set(dev, CTRL(0), now & ~LOCK);
	set_base(dev, value);
	cxl_hdm_set(dev, CTRL(0), cxl_hdm_get(dev, CTRL(0)) | COMMIT | LOCK);
}

TEST_F(v2, says_where_things_are)
{
	struct vfio_region_info *memory, *registers;
	struct cxl_dev *dev = &self->dev;
	uint32_t caps = cxl_dvsec_get(dev, CXL_DVSEC_CAPABILITY, 2);

	EXPECT_EQ(1, self->info.header.version);
	EXPECT_EQ(VFIO_CXL_CAP_FIRMWARE_COMMITTED |
			  (caps & CXL_DVSEC_CAP_CACHE ?
				   VFIO_CXL_CAP_CACHE_CAPABLE : 0),
		  self->info.flags);
	EXPECT_EQ(0, self->info.reserved[0] | self->info.reserved[1] |
			     self->info.reserved[2]);
	EXPECT_EQ((int)self->info.dpa_region_index,
		  vfio_region_find(&dev->vfio, VFIO_REGION_TYPE_CXL,
				   VFIO_REGION_SUBTYPE_CXL));
	EXPECT_EQ((int)self->info.comp_regs_region_index,
		  vfio_region_find(&dev->vfio, VFIO_REGION_TYPE_CXL,
				   VFIO_REGION_SUBTYPE_CXL_COMP_REGS));
	memory = vfio_region_info(&dev->vfio, self->info.dpa_region_index);
	registers = vfio_region_info(&dev->vfio,
				     self->info.comp_regs_region_index);
	ASSERT_TRUE(memory && registers);
	EXPECT_TRUE(memory->flags & VFIO_REGION_INFO_FLAG_MMAP);
	/* The array, and all decoders. */
	EXPECT_EQ(dev->hdm - CXL_CM_OFFSET + 0x10 + 0x20 * dev->decoders,
		  registers->size);
	EXPECT_FALSE(registers->flags & VFIO_REGION_INFO_FLAG_MMAP);
	free(memory);
	free(registers);
}

TEST_F(v2, builds_a_machine)
{
	struct cxl_dev *dev = &self->dev;
	uint32_t index = self->info.comp_regs_region_index;
	uint32_t header, element = 0, at = 0;
	unsigned int i;

	header = vfio_region_read32(&dev->vfio, index, 0);
	ASSERT_EQ(1, header & 0xffff);
	for (i = 1; i <= header >> 24 && !at; i++) {
		element = vfio_region_read32(&dev->vfio, index, 4 * i);
		if ((element & 0xffff) == 5)
			at = element >> 20;
	}
	ASSERT_NE(0, at);
	EXPECT_EQ(dev->hdm, at + CXL_CM_OFFSET);

	EXPECT_EQ(COMMIT | DONE, ctrl(dev));
	EXPECT_EQ(0, base(dev));
	place(dev, GUEST);
	EXPECT_EQ(LOCK | COMMIT | DONE, ctrl(dev));
	EXPECT_EQ(GUEST, base(dev));
	EXPECT_EQ(dev->size, (uint64_t)cxl_hdm_get(dev, SIZE(0) + 4) << 32 |
				     cxl_hdm_get(dev, SIZE(0)));
	self->map[0] = PATTERN;
	EXPECT_EQ(PATTERN, self->map[0]);
}

/* What a guest can do to a decoder that is locked. */
TEST_F(v2, lock_freezes)
{
	struct cxl_dev *dev = &self->dev;
	uint64_t size;

	place(dev, GUEST);
	size = cxl_hdm_get(dev, SIZE(0));
	set_base(dev, GUEST * 2);
	cxl_hdm_set(dev, SIZE(0), 0);
	EXPECT_EQ(GUEST, base(dev));
	EXPECT_EQ(size, cxl_hdm_get(dev, SIZE(0)));
	cxl_hdm_set(dev, CTRL(0), LOCK);
	EXPECT_EQ(LOCK | COMMIT | DONE, ctrl(dev));
	/* It can take the lock away, and then release. */
	cxl_hdm_set(dev, CTRL(0), 0);
	EXPECT_EQ(COMMIT | DONE, ctrl(dev));
	cxl_hdm_set(dev, CTRL(0), 0);
	EXPECT_EQ(0, ctrl(dev));
	/* The memory is the VMM's to map or not. */
	EXPECT_STREQ("ok", load(self->map));
	place(dev, GUEST);
	EXPECT_EQ(LOCK | COMMIT | DONE, ctrl(dev));
	EXPECT_EQ(GUEST, base(dev));
}

/* A machine is reset for the first time after it was built, and rebooted later. */
TEST_F(v2, resets_keep_it)
{
	static const struct {
		const char *name;
		enum reset_how how;
	} resets[] = {
		{ "VFIO_DEVICE_RESET", BY_IOCTL },
		{ "FLR", BY_FLR },
		{ "hot reset", BY_HOT_RESET },
		{ "sysfs", BY_SYSFS },
		{ "an error", BY_ERROR },
	};
	struct cxl_dev *dev = &self->dev;
	unsigned int i;

	place(dev, GUEST);
	for (i = 0; i < ARRAY_SIZE(resets); i++) {
		int err;

		/* As QEMU does before it resets a device. */
		cxl_set_memory_space(dev, false);
		err = reset_by(dev, resets[i].how);
		if (err == -ENOTTY)
			continue;
		EXPECT_EQ(0, err)
			TH_LOG("%s", resets[i].name);
		cxl_set_memory_space(dev, true);
		EXPECT_STREQ("ok", load(self->map))
			TH_LOG("%s", resets[i].name);
		EXPECT_EQ(LOCK | COMMIT | DONE, ctrl(dev))
			TH_LOG("%s", resets[i].name);
		EXPECT_EQ(GUEST, base(dev))
			TH_LOG("%s", resets[i].name);
		/* What a guest did to the DVSEC is gone, or it is not its reset. */
		EXPECT_TRUE(cxl_dvsec_get(dev, CXL_DVSEC_CONTROL, 2) &
			    CXL_DVSEC_CTRL_MEM_ENABLE);
	}
}

TEST_F(v2, open_makes_it_new)
{
	place(&self->dev, GUEST);
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	EXPECT_EQ(COMMIT | DONE, ctrl(&self->dev));
	EXPECT_EQ(0, base(&self->dev));
}

/* No VMM replaces addresses, so there are none of the host's. */
TEST_F(v2, no_address_of_the_host)
{
	static const unsigned int bases[] = {
		CXL_DVSEC_RANGE_BASE_HIGH(0), CXL_DVSEC_RANGE_BASE_LOW(0),
		CXL_DVSEC_RANGE_BASE_HIGH(1), CXL_DVSEC_RANGE_BASE_LOW(1),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bases); i++)
		if (bases[i] < self->dev.dvsec_len)
			EXPECT_EQ(0, cxl_dvsec_get(&self->dev, bases[i], 4));
}

TEST_F(v2, one_dword_at_a_time)
{
	static const struct {
		unsigned int offset, count;
	} wrong[] = { { 0, 1 }, { 0, 2 }, { 0, 8 }, { 1, 4 }, { 2, 4 }, { 4, 12 } };
	struct vfio_dev *vfio = &self->dev.vfio;
	uint32_t index = self->info.comp_regs_region_index;
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
	/* As any region, it ends an access that reaches behind it. */
	EXPECT_EQ(4, vfio_region_read(vfio, index, self->dev.cap.len - 4, words,
				      8));
}

TEST_F(v2, the_block_is_a_hole)
{
	struct vfio_dev *vfio = &self->dev.vfio;
	uint64_t block = self->info.hdm_regs_offset - CXL_VFIO_PCI_V2_OFFSET;
	uint32_t bar = self->info.hdm_regs_bar_index, value;
	unsigned int at;

	for (at = 0; at < CXL_COMPONENT_REG_BLOCK_SIZE; at += PAGE) {
		EXPECT_EQ(~0u, vfio_region_read32(vfio, bar, block + at));
		EXPECT_EQ(MAP_FAILED, vfio_region_map(vfio, bar, block + at,
						      PAGE, PROT_READ));
	}
	value = 0;
	EXPECT_EQ(4, vfio_region_write(vfio, bar, block + self->dev.hdm, &value,
				       4));
}

static uint16_t physical_command(void)
{
	char path[128];
	uint8_t config[6];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", cxl_bdf);
	file = fopen(path, "r");
	if (!file || fread(config, sizeof(config), 1, file) != 1)
		die("%s cannot be read", path);
	fclose(file);
	return config[4] | config[5] << 8;
}

/* Where the BAR has something else than the block; all-ones if it has not. */
static uint64_t beside_the_block(struct cxl_dev *dev)
{
	uint64_t end = dev->cap.comp_reg_offset + dev->cap.comp_reg_size;
	struct vfio_region_info *bar;
	uint64_t at = ~0ull;

	bar = vfio_region_info(&dev->vfio, dev->cap.comp_reg_bar);
	if (bar && end < bar->size)
		at = end;
	else if (dev->cap.comp_reg_offset)
		at = 0;
	free(bar);
	return at;
}

/*
 * A guest that switches Memory Space off reads that it is off, and keeps the memory;
 * a device that decodes only with it on counts an access that went astray.
 */
TEST_F(v2, memory_without_memory_space)
{
	struct vfio_dev *vfio = &self->dev.vfio;
	uint32_t value = 0, bar = self->info.hdm_regs_bar_index;
	uint64_t beside = beside_the_block(&self->dev);
	unsigned int i;

	self->map[0] = PATTERN;
	for (i = 0; i < 3; i++) {
		cxl_set_memory_space(&self->dev, false);
		EXPECT_FALSE(vfio_config_read(vfio, PCI_COMMAND, 2) &
			     PCI_COMMAND_MEMORY);
		EXPECT_FALSE(vfio_config_read(vfio, PCI_COMMAND, 1) &
			     PCI_COMMAND_MEMORY);
		EXPECT_FALSE(vfio_config_read(vfio, PCI_VENDOR_ID, 4) == ~0u);
		EXPECT_TRUE(physical_command() & PCI_COMMAND_MEMORY);
		EXPECT_STREQ("ok", load(self->map));
		EXPECT_EQ(PATTERN, self->map[0]);
		EXPECT_STREQ("ok", load(self->map + LEN / 8));
		EXPECT_EQ(4, cxl_mem_read(&self->dev, 0, &value, 4));
		EXPECT_EQ(PATTERN, value);
		EXPECT_STREQ("open", gate_state(cxl_bdf) ?: "open");
		/* A BAR is another matter. */
		if (beside != ~0ull)
			EXPECT_EQ(-EIO, vfio_region_read(vfio, bar, beside,
							 &value, 4));
		cxl_set_memory_space(&self->dev, true);
		EXPECT_TRUE(vfio_config_read(vfio, PCI_COMMAND, 2) &
			    PCI_COMMAND_MEMORY);
		EXPECT_EQ(PATTERN, self->map[0]);
	}
}

/* A vCPU waits for the moment, and never sees a signal. */
TEST_F(v2, while_a_vcpu_looks)
{
	EXPECT_LT(0, touched_beside_memory_space(&self->dev, (void *)self->map,
						 LEN));
}

/* The parameter is for devices that are bound from now on. */
TEST_F(v2, the_parameter)
{
	const char *module = cxl_vfio_pci_driver.module;
	char value[16];

	EXPECT_EQ(-EINVAL, module_set_param(module, "uapi", "v4"));
	EXPECT_EQ(-EINVAL, module_set_param(module, "uapi", "2"));
	EXPECT_STREQ("v2", module_param(module, "uapi", value, sizeof(value)));
	ASSERT_EQ(0, module_set_param(module, "uapi", "v3"));
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	EXPECT_EQ(CXL_UAPI_V2, self->dev.cap.uapi);
	if (cxl_debugfs_read(cxl_bdf, "uapi", value, sizeof(value)) > 0)
		EXPECT_STREQ("v2", value);
	ASSERT_EQ(0, module_set_param(module, "uapi", "v2"));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	if (cxl_bdf)
		cxl_uapi_choose(CXL_UAPI_V2);
	return test_harness_run(argc, argv);
}
