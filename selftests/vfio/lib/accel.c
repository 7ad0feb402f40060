// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>

#include "accel.h"

#define MAGIC		0x32545843	/* "CXT2" */
#define DMA_IOVA_LOW	0x14
#define DMA_IOVA_HIGH	0x18
#define DMA_DPA_LOW	0x1c
#define DMA_DPA_HIGH	0x2c
#define DMA_LENGTH	0x20
#define DMA_START	0x24
#define DMA_STATUS	0x28

uint32_t accel_read(struct accel *accel, unsigned int reg)
{
	return vfio_region_read32(accel->dev, accel->bar, accel->offset + reg);
}

void accel_write(struct accel *accel, unsigned int reg, uint32_t value)
{
	int err = vfio_region_write32(accel->dev, accel->bar,
				      accel->offset + reg, value);

	if (err)
		die("register %#x cannot be written: %s", reg, errname(err));
}

bool accel_find(struct cxl_dev *dev, struct accel *accel)
{
	/* Where they are if nobody asked for another place, and one inside the block. */
	const uint64_t places[] = {
		0, dev->cap.comp_reg_offset + dev->cap.comp_reg_size,
		dev->cap.comp_reg_offset + 0x4000,
	};
	unsigned int i;

	accel->dev = &dev->vfio;
	for (accel->bar = 0; accel->bar < 6; accel->bar++) {
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			accel->offset = places[i];
			if (accel_read(accel, 0) == MAGIC)
				return true;
		}
	}
	return false;
}

uint32_t accel_dma(struct accel *accel, uint64_t iova, uint64_t dpa,
		   uint32_t count, bool to_device)
{
	uint16_t command = vfio_config_read(accel->dev, PCI_COMMAND, 2);

	vfio_config_write(accel->dev, PCI_COMMAND, 2,
			  command | PCI_COMMAND_MASTER);
	accel_write(accel, DMA_IOVA_LOW, iova);
	accel_write(accel, DMA_IOVA_HIGH, iova >> 32);
	accel_write(accel, DMA_DPA_LOW, dpa);
	accel_write(accel, DMA_DPA_HIGH, dpa >> 32);
	accel_write(accel, DMA_LENGTH, count);
	accel_write(accel, DMA_START, to_device ? 1 : 2);
	return accel_read(accel, DMA_STATUS);
}
