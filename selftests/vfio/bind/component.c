// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include <cxl/cxl_regs.h>

#include "component.h"

static uint32_t config32(const char *bdf, unsigned int offset)
{
	uint32_t value = ~0u;

	pci_host_config(bdf, &value, sizeof(value), offset);
	return value;
}

bool memory_space(const char *bdf)
{
	return config32(bdf, PCI_COMMAND) & PCI_COMMAND_MEMORY;
}

void memory_space_set(const char *bdf, bool on)
{
	uint16_t command = config32(bdf, PCI_COMMAND);
	char path[PATH_MAX];
	int fd;

	command = on ? command | PCI_COMMAND_MEMORY :
		       command & ~PCI_COMMAND_MEMORY;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &command, 2, PCI_COMMAND) != 2)
		die("the command register of %s cannot be written", bdf);
	close(fd);
}

unsigned int host_dvsec(const char *bdf, uint16_t id)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE, left = PCI_CONFIG_SIZE / 8;

	for (; pos >= PCI_CFG_SPACE_SIZE && left; left--) {
		uint32_t header = config32(bdf, pos);

		if (!header || header == ~0u)
			break;
		if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_DVSEC &&
		    (config32(bdf, pos + 4) & 0xffff) == CXL_DVSEC_VENDOR &&
		    (config32(bdf, pos + 8) & 0xffff) == id)
			return pos;
		pos = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

bool component_find(struct component *component, const char *bdf)
{
	unsigned int locator = host_dvsec(bdf, CXL_DVSEC_REGISTER_LOCATOR);
	unsigned int at, len = locator ? config32(bdf, locator + 4) >> 20 : 0;

	*component = (struct component){ .bdf = "" };
	snprintf(component->bdf, sizeof(component->bdf), "%s", bdf);
	for (at = CXL_REGLOC_ENTRY(0); at + 8 <= len; at += 8) {
		uint32_t low = config32(bdf, locator + at);
		uint64_t high = config32(bdf, locator + at + 4);

		if ((low & CXL_REGLOC_BLOCK_ID) >> 8 !=
		    CXL_REGLOC_BLOCK_COMPONENT)
			continue;
		component->bar = low & CXL_REGLOC_BIR;
		component->offset = high << 32 | (low & CXL_REGLOC_OFFSET_LOW);
		return true;
	}
	return false;
}

static void find_hdm(struct component *component)
{
	volatile uint32_t *array = component->block + CXL_CM_OFFSET / 4;
	unsigned int i, count = array[0] >> 24;

	component->hdm = 0;
	if (array[0] == ~0u)
		return;
	for (i = 1; i <= count; i++)
		if ((array[i] & CXL_CM_CAP_HDR_ID_MASK) == CXL_CM_CAP_CAP_ID_HDM)
			component->hdm = CXL_CM_OFFSET + (array[i] >> 20);
}

bool component_map(struct component *component, const char *bdf)
{
	char path[PATH_MAX];
	void *map;
	int fd;

	if (!component_find(component, bdf)) {
		errno = ENODEV;
		return false;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%u", bdf,
		 component->bar);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	map = mmap(NULL, CXL_COMPONENT_REG_BLOCK_SIZE, PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, component->offset);
	close(fd);
	if (map == MAP_FAILED)
		return false;
	component->block = map;
	component->had_memory_space = memory_space(bdf);
	memory_space_set(bdf, true);
	find_hdm(component);
	return true;
}

void component_unmap(struct component *component)
{
	memory_space_set(component->bdf, component->had_memory_space);
	munmap((void *)component->block, CXL_COMPONENT_REG_BLOCK_SIZE);
}

unsigned int component_hdm_size(const struct component *component)
{
	static const unsigned char counts[] = {
		1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32,
	};
	unsigned int code;

	if (!component->hdm)
		return 0;
	code = component_hdm_read(component, CXL_HDM_DECODER_CAP_OFFSET) &
	       CXL_HDM_DECODER_COUNT_MASK;
	return code < ARRAY_SIZE(counts) ? 0x10 + 0x20 * counts[code] : 0x10;
}

uint32_t component_hdm_read(const struct component *component,
			    unsigned int offset)
{
	return component->block[(component->hdm + offset) / 4];
}

void component_hdm_write(const struct component *component,
			 unsigned int offset, uint32_t value)
{
	component->block[(component->hdm + offset) / 4] = value;
}

static uint64_t read64(const struct component *component, unsigned int low)
{
	return (uint64_t)component_hdm_read(component, low + 4) << 32 |
	       component_hdm_read(component, low);
}

static void write64(const struct component *component, unsigned int low,
		    uint64_t value)
{
	component_hdm_write(component, low, value);
	component_hdm_write(component, low + 4, value >> 32);
}

void component_commit_second(const struct component *component)
{
	uint64_t base = read64(component, CXL_HDM_DECODER0_BASE_LOW_OFFSET(0)) +
			read64(component, CXL_HDM_DECODER0_SIZE_LOW_OFFSET(0));

	write64(component, CXL_HDM_DECODER0_BASE_LOW_OFFSET(1), base);
	write64(component, CXL_HDM_DECODER0_SIZE_LOW_OFFSET(1), 256 << 20);
	component_hdm_write(component, CXL_HDM_DECODER0_CTRL_OFFSET(1),
			    CXL_HDM_DECODER0_CTRL_COMMIT);
	if (!(component_hdm_read(component, CXL_HDM_DECODER0_CTRL_OFFSET(1)) &
	      CXL_HDM_DECODER0_CTRL_COMMITTED))
		die("decoder 1 does not commit");
}

void component_release_second(const struct component *component)
{
	component_hdm_write(component, CXL_HDM_DECODER0_CTRL_OFFSET(1), 0);
	write64(component, CXL_HDM_DECODER0_BASE_LOW_OFFSET(1), 0);
	write64(component, CXL_HDM_DECODER0_SIZE_LOW_OFFSET(1), 0);
}
