// SPDX-License-Identifier: GPL-2.0
/* What changes the function under its user: resets, power states, Memory Space. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "fuzz.h"
#include "irq.h"

static void after(struct fuzz *f)
{
	fuzz_resync(f);
	fuzz_check_contents(f);
}

static void reset(struct fuzz *f)
{
	FUZZ_ALLOW(f, vfio_ioctl(f->dev.vfio.fd, VFIO_DEVICE_RESET, NULL),
		   "VFIO_DEVICE_RESET", 0);
	after(f);
}

static void reset_by_guest(struct fuzz *f)
{
	if (f->devctl)
		FUZZ_ALLOW(f, vfio_config_write(&f->dev.vfio, f->devctl, 2,
			   PCI_EXP_DEVCTL_BCR_FLR), "FLR", 0);
	after(f);
}

static void reset_by_host(struct fuzz *f)
{
	FUZZ_ALLOW(f, pci_attr_write(f->dev.vfio.bdf, "reset", "1"),
		   "a reset through sysfs", 0);
	after(f);
}

/* Without the group, with it, and with more than there is. */
static void hot_reset(struct fuzz *f)
{
	struct {
		struct vfio_pci_hot_reset header;
		int fds[2];
	} arg = {
		.header.argsz = sizeof(arg),
		.header.count = fuzz_below(f, 3),
		.fds = { f->dev.vfio.group, f->dev.vfio.group },
	};

	FUZZ_ALLOW(f, vfio_ioctl(f->dev.vfio.fd, VFIO_DEVICE_PCI_HOT_RESET, &arg),
		   "a hot reset", 0, -EINVAL, -ENOTTY, -ENODEV, -EPERM, -EAGAIN);
	after(f);
}

static void doorbell(struct fuzz *f)
{
	uint16_t value = fuzz_coin(f, 4) ? CXL_DVSEC_CTRL2_INITIATE_RESET :
					   CXL_DVSEC_CTRL2_INITIATE_WBI;

	if (fuzz_coin(f, 2))
		value |= CXL_DVSEC_CTRL2_RESET_MEM_CLEAR;
	FUZZ_ALLOW(f, vfio_config_write(&f->dev.vfio, f->dev.dvsec +
		   CXL_DVSEC_CONTROL2, 2, value), "a doorbell", 0);
	after(f);
}

static void power_state(struct fuzz *f)
{
	if (f->pmcsr)
		FUZZ_ALLOW(f, vfio_config_write(&f->dev.vfio, f->pmcsr, 2,
			   fuzz_below(f, 4)), "a power state", 0);
	after(f);
}

static void low_power(struct fuzz *f)
{
	if (fuzz_coin(f, 2)) {
		/* Sleeping twice is wrong, waking up twice is not. */
		FUZZ_ALLOW(f, fuzz_low_power(f,
			   VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1),
			   "low power", f->low_power ? -EINVAL : 0);
		f->low_power = true;
	} else {
		FUZZ_ALLOW(f, fuzz_low_power(f,
			   VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1),
			   "end of low power", 0);
		f->low_power = false;
	}
	after(f);
}

/* Here any access may wake the device up for good, if it slept already. */
static void low_power_with_wakeup(struct fuzz *f)
{
	int fd = eventfd_new();
	uint32_t value;

	FUZZ_ALLOW(f, fuzz_low_power(f,
		   VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP, fd),
		   "low power with wakeup", f->low_power ? -EINVAL : 0);
	FUZZ_ALLOW(f, cxl_mem_read(&f->dev, 0, &value, 4), "read asleep", 4,
		   -EIO);
	FUZZ_ALLOW(f, fuzz_low_power(f, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT,
		   -1), "end of low power", 0);
	f->low_power = false;
	close(fd);
	after(f);
}

static void all_on(struct fuzz *f)
{
	fuzz_low_power(f, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1);
	f->low_power = false;
	if (f->pmcsr)
		vfio_config_write(&f->dev.vfio, f->pmcsr, 2, 0);
	cxl_set_memory_space(&f->dev, true);
	fuzz_resync(f);
	if (!fuzz_memory_accessible(f))
		fuzz_fail(f, "the device cannot be switched on");
	fuzz_check_contents(f);
}

static void reopen(struct fuzz *f)
{
	fuzz_close(f);
	fuzz_open(f);
}

const struct fuzz_op fuzz_change_ops[] = {
	{ "reset", 2, reset },
	{ "FLR", 2, reset_by_guest },
	{ "sysfs reset", 2, reset_by_host },
	{ "hot reset", 2, hot_reset },
	{ "doorbells", 4, doorbell },
	{ "power state", 10, power_state },
	{ "low power", 8, low_power },
	{ "wakeup", 4, low_power_with_wakeup },
	{ "all on", 60, all_on },
	{ "reopen", 2, reopen },
	{}
};
