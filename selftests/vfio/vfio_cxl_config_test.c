// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space beside the CXL Device DVSEC: what a user does not find
 * there, what stays the core's, and where it ends.
 */
#include <errno.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "cxl_test.h"

#define HEADER 4		/* bytes of the DVSEC that stay the core's */

FIXTURE(config) {
	struct cxl_dev dev;
};

FIXTURE_SETUP(config)
{
	cxl_dev_open(&self->dev, cxl_bdf);
}

FIXTURE_TEARDOWN(config)
{
	cxl_dev_close(&self->dev);
}

static ssize_t config_read(struct cxl_dev *dev, unsigned int offset, void *buf,
			   size_t count)
{
	return vfio_region_read(&dev->vfio, VFIO_PCI_CONFIG_REGION_INDEX,
				offset, buf, count);
}

static ssize_t config_write(struct cxl_dev *dev, unsigned int offset,
			    const void *buf, size_t count)
{
	return vfio_region_write(&dev->vfio, VFIO_PCI_CONFIG_REGION_INDEX,
				 offset, buf, count);
}

/* CXL reports its errors as internal ones, which are masked if nobody wants them. */
static void allow_internal_errors(struct cxl_dev *dev, uint8_t *config)
{
	unsigned int pos = vfio_config_ext_cap(&dev->vfio,
					       PCI_EXT_CAP_ID_ERR);
	uint32_t mask;

	if (!pos)
		return;
	memcpy(&mask, config + pos + PCI_ERR_UNCOR_MASK, 4);
	mask &= ~PCI_ERR_UNC_INTN;
	memcpy(config + pos + PCI_ERR_UNCOR_MASK, &mask, 4);
	memcpy(&mask, config + pos + PCI_ERR_COR_MASK, 4);
	mask &= ~PCI_ERR_COR_INTERNAL;
	memcpy(config + pos + PCI_ERR_COR_MASK, &mask, 4);
}

/* Extended capabilities that vfio-pci hides. */
static const struct {
	uint16_t id;
	unsigned int len;
} hidden[] = { { PCI_EXT_CAP_ID_PASID, 8 }, { PCI_EXT_CAP_ID_DOE, 0x18 } };

/* Where the first of this id is physically; 0 if there is none. */
static unsigned int physical_cap(uint16_t id)
{
	unsigned int pos = 0x100, left = 256;
	uint32_t header;

	for (; pos && left; left--) {
		if (pci_host_config(cxl_bdf, &header, 4, pos) != 4)
			break;
		if ((header & 0xffff) == id)
			return pos;
		pos = header >> 20 & ~3u;
	}
	return 0;
}

static bool is_hidden(unsigned int at)
{
	unsigned int i, pos;

	for (i = 0; i < ARRAY_SIZE(hidden); i++) {
		pos = physical_cap(hidden[i].id);
		if (pos && at >= pos && at < pos + hidden[i].len)
			return true;
	}
	return false;
}

/* Here they read 0 and cannot be written; vfio-pci lets a user reach them who knows where they are. */
TEST_F(config, hidden_capabilities_are_not_there)
{
	struct cxl_dev *dev = &self->dev;
	uint8_t before[64], after[64], bytes[64];
	unsigned int i, n, pos, len, found = 0;

	for (n = 0; n < ARRAY_SIZE(hidden); n++) {
		pos = physical_cap(hidden[n].id);
		if (!pos)
			continue;
		found++;
		EXPECT_EQ(0, vfio_config_ext_cap(&dev->vfio,
						 hidden[n].id));
		len = hidden[n].len;
		ASSERT_EQ(len, pci_host_config(cxl_bdf, before, len, pos));
		memset(bytes, 0xff, len);
		EXPECT_EQ(len, config_write(dev, pos, bytes, len));
		for (i = 0; i < len; i++)
			EXPECT_EQ(1, config_write(dev, pos + i, bytes, 1));
		EXPECT_EQ(len, config_read(dev, pos, bytes, len));
		for (i = 0; i < len; i++) {
			EXPECT_EQ(0, bytes[i])
				TH_LOG("byte %u of the one at %#x", i, pos);
		}
		ASSERT_EQ(len, pci_host_config(cxl_bdf, after, len, pos));
		EXPECT_EQ(0, memcmp(before, after, len));
	}
	if (!found)
		SKIP(return, "the device has none");
}

