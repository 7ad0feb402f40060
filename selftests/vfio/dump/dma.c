// SPDX-License-Identifier: GPL-2.0
/* DMA of the device through the IOMMU, to where it is allowed and where not. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "dump.h"
#include "pages.h"
#include "stimulus.h"

#define IOVA 0x100000
#define SIZE PAGE
#define CHUNK 256

static void copy(struct dump *d, const struct stimulus *s, const char *what,
		 uint8_t *mem)
{
	bool done;

	memset(mem + CHUNK, 0, CHUNK);
	done = s->copy(d->dev, s->bar, IOVA, IOVA + CHUNK, CHUNK);
	dump_line(d, "%s: %s, %s", what, done ? "finished" : "does not finish",
		  memcmp(mem, mem + CHUNK, CHUNK) ? "nothing arrived" :
						    "arrived");
}

void dump_dma(struct dump *d)
{
	const struct stimulus *s = stimulus_find(d->bdf);
	uint16_t command = vfio_config_read(d->dev, PCI_COMMAND, 2);
	uint8_t *mem;
	int i, err;

	if (!s || !s->copy) {
		dump_line(d, "no way to make this device do DMA");
		return;
	}
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (mem == MAP_FAILED)
		die("no memory to copy");
	for (i = 0; i < CHUNK; i++)
		mem[i] = i * 7 + 1;
	err = vfio_iommu_map(d->dev->iommu, mem, IOVA, SIZE);
	dump_line(d, "map: %s", errname(err));

	/* Opening leaves the device without the right to master the bus. */
	copy(d, s, "without bus master", mem);
	vfio_config_write(d->dev, PCI_COMMAND, 2, command |
			  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	copy(d, s, "with bus master", mem);
	err = vfio_iommu_unmap(d->dev->iommu, IOVA, SIZE);
	dump_line(d, "unmap: %s", errname(err));
	copy(d, s, "no longer mapped", mem);
	vfio_config_write(d->dev, PCI_COMMAND, 2, command);
	munmap(mem, SIZE);
}
