// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/pci_regs.h>

#include "component.h"
#include "pages.h"
#include "tap.h"
#include "user.h"
#include "util.h"


/* Write a number of its own to the first and the last page, and read it. */
static bool memory_works(struct cxl_dev *dev)
{
	static uint64_t number = 0x1122334455667788;
	uint64_t last = dev->size - PAGE, read;
	volatile uint64_t *map = cxl_mem_map(dev, 0, dev->size);
	bool works;

	if (map == MAP_FAILED)
		return false;
	map[0] = ++number;
	map[last / 8] = ~number;
	works = map[0] == number && map[last / 8] == ~number &&
		cxl_mem_read(dev, last, &read, 8) == 8 && read == ~number;
	munmap((void *)map, dev->size);
	return works;
}

void user_check_cxl(const char *bdf)
{
	struct component where;
	struct cxl_dev dev;

	cxl_dev_open(&dev, bdf);
	tap_ok(component_find(&where, bdf) && dev.cap.comp_reg_bar == where.bar &&
	       dev.cap.comp_reg_offset == where.offset &&
	       dev.cap.comp_reg_size == CXL_COMPONENT_REG_BLOCK_SIZE,
	       "it reports its component registers in BAR %u at %#llx",
	       dev.cap.comp_reg_bar,
	       (unsigned long long)dev.cap.comp_reg_offset);
	cxl_set_memory_space(&dev, true);
	tap_ok(memory_works(&dev),
	       "its user writes and reads both ends of %llu MiB",
	       (unsigned long long)dev.size >> 20);
	cxl_dev_close(&dev);
}

static bool bars_answer(struct vfio_dev *dev)
{
	uint32_t index, value, bars = 0;

	for (index = VFIO_PCI_BAR0_REGION_INDEX;
	     index <= VFIO_PCI_BAR5_REGION_INDEX; index++) {
		struct vfio_region_info *info = vfio_region_info(dev, index);
		bool used = info && info->size;

		free(info);
		if (!used)
			continue;
		bars++;
		if (vfio_region_read(dev, index, 0, &value, 4) != 4)
			return false;
	}
	return bars;
}

void user_check_plain(const char *bdf, const char *under)
{
	struct vfio_device_info *info;
	struct vfio_dev dev;
	struct pci_id id;

	vfio_dev_must_open(&dev, bdf, cxl_dev_mode());
	info = vfio_device_info(&dev);
	pci_read_id(bdf, &id);
	vfio_config_write(&dev, PCI_COMMAND, 2,
			  vfio_config_read(&dev, PCI_COMMAND, 2) |
			  PCI_COMMAND_MEMORY);
	tap_ok(info && info->flags & VFIO_DEVICE_FLAGS_PCI &&
	       !(info->flags & VFIO_DEVICE_FLAGS_CXL) &&
	       info->num_regions == VFIO_PCI_NUM_REGIONS &&
	       vfio_config_read(&dev, PCI_VENDOR_ID, 2) == id.vendor &&
	       bars_answer(&dev),
	       "under %s it is a working PCI device without CXL", under);
	free(info);
	vfio_dev_close(&dev);
}

static struct {
	struct cxl_dev dev;
	volatile uint64_t *memory;
	uint64_t last;
} witness;

static void witness_stop(void)
{
	munmap((void *)witness.memory, witness.dev.size);
	cxl_dev_close(&witness.dev);
}

void witness_start(const char *bdf)
{
	cxl_dev_open(&witness.dev, bdf);
	cxl_set_memory_space(&witness.dev, true);
	witness.memory = cxl_mem_map(&witness.dev, 0, witness.dev.size);
	if (witness.memory == MAP_FAILED)
		die("the memory of %s cannot be mapped: %s", bdf,
		    errname(errno));
	atexit(witness_stop);
	witness.last = witness.dev.size / 8 - 1;
	witness.memory[0] = 0x5a5a;
	witness.memory[witness.last] = 0xa5a5;
}

void witness_check(void)
{
	uint64_t first = witness.memory[0];

	witness.memory[1] = first;
	tap_ok(first == 0x5a5a && witness.memory[witness.last] == 0xa5a5 &&
	       witness.memory[1] == 0x5a5a,
	       "the memory of %s stays in use all the while",
	       witness.dev.vfio.bdf);
}

/* What a user writes there would be the next one's, and the host's: CONFIG_LOCK, and where memory is decoded. */
void user_check_kept(const char *bdf)
{
	static const unsigned int registers[] = {
		CXL_DVSEC_LOCK, CXL_DVSEC_RANGE_BASE_HIGH(0),
		CXL_DVSEC_RANGE_BASE_LOW(0), CXL_DVSEC_RANGE_BASE_HIGH(1),
		CXL_DVSEC_RANGE_BASE_LOW(1),
	};
	uint64_t ones = ~0ull;
	uint32_t before, after = 0;
	bool kept = true, passed;
	struct vfio_dev dev;
	unsigned int i, at;

	vfio_dev_must_open(&dev, bdf, cxl_dev_mode());
	at = cxl_dvsec(&dev, CXL_DVSEC_DEVICE);
	for (i = 0; at && i < ARRAY_SIZE(registers); i++) {
		unsigned int pos = at + registers[i];
		unsigned int len = registers[i] == CXL_DVSEC_LOCK ? 2 : 4;

		before = after = 0;
		kept &= pci_host_config(bdf, &before, len, pos) == (int)len;
		kept &= vfio_region_write(&dev, VFIO_PCI_CONFIG_REGION_INDEX,
					  pos, &ones, len) == (int)len;
		kept &= pci_host_config(bdf, &after, len, pos) == (int)len;
		kept &= before == after;
	}
	/* The bytes around them are as under vfio-pci: here Control2, Status2 and Lock at once. */
	ones = CXL_DVSEC_CTRL2_RESET_MEM_CLEAR;
	passed = !at || (vfio_region_write(&dev, VFIO_PCI_CONFIG_REGION_INDEX,
					   at + CXL_DVSEC_CONTROL2, &ones, 6) == 6 &&
			 pci_host_config(bdf, &after, 2, at + CXL_DVSEC_CONTROL2) == 2 &&
			 (after & CXL_DVSEC_CTRL2_RESET_MEM_CLEAR));
	if (at)
		vfio_config_write(&dev, at + CXL_DVSEC_CONTROL2, 2, 0);
	vfio_dev_close(&dev);
	tap_ok(kept && passed, "its user cannot write CONFIG_LOCK, nor move its ranges");
}
