// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cxl/cxl_regs.h>

#include "component.h"
#include "pci.h"
#include "state.h"
#include "tap.h"

#define RESET_STATUS (CXL_DVSEC_STATUS2_CACHE_INVALID | \
		      CXL_DVSEC_STATUS2_RESET_COMPLETE | \
		      CXL_DVSEC_STATUS2_RESET_ERROR)

#define CXL_DEVICES "/sys/bus/cxl/devices"

/* More lines than this say no more about a difference. */
#define MAX_SHOWN 12

/*
 * cxl-core looks at a port when the first device below it appears, and keeps
 * what it found: that is no trace of the device.
 */
static bool of_port(const char *name)
{
	return !strncmp(name, "port", 4) || !strncmp(name, "decoder", 7);
}

static void add_ranges(struct text *out)
{
	char *line = NULL, *owner;
	size_t space = 0;
	FILE *file = fopen("/proc/iomem", "r");

	if (!file)
		die("/proc/iomem cannot be read: %s", errname(errno));
	while (getline(&line, &space, file) > 0) {
		owner = strstr(line, " : ");
		if (!owner || !of_port(owner + 3))
			text_add(out, "iomem %s", line);
	}
	free(line);
	fclose(file);
}

static void add_names(struct text *out, const char *path)
{
	struct dirent **names;
	int i, count = scandir(path, &names, NULL, alphasort);

	for (i = 0; i < count; i++) {
		if (!of_port(names[i]->d_name))
			text_add(out, "%s/%s\n", path, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static void add_config(struct text *out, const char *bdf)
{
	uint32_t config[PCI_CONFIG_SIZE / 4];
	int i, len = pci_host_config(bdf, config, sizeof(config), 0);
	unsigned int dvsec = host_dvsec(bdf, CXL_DVSEC_DEVICE);

	/* How the last reset ended stays known; nobody can take that back. */
	if (dvsec)
		config[(dvsec + CXL_DVSEC_CONTROL2) / 4] &= ~(RESET_STATUS << 16);
	for (i = 0; i < len / 4; i++)
		text_add(out, "config %#05x: %08x\n", 4 * i, config[i]);
}

static void add_decoders(struct text *out, const char *bdf)
{
	struct component component;
	unsigned int offset, end;

	if (!component_map(&component, bdf)) {
		text_add(out, "component registers: %s\n", errname(errno));
		return;
	}
	end = component_hdm_size(&component);
	for (offset = 0; offset < end; offset += 4)
		text_add(out, "HDM %#05x: %08x\n", offset,
			 component_hdm_read(&component, offset));
	component_unmap(&component);
}

void state_take(const char *bdf, struct text *out)
{
	char driver[PCI_NAME_SIZE];

	text_add(out, "driver: %s\n", pci_driver(bdf, driver, sizeof(driver)));
	add_ranges(out);
	add_names(out, CXL_DEVICES);
	add_names(out, "/dev/vfio");
	add_names(out, "/dev/cxl");
	add_config(out, bdf);
	add_decoders(out, bdf);
}

static bool has_line(const struct text *text, const struct text_line *line)
{
	const char *pos = text->data;
	struct text_line other;

	while (text_next_line(&pos, &other))
		if (other.len == line->len &&
		    !memcmp(other.start, line->start, line->len))
			return true;
	return false;
}

/* Print the lines that only @text has; returns how many these are. */
static unsigned int show_only_in(const struct text *text,
				 const struct text *other, const char *when)
{
	const char *pos = text->data;
	unsigned int count = 0;
	struct text_line line;

	while (text_next_line(&pos, &line)) {
		if (has_line(other, &line))
			continue;
		if (++count <= MAX_SHOWN)
			tap_note("only %s: %.*s", when, line.len, line.start);
	}
	return count;
}

/* The root decoder that a region is a child of deletes it by name. */
static void drop_region(const char *name)
{
	char path[PATH_MAX];
	char *device;

	/* Not by "..", which a path through the link to the device loses. */
	snprintf(path, sizeof(path), CXL_DEVICES "/%s", name);
	device = realpath(path, NULL);
	if (!device)
		die("%s cannot be found", name);
	snprintf(path, sizeof(path), "%s/delete_region", dirname(device));
	free(device);
	if (file_write(path, name))
		die("%s cannot be deleted", name);
}

unsigned int state_delete_regions(const struct text *before)
{
	char known[PATH_MAX];
	struct dirent **names;
	unsigned int deleted = 0;
	int i, count = scandir(CXL_DEVICES, &names, NULL, alphasort);

	for (i = 0; i < count; i++) {
		snprintf(known, sizeof(known), CXL_DEVICES "/%s\n",
			 names[i]->d_name);
		if (!strncmp(names[i]->d_name, "region", 6) &&
		    !strstr(before->data, known)) {
			drop_region(names[i]->d_name);
			deleted++;
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return deleted;
}

bool state_same(const struct text *before, const struct text *after)
{
	if (before->len == after->len &&
	    !memcmp(before->data, after->data, after->len))
		return true;
	show_only_in(before, after, "before");
	show_only_in(after, before, "after");
	return false;
}
