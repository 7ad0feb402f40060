// SPDX-License-Identifier: GPL-2.0-or-later
/* DMA engine and MSI-X. Needs an IOMMU that passes addresses through. */

#include "accel.h"
#include "page.h"
#include "suites.h"

#define MSIX_ENABLE	0x8000
#define MSIX_VECTORS	4

static struct accel *ready(void)
{
	struct accel *a = accel_get(0);

	accel_ready(a);
	return a;
}

static uint32_t dma(struct accel *a, uint64_t iova, uint64_t dpa, uint32_t len,
		    uint32_t direction)
{
	a->regs[REG_DMA_IOVA_LO] = iova;
	a->regs[REG_DMA_IOVA_HI] = iova >> 32;
	a->regs[REG_DMA_DPA_LO] = dpa;
	a->regs[REG_DMA_DPA_HI] = dpa >> 32;
	a->regs[REG_DMA_LENGTH] = len;
	CHECK_EQ(a->regs[REG_DMA_DPA_HI], dpa >> 32);
	a->regs[REG_DMA_START] = direction;
	return a->regs[REG_DMA_STATUS];
}

static void dma_both_ways(void)
{
	struct accel *a = ready();
	uint64_t phys;
	reg32_t *page = host_page(&phys);

	for (int i = 0; i < 1024; i++)
		page[i] = 0xabc00000 + i;
	CHECK_EQ(dma(a, phys, 0x5000, 4096, DMA_TO_DEVICE), DMA_OK);
	for (int i = 0; i < 512; i++)
		CHECK_EQ(a->window[0x5000 / 8 + i],
			 page[2 * i] | (uint64_t)page[2 * i + 1] << 32);
	a->window[0x6000 / 8] = 0x1111;
	CHECK_EQ(dma(a, phys + 0x100, 0x6000, 4, DMA_TO_HOST), DMA_OK);
	CHECK_EQ(page[0x40], 0x1111);
	CHECK_EQ(page[0x41], 0xabc00041);
}

static void dma_last_page(void)
{
	struct accel *a = ready();
	uint64_t phys;
	reg32_t *page = host_page(&phys);
	reg32_t *last = map_phys(a->base + a->size - 4096, 4096);

	page[0] = 0xfeed;
	CHECK_EQ(dma(a, phys, a->size - 4, 4, DMA_TO_DEVICE), DMA_OK);
	CHECK_EQ(last[1023], 0xfeed);
}

static void dma_errors(void)
{
	struct accel *a = ready();
	uint64_t phys;
	uint16_t cmd = cfg16(a, PCI_COMMAND_);

	host_page(&phys);
	CHECK_EQ(dma(a, phys, a->size, 4, DMA_TO_DEVICE), DMA_ERROR);
	CHECK_EQ(dma(a, phys, a->size - 4, 8, DMA_TO_DEVICE), DMA_ERROR);
	CHECK_EQ(dma(a, phys, ~0ULL, 8, DMA_TO_HOST), DMA_ERROR);
	CHECK_EQ(dma(a, phys, 0, 4, 3), DMA_ERROR);
	CHECK_EQ(dma(a, phys, 0, 4, DMA_TO_DEVICE), DMA_OK);
	cfg_write(a, PCI_COMMAND_, cmd & ~COMMAND_MASTER, 2);
	CHECK_EQ(dma(a, phys, 0, 4, DMA_TO_DEVICE), DMA_ERROR);
	cfg_write(a, PCI_COMMAND_, cmd, 2);
	prop_set(a, "poison", 0x1000);
	CHECK_EQ(dma(a, phys, 0xff0, 0x20, DMA_TO_HOST), DMA_POISON);
	CHECK_EQ(dma(a, phys, 0, 0x1000, DMA_TO_HOST), DMA_OK);
	prop_set(a, "poison-clear", 0x1000);
}

/* Messages go to a page of memory, where they can be seen */
static reg32_t *arm_msix(struct accel *a, unsigned int vector,
				   uint64_t addr, uint32_t data)
{
	reg32_t *entry = a->regs + REGS_MSIX_TABLE / 4 + 4 * vector;

	entry[0] = addr;
	entry[1] = addr >> 32;
	entry[2] = data;
	entry[3] = 0;
	return entry;
}

static void msix(void)
{
	struct accel *a = ready();
	uint64_t phys;
	reg32_t *page = host_page(&phys);
	uint16_t ctrl = cfg16(a, a->msix + 2);

	CHECK_EQ(ctrl & 0x7ff, MSIX_VECTORS - 1);
	cfg_write(a, a->msix + 2, ctrl | MSIX_ENABLE, 2);
	for (unsigned int v = 0; v < MSIX_VECTORS; v++) {
		uint32_t sent = a->regs[REG_MSIX_SENT + v];

		page[v] = 0;
		arm_msix(a, v, phys + 4 * v, 0x700 + v);
		a->regs[REG_MSIX_TRIGGER] = v;
		CHECK_EQ(page[v], 0x700 + v);
		CHECK_EQ(a->regs[REG_MSIX_SENT + v], sent + 1);
	}
	page[0] = 0;
	a->regs[REG_MSIX_TRIGGER] = MSIX_VECTORS;
	CHECK_EQ(page[0], 0);
	cfg_write(a, a->msix + 2, ctrl, 2);
}

static void msix_masked(void)
{
	struct accel *a = ready();
	reg64_t *pending = (void *)(a->regs + REGS_MSIX_PBA / 4);
	uint64_t phys;
	reg32_t *page = host_page(&phys);
	reg32_t *entry = arm_msix(a, 1, phys, 0x99);
	uint16_t ctrl = cfg16(a, a->msix + 2);

	cfg_write(a, a->msix + 2, ctrl | MSIX_ENABLE, 2);
	page[0] = 0;
	entry[3] = 1;
	a->regs[REG_MSIX_TRIGGER] = 1;
	CHECK_EQ(page[0], 0);
	CHECK_EQ(*pending, 2);
	entry[3] = 0;
	CHECK_EQ(page[0], 0x99);
	CHECK_EQ(*pending, 0);
	cfg_write(a, a->msix + 2, ctrl, 2);
}

const struct suite engine_suite = {
	"engine", (const struct test_case[]) {
		{ "dma-both-ways", dma_both_ways },
		{ "dma-last-page", dma_last_page },
		{ "dma-errors", dma_errors },
		{ "msix", msix },
		{ "msix-masked", msix_masked },
		{ }
	}
};
