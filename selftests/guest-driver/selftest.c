// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes by which tests use the memory: "fill" writes a pattern, "look" compares, "dma" lets the emulated device's DMA
 * engine copy from its memory to RAM and to its own memory by way of the guest's physical address.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>

#include "accel.h"

/* How many words are written and looked at, beside the last one */
#define LOOKS			1024

/* The emulated device's registers, at the beginning of its component BAR */
#define REGS_BAR		2
#define REG_MAGIC		0x00
#define   MAGIC			0x32545843
#define REG_DMA_HOST_LOW	0x14
#define REG_DMA_HOST_HIGH	0x18
#define REG_DMA_DEVICE_LOW	0x1c
#define REG_DMA_DEVICE_HIGH	0x2c
#define REG_DMA_LENGTH		0x20
#define REG_DMA_START		0x24
#define   TO_HOST		2
#define REG_DMA_STATUS		0x28
#define   DONE			1

static u64 words(const struct accel *accel)
{
	return range_len(&accel->range) / sizeof(u64);
}

static u64 stride(const struct accel *accel)
{
	return words(accel) / LOOKS;
}

static ssize_t fill_store(struct device *dev, struct device_attribute *attr, const char *text, size_t len)
{
	struct accel *accel = dev_get_drvdata(dev);
	u64 *memory = accel->memory, value;
	int rc = kstrtou64(text, 0, &value);

	if (rc)
		return rc;
	for (u64 i = 0; i < words(accel); i += stride(accel))
		WRITE_ONCE(memory[i], value + i);
	WRITE_ONCE(memory[words(accel) - 1], value + words(accel) - 1);
	return len;
}
static DEVICE_ATTR_WO(fill);

/* The first word, and how many others are not what fill would have written with it */
static ssize_t look_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct accel *accel = dev_get_drvdata(dev);
	u64 *memory = accel->memory, value = READ_ONCE(memory[0]), wrong = 0;

	for (u64 i = 0; i < words(accel); i += stride(accel))
		wrong += READ_ONCE(memory[i]) != value + i;
	wrong += READ_ONCE(memory[words(accel) - 1]) != value + words(accel) - 1;
	return sysfs_emit(text, "%#llx wrong %llu\n", value, wrong);
}
static DEVICE_ATTR_RO(look);

/* The device writes the first bytes of its memory to a bus address. */
static bool copy_to(void __iomem *regs, dma_addr_t address, u32 length)
{
	writel(lower_32_bits(address), regs + REG_DMA_HOST_LOW);
	writel(upper_32_bits(address), regs + REG_DMA_HOST_HIGH);
	writel(0, regs + REG_DMA_DEVICE_LOW);
	writel(0, regs + REG_DMA_DEVICE_HIGH);
	writel(length, regs + REG_DMA_LENGTH);
	writel(TO_HOST, regs + REG_DMA_START);
	for (int i = 0; i < 1000; i++) {
		u32 status = readl(regs + REG_DMA_STATUS);

		if (status)
			return status == DONE;
		msleep(1);
	}
	return false;
}

static bool copies_to_ram(struct accel *accel, struct device *dev, void __iomem *regs)
{
	dma_addr_t address;
	void *buffer = dma_alloc_coherent(dev, PAGE_SIZE, &address, GFP_KERNEL);
	bool ok;

	if (!buffer)
		return false;
	ok = copy_to(regs, address, PAGE_SIZE) && !memcmp(buffer, accel->memory, PAGE_SIZE);
	dma_free_coherent(dev, PAGE_SIZE, buffer, address);
	return ok;
}

static bool copies_to_itself(struct accel *accel, struct device *dev, void __iomem *regs)
{
	u64 offset = range_len(&accel->range) / 2;
	dma_addr_t address = dma_map_resource(dev, accel->range.start + offset, PAGE_SIZE, DMA_FROM_DEVICE, 0);
	bool ok;

	if (dma_mapping_error(dev, address))
		return false;
	memset(accel->memory + offset, 0, PAGE_SIZE);
	ok = copy_to(regs, address, PAGE_SIZE) && !memcmp(accel->memory + offset, accel->memory, PAGE_SIZE);
	dma_unmap_resource(dev, address, PAGE_SIZE, DMA_FROM_DEVICE, 0);
	return ok;
}

static ssize_t dma_show(struct device *dev, struct device_attribute *attr, char *text)
{
	struct accel *accel = dev_get_drvdata(dev);
	void __iomem *regs = pci_iomap_range(to_pci_dev(dev), REGS_BAR, 0, PAGE_SIZE);
	ssize_t len = -ENODEV;

	if (!regs)
		return -ENOMEM;
	if (readl(regs + REG_MAGIC) == MAGIC) {
		memset(accel->memory, 0xa5, PAGE_SIZE);
		len = sysfs_emit(text, "ram %d memory %d\n", copies_to_ram(accel, dev, regs), copies_to_itself(accel, dev, regs));
	}
	pci_iounmap(to_pci_dev(dev), regs);
	return len;
}
static DEVICE_ATTR_RO(dma);

static struct attribute *accel_selftest_attrs[] = {
	&dev_attr_fill.attr,
	&dev_attr_look.attr,
	&dev_attr_dma.attr,
	NULL
};

static const struct attribute_group accel_selftest_group = { .attrs = accel_selftest_attrs };

const struct attribute_group *accel_selftest_groups[] = { &accel_selftest_group, NULL };
