// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "reset.h"

/* 8.1.5: CXL Extensions DVSEC for Ports. */
#define PORT_DVSEC		3
#define PORT_CONTROL		0x0c
#define PORT_UNMASK_SBR		0x0001

bool reset_is_conventional(enum reset_how how)
{
	return how == BY_BUS || how == BY_HOT_RESET || how == BY_ERROR;
}

static int by_flr(struct vfio_dev *dev)
{
	unsigned int pos = vfio_config_cap(dev, PCI_CAP_ID_EXP);
	uint16_t control;

	if (!pos || !(vfio_config_read(dev, pos + PCI_EXP_DEVCAP, 4) &
		      PCI_EXP_DEVCAP_FLR))
		return -ENOTTY;
	control = vfio_config_read(dev, pos + PCI_EXP_DEVCTL, 2);
	return vfio_config_write(dev, pos + PCI_EXP_DEVCTL, 2,
				 control | PCI_EXP_DEVCTL_BCR_FLR);
}

static int by_bus(struct vfio_dev *dev)
{
	char before[PCI_NAME_SIZE];
	int err = pci_attr_read(dev->bdf, "reset_method", before,
				sizeof(before));

	if (err < 0 || pci_attr_write(dev->bdf, "reset_method", "cxl_bus"))
		return -ENOTTY;
	err = vfio_ioctl(dev->fd, VFIO_DEVICE_RESET, NULL);
	pci_attr_write(dev->bdf, "reset_method", before);
	return err;
}

int reset_hot(struct vfio_dev *dev)
{
	struct {
		struct vfio_pci_hot_reset header;
		int32_t group;
	} arg = { .header.argsz = sizeof(arg), .group = dev->group };

	int err, tries = 10000;

	/* Who has an iommufd gives nothing to show that the devices are its own. */
	arg.header.count = dev->group >= 0;
	/* The core does not wait for a fault that is being answered. */
	do {
		err = vfio_ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &arg);
		if (err == -EBUSY)
			sleep_ms(1);
	} while (err == -EBUSY && --tries);
	return err;
}

/* Address of the port that the device is below. */
static bool port_of(const char *bdf, char port[PCI_BDF_SIZE])
{
	char path[PATH_MAX], real[PATH_MAX], *slash;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	if (!realpath(path, real))
		return false;
	slash = strrchr(real, '/');
	if (!slash)
		return false;
	*slash = '\0';
	slash = strrchr(real, '/');
	if (!slash || !pci_bdf_valid(slash + 1))
		return false;
	snprintf(port, PCI_BDF_SIZE, "%.*s", PCI_BDF_SIZE - 1, slash + 1);
	return true;
}

static unsigned int port_dvsec(const char *port)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE, left = 4096 / 8;
	uint32_t words[3];

	for (; pos >= PCI_CFG_SPACE_SIZE && left; left--) {
		if (pci_host_config(port, words, sizeof(words), pos) !=
		    sizeof(words) || !words[0])
			break;
		if (PCI_EXT_CAP_ID(words[0]) == PCI_EXT_CAP_ID_DVSEC &&
		    (words[1] & 0xffff) == CXL_DVSEC_VENDOR &&
		    (words[2] & 0xffff) == PORT_DVSEC)
			return pos;
		pos = PCI_EXT_CAP_NEXT(words[0]);
	}
	return 0;
}

static bool cxl_reset_has_begun(void *before)
{
	return cxl_host_get("disable-caching") ||
	       cxl_host_get("cxl-resets") != *(uint64_t *)before;
}

bool reset_by_cxl_begins(uint64_t before)
{
	/* Lines are flushed before, which takes seconds where CPUs are emulated. */
	return wait_until(cxl_reset_has_begun, &before, 30000);
}

bool reset_mask_bus(const char *bdf, bool mask)
{
	char port[PCI_BDF_SIZE];
	unsigned int dvsec;
	uint16_t control;

	if (!port_of(bdf, port))
		return false;
	dvsec = port_dvsec(port);
	if (!dvsec || pci_host_config(port, &control, 2, dvsec + PORT_CONTROL)
	    != 2)
		return false;
	control = mask ? control & ~PORT_UNMASK_SBR : control | PORT_UNMASK_SBR;
	return pci_host_config_write(port, &control, 2,
				     dvsec + PORT_CONTROL) == 2;
}

static bool recovered(void *arg)
{
	const char *state = gate_state(arg);

	return !state || (!strstr(state, "uncorrectable error") &&
			  !strstr(state, "is being reset"));
}

static bool link_was_reset_since(void *before)
{
	return cxl_host_get("hot-resets") != *(uint64_t *)before;
}

