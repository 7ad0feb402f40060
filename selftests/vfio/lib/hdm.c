// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "hdm.h"

/* Ids of the capability array, 8.2.4 */
#define BI_DECODER 12

uint32_t hdm_get(struct hdm *hdm, unsigned int offset)
{
	return cxl_hdm_get(&hdm->dev, offset);
}

void hdm_set(struct hdm *hdm, unsigned int offset, uint32_t value)
{
	cxl_hdm_set(&hdm->dev, offset, value);
}

uint64_t hdm_get64(struct hdm *hdm, unsigned int offset)
{
	uint64_t value;

	if (cxl_comp_read(&hdm->dev, hdm->dev.hdm + offset, &value, 8) != 8)
		die("HDM register %#x cannot be read as 8 bytes", offset);
	return value;
}

void hdm_set64(struct hdm *hdm, unsigned int offset, uint64_t value)
{
	if (cxl_comp_write(&hdm->dev, hdm->dev.hdm + offset, &value, 8) != 8)
		die("HDM register %#x cannot be written as 8 bytes", offset);
}

/* The BI Decoder Capability is not shown to users: the physical array is looked at. */
static bool has_back_invalidate(struct cxl_dev *dev)
{
	uint32_t header;
	unsigned int i;

	if (!cxl_host_emulated())
		return false;
	header = cxl_host_component(dev, CXL_CM_OFFSET);
	for (i = 1; i <= header >> 24; i++)
		if ((cxl_host_component(dev, CXL_CM_OFFSET + 4 * i) &
		     CXL_CM_CAP_HDR_ID_MASK) == BI_DECODER)
			return true;
	return false;
}

void hdm_open(struct hdm *hdm, const char *bdf)
{
	unsigned int i;

	cxl_dev_open(&hdm->dev, bdf);
	hdm->cap = hdm_get(hdm, CXL_HDM_DECODER_CAP_OFFSET);
	hdm->locked = hdm_get(hdm, CTRL(0)) & LOCK;
	hdm->ctrl_mask = CXL_HDM_DECODER0_CTRL_IG_MASK | CXL_HDM_DECODER0_CTRL_IW_MASK | LOCK;
	if (has_back_invalidate(&hdm->dev))
		hdm->ctrl_mask |= CXL_HDM_DECODER0_CTRL_HOSTONLY | HDM_CTRL_BI;
	if (hdm->cap & HDM_CAP_UIO)
		hdm->ctrl_mask |= HDM_CTRL_UIO;
	hdm->dwords = 4 + 8 * hdm->dev.decoders;
	for (i = 0; i < hdm->dwords; i++)
		hdm->start[i] = hdm_get(hdm, 4 * i);
	if (cxl_host_emulated())
		cxl_host_hdm(&hdm->dev, hdm->physical);
}

void hdm_reopen(struct hdm *hdm)
{
	char bdf[PCI_BDF_SIZE];

	snprintf(bdf, sizeof(bdf), "%s", hdm->dev.vfio.bdf);
	cxl_dev_close(&hdm->dev);
	cxl_dev_open(&hdm->dev, bdf);
}

void hdm_program(struct hdm *hdm, unsigned int n, uint64_t base, uint64_t size,
		 uint32_t ctrl)
{
	hdm_set(hdm, CTRL(n), 0);
	hdm_set64(hdm, BASE(n), base);
	hdm_set64(hdm, SIZE(n), size);
	hdm_set(hdm, CTRL(n), ctrl);
}

int hdm_changed(struct hdm *hdm)
{
	unsigned int i;

	for (i = 0; i < hdm->dwords; i++)
		if (hdm_get(hdm, 4 * i) != hdm->start[i])
			return 4 * i;
	return -1;
}

int hdm_physical_changed(struct hdm *hdm)
{
	uint32_t now[CXL_HDM_DWORDS];
	unsigned int i;

	if (!cxl_host_emulated())
		return -1;
	cxl_host_hdm(&hdm->dev, now);
	for (i = 0; i < hdm->dwords; i++)
		if (now[i] != hdm->physical[i])
			return 4 * i;
	return -1;
}

int hdm_try_to_change(struct hdm *hdm, unsigned int n, uint32_t ctrl_ones,
		      uint32_t ctrl_zeroes)
{
	unsigned int i, at, ctrl = CTRL(n);
	uint32_t before[8];

	for (i = 0; i < 8; i++)
		before[i] = hdm_get(hdm, BASE(n) + 4 * i);
	for (i = 0; i < 8; i++) {
		at = BASE(n) + 4 * i;
		hdm_set(hdm, at, at == ctrl ? ctrl_ones : ~0u);
		if (hdm_get(hdm, at) != before[i])
			return at;
		hdm_set(hdm, at, at == ctrl ? ctrl_zeroes : 0);
		if (hdm_get(hdm, at) != before[i])
			return at;
	}
	/* By the same rule in one access of two registers. */
	for (at = BASE(n); at < CTRL(n); at += 8) {
		hdm_set64(hdm, at, ~0ull);
		hdm_set64(hdm, at, 0);
	}
	hdm_set64(hdm, CTRL(n), ctrl_ones | ~0ull << 32);
	hdm_set64(hdm, CTRL(n), ctrl_zeroes);
	for (i = 0; i < 8; i++)
		if (hdm_get(hdm, BASE(n) + 4 * i) != before[i])
			return BASE(n) + 4 * i;
	return -1;
}
