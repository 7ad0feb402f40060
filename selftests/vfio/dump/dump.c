// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"

/* Resets come last: what follows them would test the reset again. */
const struct dump_section dump_sections[] = {
	{ "host-bound", DUMP_BOUND, dump_host_bound },
	{ "open-names", DUMP_BOUND, dump_open_names },
	{ "device-info", DUMP_OPEN, dump_device_info },
	{ "region-info", DUMP_OPEN, dump_region_info },
	{ "irq-info", DUMP_OPEN, dump_irq_info },
	{ "feature", DUMP_OPEN, dump_feature },
	{ "ioctl", DUMP_OPEN, dump_ioctl },
	{ "config-read", DUMP_OPEN, dump_config_read },
	{ "config-write", DUMP_OPEN, dump_config_write },
	{ "bar", DUMP_OPEN, dump_bar },
	{ "mmap", DUMP_OPEN, dump_mmap },
	{ "offsets", DUMP_OPEN, dump_offsets },
	{ "irq-fire", DUMP_OPEN, dump_irq_fire },
	{ "ioeventfd", DUMP_OPEN, dump_ioeventfd },
	{ "power", DUMP_OPEN, dump_power },
	{ "reset", DUMP_OPEN, dump_reset },
	{ "hot-reset", DUMP_OPEN, dump_hot_reset },
	{ "host-closed", DUMP_CLOSED, dump_host_closed },
};

const unsigned int dump_section_count = ARRAY_SIZE(dump_sections);

_Static_assert(ARRAY_SIZE(dump_sections) <= DUMP_MAX_SECTIONS,
	       "struct dump_result holds every section");

void dump_check_section(const char *name)
{
	unsigned int i;

	for (i = 0; i < dump_section_count; i++)
		if (!strcmp(dump_sections[i].name, name))
			return;
	die("there is no section %s", name);
}

static void run_phase(struct dump *d, enum dump_phase phase, const char *only,
		      struct dump_result *result)
{
	unsigned int i;

	for (i = 0; i < dump_section_count; i++) {
		const struct dump_section *section = &dump_sections[i];

		if (section->phase != phase)
			continue;
		if (only && strcmp(only, section->name))
			continue;
		d->out = &result->text[i];
		section->run(d);
	}
}

void dump_device(const char *bdf, enum vfio_mode mode, const char *only,
		 struct dump_result *result)
{
	struct dump d = { .bdf = bdf, .mode = mode };
	struct vfio_device_info *info;
	struct vfio_dev dev;

	memset(result, 0, sizeof(*result));
	run_phase(&d, DUMP_BOUND, only, result);

	vfio_dev_must_open(&dev, bdf, mode);
	info = vfio_device_info(&dev);
	if (!info)
		die("%s: no device info: %s", bdf, errname(errno));
	d.num_regions = info->num_regions;
	free(info);
	d.dev = &dev;
	run_phase(&d, DUMP_OPEN, only, result);
	vfio_dev_close(&dev);
	d.dev = NULL;

	run_phase(&d, DUMP_CLOSED, only, result);
}

void dump_free(struct dump_result *result)
{
	unsigned int i;

	for (i = 0; i < dump_section_count; i++)
		text_free(&result->text[i]);
}