/* The kernel hears of it, closes the gate, resets the link and recovers in its own time. */
static int by_error(struct cxl_dev *dev)
{
	uint64_t resets;

	if (!cxl_host_emulated() || !gate_state(dev->vfio.bdf) ||
	    !reset_mask_bus(dev->vfio.bdf, false))
		return -ENOTTY;
	resets = cxl_host_get("hot-resets");
	cxl_host_do("aer-uncorrectable", PCI_ERR_UNC_DLP);
	if (!wait_until(link_was_reset_since, &resets, 10000))
		return -EIO;
	return wait_until(recovered, dev->vfio.bdf, 10000) ? 0 : -ETIMEDOUT;
}

int reset_by(struct cxl_dev *dev, enum reset_how how)
{
	switch (how) {
	case BY_IOCTL:
		return vfio_ioctl(dev->vfio.fd, VFIO_DEVICE_RESET, NULL);
	case BY_FLR:
		return by_flr(&dev->vfio);
	case BY_SYSFS:
		return pci_attr_write(dev->vfio.bdf, "reset", "1");
	case BY_BUS:
		return by_bus(&dev->vfio);
	case BY_HOT_RESET:
		return reset_mask_bus(dev->vfio.bdf, false) ?
			reset_hot(&dev->vfio) : -ENOTTY;
	case BY_ERROR:
		return by_error(dev);
	}
	return -EINVAL;
}

void physical_read(struct cxl_dev *dev, struct physical *physical)
{
	const char *bdf = dev->vfio.bdf;

	memset(physical, 0, sizeof(*physical));
	if (pci_host_config(bdf, &physical->control, 2,
			    dev->dvsec + CXL_DVSEC_CONTROL) != 2 ||
	    pci_host_config(bdf, physical->base, 8,
			    dev->dvsec + CXL_DVSEC_RANGE_BASE_HIGH(0)) != 8)
		die("configuration space cannot be read");
	if (cxl_host_emulated())
		cxl_host_hdm(dev, physical->hdm);
}

bool physical_same(struct cxl_dev *dev, const struct physical *before)
{
	struct physical now;

	physical_read(dev, &now);
	return !memcmp(before, &now, sizeof(now));
}

const char *gate_state(const char *bdf)
{
	static __thread char text[512];
	char *line;

	if (cxl_debugfs_read(bdf, "gate", text, sizeof(text)) < 0)
		return NULL;
	line = strchr(text, '\n');
	return line ? line + 1 : NULL;
}

bool gate_is(const char *bdf, const char *want)
{
	const char *state = gate_state(bdf);

	if (!state || !strncmp(state, want, strlen(want)))
		return true;
	printf("# the gate is %s, not %s\n", state, want);
	return false;
}

static void *touch_all_the_time(void *arg)
{
	struct toucher *toucher = arg;
	size_t dwords = toucher->size / 4, at = 1024;

	while (!toucher->stop) {
		/* The first page is left to the test. */
		toucher->map[at] = at;
		if (toucher->map[at] == at)
			toucher->touched++;
		at = at + 1031 < dwords ? at + 1031 : 1024;
	}
	return NULL;
}

static bool has_touched(void *arg)
{
	struct toucher *toucher = arg;

	return toucher->touched != toucher->before;
}

/* On a busy machine a thread may not run for seconds. */
static void wait_for_touch(struct toucher *toucher)
{
	toucher->before = toucher->touched;
	if (!wait_until(has_touched, toucher, 30000))
		die("the second thread does not come to touch the memory");
}

void toucher_start(struct toucher *toucher, void *map, size_t size)
{
	*toucher = (struct toucher){ .map = map, .size = size };
	if (pthread_create(&toucher->thread, NULL, touch_all_the_time, toucher))
		die("there is no second thread");
	wait_for_touch(toucher);
}

unsigned long toucher_stop(struct toucher *toucher)
{
	wait_for_touch(toucher);
	toucher->stop = true;
	pthread_join(toucher->thread, NULL);
	return toucher->touched;
}

unsigned long touched_beside_memory_space(struct cxl_dev *dev, void *map,
					  size_t size)
{
	struct toucher toucher;
	/* A debug kernel takes so long for each that few are enough. */
	int64_t end = now_ms() + 5000;
	unsigned int i;

	toucher_start(&toucher, map, size);
	for (i = 0; i < 30 && (i < 5 || now_ms() < end); i++) {
		cxl_set_memory_space(dev, false);
		cxl_set_memory_space(dev, true);
		if (i % 5 == 0)
			sleep_ms(1);
	}
	return toucher_stop(&toucher);
}
