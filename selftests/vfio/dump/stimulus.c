// SPDX-License-Identifier: GPL-2.0
#include "irq.h"
#include "stimulus.h"

/* QEMU's educational device, docs/specs/edu.rst */
#define EDU_LIVENESS		0x04
#define EDU_IRQ_RAISE		0x60
#define EDU_IRQ_ACK		0x64

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
#define CXL_HOT_RESETS		0x40
#define CXL_MSIX_SENT_END	0x60

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
		.scratch_xor = ~0u,
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
		.counters = cxl_counters,
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
