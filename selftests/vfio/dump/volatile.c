// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>

#include "volatile.h"

enum where {
	HEADER,		/* offset in the header */
	CAP,		/* offset in the capability @id */
	EXT_CAP,	/* offset in the extended capability @id */
};

struct volatile_bits {
	enum where where;
	uint16_t id;
	uint16_t offset;
	uint32_t mask;
};

/* Two dumps of one device are minutes apart on a live machine. */
static const struct volatile_bits table[] = {
	/* INTx pending follows the device, the error bits follow the bus. */
	{ HEADER, 0, PCI_STATUS & ~3, 0xf908u << 16 },
	/* A wake event can come at any time. */
	{ CAP, PCI_CAP_ID_PM, PCI_PM_CTRL, PCI_PM_CTRL_PME_STATUS },
	/* Errors and transactions of other software on the bus. */
	{ CAP, PCI_CAP_ID_EXP, PCI_EXP_DEVCTL,
	  (PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_FED |
	   PCI_EXP_DEVSTA_URD | PCI_EXP_DEVSTA_TRPND) << 16 },
	/* The link retrains and changes speed when it likes. */
	{ CAP, PCI_CAP_ID_EXP, PCI_EXP_LNKCTL,
	  (uint32_t)(PCI_EXP_LNKSTA_CLS | PCI_EXP_LNKSTA_LT |
		     PCI_EXP_LNKSTA_LBMS | PCI_EXP_LNKSTA_LABS) << 16 },
	/* VPD data arrives some time after its address was written. */
	{ CAP, PCI_CAP_ID_VPD, 0, PCI_VPD_ADDR_F << 16 },
	/* Errors are logged when they happen. */
	{ EXT_CAP, PCI_EXT_CAP_ID_ERR, PCI_ERR_UNCOR_STATUS, ~0u },
	{ EXT_CAP, PCI_EXT_CAP_ID_ERR, PCI_ERR_COR_STATUS, ~0u },
	{ EXT_CAP, PCI_EXT_CAP_ID_ERR, PCI_ERR_CAP, 0x1f },
	{ EXT_CAP, PCI_EXT_CAP_ID_ERR, PCI_ERR_HEADER_LOG, ~0u },
	{ EXT_CAP, PCI_EXT_CAP_ID_ERR, PCI_ERR_HEADER_LOG + 4, ~0u },
	{ EXT_CAP, PCI_EXT_CAP_ID_ERR, PCI_ERR_HEADER_LOG + 8, ~0u },
	{ EXT_CAP, PCI_EXT_CAP_ID_ERR, PCI_ERR_HEADER_LOG + 12, ~0u },
};

static uint32_t get32(const uint8_t *config, size_t pos)
{
	return config[pos] | config[pos + 1] << 8 | config[pos + 2] << 16 |
	       (uint32_t)config[pos + 3] << 24;
}

static void clear32(uint8_t *config, size_t pos, uint32_t mask)
{
	int i;

	for (i = 0; i < 4; i++)
		config[pos + i] &= ~(mask >> 8 * i);
}

static size_t find_cap(const uint8_t *config, size_t size, uint8_t id)
{
	size_t pos = config[PCI_CAPABILITY_LIST] & ~3;
	int i;

	/* The bound stops a list that loops. */
	for (i = 0; i < 48 && pos >= 0x40 && pos + 1 < size; i++) {
		if (config[pos] == id)
			return pos;
		pos = config[pos + 1] & ~3;
	}
	return 0;
}

static size_t find_ext_cap(const uint8_t *config, size_t size, uint16_t id)
{
	size_t pos = PCI_CFG_SPACE_SIZE;
	uint32_t header;
	int i;

	for (i = 0; i < 480 && pos >= PCI_CFG_SPACE_SIZE && pos + 3 < size; i++) {
		header = get32(config, pos);
		if (PCI_EXT_CAP_ID(header) == id)
			return pos;
		pos = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

void volatile_mask(uint8_t *config, size_t size)
{
	const struct volatile_bits *bits;
	size_t i, pos;

	if (size < PCI_STD_HEADER_SIZEOF)
		return;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		bits = &table[i];
		pos = 0;
		if (bits->where == CAP)
			pos = find_cap(config, size, bits->id);
		else if (bits->where == EXT_CAP)
			pos = find_ext_cap(config, size, bits->id);
		if (bits->where != HEADER && !pos)
			continue;
		pos += bits->offset;
		if (pos + 4 <= size)
			clear32(config, pos, bits->mask);
	}
}
