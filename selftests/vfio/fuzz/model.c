// SPDX-License-Identifier: GPL-2.0
/* What the user of a device has made of it, and what follows from that. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "fuzz.h"
#include "hdm.h"
#include "pages.h"

static unsigned int power_state(struct fuzz *f)
{
	return f->pmcsr ? vfio_config_read(&f->dev.vfio, f->pmcsr, 2) &
			  PCI_PM_CTRL_STATE_MASK : 0;
}

int fuzz_low_power(struct fuzz *f, uint32_t number, int wakeup)
{
	struct {
		struct vfio_device_feature header;
		struct vfio_device_low_power_entry_with_wakeup wakeup;
	} arg = {
		.header.argsz = wakeup < 0 ? sizeof(arg.header) : sizeof(arg),
		.header.flags = VFIO_DEVICE_FEATURE_SET | number,
		.wakeup.wakeup_eventfd = wakeup,
	};

	return vfio_ioctl(f->dev.vfio.fd, VFIO_DEVICE_FEATURE, &arg);
}

void fuzz_resync(struct fuzz *f)
{
	f->memory_space = vfio_config_read(&f->dev.vfio, PCI_COMMAND, 2) &
			  PCI_COMMAND_MEMORY;
	f->power = power_state(f);
	/* In low power, the core takes a device to D0 when it comes to it. */
	if (f->low_power && f->power) {
		fuzz_low_power(f, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1);
		f->low_power = false;
		f->power = power_state(f);
	}
}

bool fuzz_bar_accessible(const struct fuzz *f)
{
	return f->memory_space && f->power < 3;
}

bool fuzz_memory_accessible(const struct fuzz *f)
{
	bool needed = f->dev.cap.uapi == CXL_UAPI_V3;

	return (f->memory_space || !needed) && !f->power && !f->low_power;
}

uint64_t fuzz_block_start(const struct fuzz *f)
{
	return f->dev.cap.comp_reg_offset;
}

uint64_t fuzz_block_end(const struct fuzz *f)
{
	return f->dev.cap.comp_reg_offset + f->dev.cap.comp_reg_size;
}

static void learn_regions(struct fuzz *f)
{
	struct vfio_device_info *info = vfio_device_info(&f->dev.vfio);
	struct vfio_region_info *region;
	unsigned int i;

	if (!info || info->num_regions > FUZZ_REGIONS)
		die("the device's regions cannot be told");
	f->regions = info->num_regions;
	free(info);
	for (i = 0; i < f->regions; i++) {
		region = vfio_region_info(&f->dev.vfio, i);
		f->region[i] = (struct fuzz_region){};
		/* There is no VGA region here. */
		if (!region)
			continue;
		f->region[i].size = region->size;
		f->region[i].flags = region->flags;
		free(region);
	}
}

/* Read what the model covers; false if the memory cannot be accessed. */
static bool read_contents(struct fuzz *f, uint8_t *contents)
{
	return cxl_mem_read(&f->dev, 0, contents, FUZZ_CONTENTS) ==
	       FUZZ_CONTENTS;
}

void fuzz_open(struct fuzz *f)
{
	char bdf[PCI_BDF_SIZE];
	unsigned int pos;

	snprintf(bdf, sizeof(bdf), "%s", f->dev.vfio.bdf);
	cxl_dev_open(&f->dev, bdf);
	learn_regions(f);
	pos = vfio_config_cap(&f->dev.vfio, PCI_CAP_ID_PM);
	f->pmcsr = pos ? pos + PCI_PM_CTRL : 0;
	pos = vfio_config_cap(&f->dev.vfio, PCI_CAP_ID_EXP);
	f->devctl = pos ? pos + PCI_EXP_DEVCTL : 0;
	f->low_power = false;
	cxl_set_memory_space(&f->dev, true);
	fuzz_resync(f);
	if (!read_contents(f, f->contents))
		fuzz_fail(f, "the memory of a device that was just opened cannot be read");
}

void fuzz_close(struct fuzz *f)
{
	fuzz_unmap_all(f);
	cxl_dev_close(&f->dev);
}

void fuzz_check_contents(struct fuzz *f)
{
	static uint8_t now[FUZZ_CONTENTS], zero[FUZZ_CONTENTS];

	if (!fuzz_memory_accessible(f))
		return;
	if (!read_contents(f, now))
		fuzz_fail(f, "the memory cannot be read although all is on");
	else if (memcmp(now, f->contents, sizeof(now)) &&
		 memcmp(now, zero, sizeof(now)))
		fuzz_fail(f, "the memory is neither as before nor cleared");
	else
		memcpy(f->contents, now, sizeof(now));
}

/* Physical addresses of the memory and of the BARs, as bytes that may appear. */
static uint64_t secret[8];
static unsigned int secrets;

void fuzz_learn_secrets(struct fuzz *f)
{
	char text[4096], *line, *rest;
	uint64_t start, base;

	/* The decoder that a user sees may be where a VMM wants it. */
	if (cxl_debugfs_read(f->dev.vfio.bdf, "gate", text, sizeof(text)) > 0 &&
	    sscanf(text, "window: %" SCNx64, &base) == 1) {
		secret[secrets++] = base;
		secret[secrets++] = base / PAGE;
	}
	if (pci_attr_read(f->dev.vfio.bdf, "resource", text, sizeof(text)) < 0)
		return;
	for (line = strtok_r(text, "\n", &rest); line && secrets < 7;
	     line = strtok_r(NULL, "\n", &rest)) {
		start = strtoull(line, NULL, 16);
		if (start)
			secret[secrets++] = start;
	}
}

void fuzz_check_secrets(struct fuzz *f, const char *what, const void *answer,
			size_t len)
{
	unsigned int i;
	uint64_t value;
	size_t at;

	for (at = 0; at + sizeof(value) <= len; at += 4) {
		memcpy(&value, (const char *)answer + at, sizeof(value));
		for (i = 0; i < secrets; i++)
			if (value == secret[i])
				fuzz_fail(f, "%s has the host address %#llx at %zu",
					  what, (unsigned long long)value, at);
		/* Where the kernel has its own memory and code. */
		if (value >> 47 == 0x1ffff && value < ~0xfffffull)
			fuzz_fail(f, "%s has the kernel address %#llx at %zu",
				  what, (unsigned long long)value, at);
	}
}