/* Has the mailbox at @pos of an open device asked what it answers; whether the host finds an answer in it. */
static bool is_driven_by_user(struct vfio_dev *vfio, unsigned int pos)
{
	const uint32_t discovery[] = { 0x0001, 3, 0 };
	uint32_t go = PCI_DOE_CTRL_GO, abort = PCI_DOE_CTRL_ABORT, status = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(discovery); i++)
		vfio_region_write(vfio, VFIO_PCI_CONFIG_REGION_INDEX,
				  pos + PCI_DOE_WRITE, &discovery[i], 4);
	vfio_region_write(vfio, VFIO_PCI_CONFIG_REGION_INDEX,
			  pos + PCI_DOE_CTRL, &go, 4);
	/* 6.30.2: the answer comes within a second. */
	for (i = 0; i < 100 && !(status & PCI_DOE_STATUS_DATA_OBJECT_READY); i++) {
		usleep(10000);
		pci_host_config(cxl_bdf, &status, 4, pos + PCI_DOE_STATUS);
	}
	vfio_region_write(vfio, VFIO_PCI_CONFIG_REGION_INDEX,
			  pos + PCI_DOE_CTRL, &abort, 4);
	return status & PCI_DOE_STATUS_DATA_OBJECT_READY;
}

/* A mailbox is the host's: through it the CDAT is read, and keys are agreed upon. */
TEST_F(config, a_hidden_mailbox_cannot_be_driven)
{
	struct cxl_dev *dev = &self->dev;
	unsigned int pos = physical_cap(PCI_EXT_CAP_ID_DOE);
	struct vfio_dev plain;

	if (!pos)
		SKIP(return, "the device has none");
	EXPECT_FALSE(is_driven_by_user(&dev->vfio, pos));
	cxl_dev_close(dev);
	/* That the host would see it: with vfio-pci, a user can. */
	ASSERT_EQ(0, cxl_bind_plain());
	vfio_dev_must_open(&plain, cxl_bdf, cxl_dev_mode());
	EXPECT_TRUE(is_driven_by_user(&plain, pos));
	vfio_dev_close(&plain);
	cxl_rebind();
	cxl_dev_open(dev, cxl_bdf);
}

TEST_F(config, the_rest_of_config_space_is_the_cores)
{
	struct cxl_dev *dev = &self->dev;
	uint8_t theirs[4096], ours[4096];
	struct vfio_dev plain;
	unsigned int i, size = vfio_config_size(&dev->vfio);

	ASSERT_GE(sizeof(ours), size);
	cxl_dev_close(dev);
	ASSERT_EQ(0, cxl_bind_plain());
	vfio_dev_must_open(&plain, cxl_bdf, cxl_dev_mode());
	EXPECT_EQ(size, vfio_region_read(&plain, VFIO_PCI_CONFIG_REGION_INDEX,
					 0, theirs, size));
	vfio_dev_close(&plain);
	cxl_rebind();
	cxl_dev_open(dev, cxl_bdf);
	ASSERT_EQ(size, config_read(dev, 0, ours, size));
	if (cxl_component_cap(dev, CXL_CM_CAP_CAP_ID_RAS))
		allow_internal_errors(dev, theirs);
	for (i = 0; i < size; i++) {
		if (i >= dev->dvsec + HEADER && i < dev->dvsec + dev->dvsec_len)
			continue;
		if (theirs[i] != ours[i] && is_hidden(i))
			continue;
		EXPECT_EQ(theirs[i], ours[i])
			TH_LOG("config space byte %#x", i);
	}
	/* Header and next pointer are in there, and the body is not empty. */
	EXPECT_EQ(0x23, ours[dev->dvsec]);
	EXPECT_EQ(CXL_DVSEC_VENDOR, ours[dev->dvsec + 4] |
		  ours[dev->dvsec + 5] << 8);
}

/* What reaches behind it is refused as a whole, wherever it begins. */
TEST_F(config, behind_configuration_space)
{
	struct cxl_dev *dev = &self->dev;
	unsigned int size = vfio_config_size(&dev->vfio);
	const unsigned int starts[] = {
		dev->dvsec - 4, dev->dvsec, dev->dvsec + HEADER,
		dev->dvsec + dev->dvsec_len, size - 4,
	};
	uint8_t buf[4096 + 4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		memset(buf, 0x77, sizeof(buf));
		EXPECT_EQ(-EFAULT, config_read(dev, starts[i], buf,
					       size - starts[i] + 1));
		EXPECT_EQ(0x77, buf[0]);
		EXPECT_EQ(-EFAULT, config_write(dev, starts[i], buf,
						size - starts[i] + 1));
	}
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
