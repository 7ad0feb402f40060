// SPDX-License-Identifier: GPL-2.0
#include "irq.h"
#include "stimulus.h"

/* QEMU's educational device, docs/specs/edu.rst */
#define EDU_LIVENESS		0x04
#define EDU_STATUS		0x20
#define EDU_IRQ_RAISE		0x60
#define EDU_IRQ_ACK		0x64
#define EDU_DMA_SOURCE		0x80
#define EDU_DMA_DESTINATION	0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_COMMAND		0x98
#define EDU_DMA_START		1
#define EDU_DMA_TO_MEMORY	2
#define EDU_DMA_BUFFER		0x40000
#define EDU_DMA_MS		5000

/* Intel 8254x and 8257x */
#define E1000_ICR		0x00c0
#define E1000_ICS		0x00c8
#define E1000_IMS		0x00d0
#define E1000_IMC		0x00d8
#define E1000_IVAR		0x00e4
#define E1000_VFTA		0x5600
#define E1000_ICR_LSC		0x04
#define E1000_ICR_OTHER		(1u << 24)
/* Other causes go to @vector, valid. */
#define E1000_IVAR_OTHER(vector) ((8u | (vector)) << 16)

/* The emulated accelerator, selftests/device/regs.c */
#define CXL_BAR			2
#define CXL_SCRATCH		0x04
#define CXL_MSIX_TRIGGER	0x08
#define CXL_RESETS		0x0c
#define CXL_DMA_IOVA_LO		0x14
#define CXL_DMA_IOVA_HI		0x18
#define CXL_DMA_DPA_LO		0x1c
#define CXL_DMA_LENGTH		0x20
#define CXL_DMA_START		0x24
#define CXL_DMA_STATUS		0x28
#define CXL_DMA_DPA_HI		0x2c
#define CXL_HOT_RESETS		0x40
#define CXL_MSIX_SENT_END	0x60
#define CXL_DMA_TO_DEVICE	1
#define CXL_DMA_TO_HOST		2
#define CXL_DMA_OK		1

/* Intel 82576, beside those of the 8254x */
#define IGB_GPIE		0x1514
#define IGB_EICS		0x1520
#define IGB_EIMS		0x1524
#define IGB_EIMC		0x1528
#define IGB_EICR		0x1580
#define IGB_GPIE_MSIX		0x10
#define IGB_VECTORS		10

static bool edu_fire(struct vfio_dev *dev, uint32_t bar, uint32_t index,
		     unsigned int vector)
{
	return !vfio_region_write32(dev, bar, EDU_IRQ_RAISE, 1);
}

static void edu_ack(struct vfio_dev *dev, uint32_t bar)
{
	vfio_region_write32(dev, bar, EDU_IRQ_ACK, ~0u);
}

struct edu {
	struct vfio_dev *dev;
	uint32_t bar;
};

static bool edu_dma_done(void *arg)
{
	struct edu *edu = arg;

	return !(vfio_region_read32(edu->dev, edu->bar, EDU_DMA_COMMAND) &
		 EDU_DMA_START);
}

static bool edu_transfer(struct vfio_dev *dev, uint32_t bar, uint64_t from,
			 uint64_t to, uint64_t size, uint64_t direction)
{
	struct edu edu = { dev, bar };
	uint64_t command = EDU_DMA_START | direction;

	vfio_region_write(dev, bar, EDU_DMA_SOURCE, &from, 8);
	vfio_region_write(dev, bar, EDU_DMA_DESTINATION, &to, 8);
	vfio_region_write(dev, bar, EDU_DMA_COUNT, &size, 8);
	vfio_region_write(dev, bar, EDU_DMA_COMMAND, &command, 8);
	return wait_until(edu_dma_done, &edu, EDU_DMA_MS);
}

static bool edu_copy(struct vfio_dev *dev, uint32_t bar, uint64_t from,
		     uint64_t to, uint32_t size)
{
	return edu_transfer(dev, bar, from, EDU_DMA_BUFFER, size, 0) &&
	       edu_transfer(dev, bar, EDU_DMA_BUFFER, to, size,
			    EDU_DMA_TO_MEMORY);
}

static bool e1000_fire(struct vfio_dev *dev, uint32_t bar, uint32_t index,
		       unsigned int vector)
{
	uint32_t cause = E1000_ICR_LSC;

	/* One cause only: two make one or two messages, as time permits. */
	if (index == VFIO_PCI_MSIX_IRQ_INDEX) {
		vfio_region_write32(dev, bar, E1000_IVAR,
				    E1000_IVAR_OTHER(vector));
		cause = E1000_ICR_OTHER;
	}
	vfio_region_write32(dev, bar, E1000_IMS, cause);
	return !vfio_region_write32(dev, bar, E1000_ICS, cause);
}

static void e1000_ack(struct vfio_dev *dev, uint32_t bar)
{
	vfio_region_write32(dev, bar, E1000_IMC, ~0u);
	vfio_region_read32(dev, bar, E1000_ICR);
	vfio_region_write32(dev, bar, E1000_ICR, ~0u);
}

static bool igb_fire(struct vfio_dev *dev, uint32_t bar, uint32_t index,
		     unsigned int vector)
{
	if (index != VFIO_PCI_MSIX_IRQ_INDEX)
		return e1000_fire(dev, bar, index, vector);
	if (vector >= IGB_VECTORS)
		return false;
	vfio_region_write32(dev, bar, IGB_GPIE, IGB_GPIE_MSIX);
	vfio_region_write32(dev, bar, IGB_EIMS, 1u << vector);
	return !vfio_region_write32(dev, bar, IGB_EICS, 1u << vector);
}

static void igb_ack(struct vfio_dev *dev, uint32_t bar)
{
	vfio_region_write32(dev, bar, IGB_EIMC, ~0u);
	vfio_region_write32(dev, bar, IGB_EICR, ~0u);
	vfio_region_write32(dev, bar, IGB_GPIE, 0);
	e1000_ack(dev, bar);
}

static bool cxl_fire(struct vfio_dev *dev, uint32_t bar, uint32_t index,
		     unsigned int vector)
{
	if (index != VFIO_PCI_MSIX_IRQ_INDEX)
		return false;
	return !vfio_region_write32(dev, bar, CXL_MSIX_TRIGGER, vector);
}

static void cxl_ack(struct vfio_dev *dev, uint32_t bar)
{
}

static bool cxl_transfer(struct vfio_dev *dev, uint32_t bar, uint64_t iova,
			 uint32_t size, uint32_t direction)
{
	vfio_region_write32(dev, bar, CXL_DMA_IOVA_LO, iova);
	vfio_region_write32(dev, bar, CXL_DMA_IOVA_HI, iova >> 32);
	vfio_region_write32(dev, bar, CXL_DMA_DPA_LO, 0);
	vfio_region_write32(dev, bar, CXL_DMA_DPA_HI, 0);
	vfio_region_write32(dev, bar, CXL_DMA_LENGTH, size);
	vfio_region_write32(dev, bar, CXL_DMA_START, direction);
	return vfio_region_read32(dev, bar, CXL_DMA_STATUS) == CXL_DMA_OK;
}

static bool cxl_copy(struct vfio_dev *dev, uint32_t bar, uint64_t from,
		     uint64_t to, uint32_t size)
{
	bool done = cxl_transfer(dev, bar, from, size, CXL_DMA_TO_DEVICE) &&
		    cxl_transfer(dev, bar, to, size, CXL_DMA_TO_HOST);

	/* No reset clears these: leave what they are at power on. */
	cxl_transfer(dev, bar, 0, 0, 0);
	return done;
}

static const struct counters cxl_counters[] = {
	{ CXL_RESETS, 8 },
	{ CXL_HOT_RESETS, CXL_MSIX_SENT_END - CXL_HOT_RESETS },
	{}
};

static const struct {
	uint16_t vendor;
	uint16_t device;
	struct stimulus stimulus;
} known[] = {
	{ 0x1234, 0x11e8, {
		.name = "edu", .fire = edu_fire, .ack = edu_ack,
		.has_scratch = true, .scratch = EDU_LIVENESS,
		.scratch_xor = ~0u, .copy = edu_copy,
	} },
	{ 0x8086, 0x100e, {
		.name = "e1000", .fire = e1000_fire, .ack = e1000_ack,
		.has_scratch = true, .scratch = E1000_VFTA,
	} },
	{ 0x8086, 0x10d3, {
		.name = "e1000e", .fire = e1000_fire, .ack = e1000_ack,
		.has_scratch = true, .scratch = E1000_VFTA,
	} },
	{ 0x8086, 0x10c9, {
		.name = "igb", .fire = igb_fire, .ack = igb_ack,
		.has_scratch = true, .scratch = E1000_VFTA,
	} },
	{ 0x1b36, 0x00c2, {
		.name = "cxl-type2", .bar = CXL_BAR, .fire = cxl_fire,
		.ack = cxl_ack, .has_scratch = true, .scratch = CXL_SCRATCH,
		.copy = cxl_copy, .counters = cxl_counters,
	} },
};

const struct stimulus *stimulus_find(const char *bdf)
{
	struct pci_id id;
	size_t i;

	pci_read_id(bdf, &id);
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].vendor == id.vendor &&
		    known[i].device == id.device)
			return &known[i].stimulus;
	return NULL;
}

void stimulus_mask(const struct stimulus *s, uint32_t bar, uint64_t offset,
		   uint8_t *buf, size_t size)
{
	const struct counters *counters;
	uint64_t at;
	size_t i;

	if (!s || !s->counters || s->bar != bar)
		return;
	for (counters = s->counters; counters->size; counters++)
		for (i = 0; i < size; i++) {
			at = offset + i;
			if (at >= counters->offset &&
			    at < counters->offset + counters->size)
				buf[i] = 0;
		}
}
