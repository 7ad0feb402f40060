// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "cxl_host.h"

#define DEBUGFS "/sys/kernel/debug"

static const char *device = "acc0";

void cxl_host_name_device(const char *id)
{
	device = id;
}

bool cxl_host_emulated(void)
{
	return vmctl_available();
}

void cxl_host_set(const char *property, const char *value)
{
	int err = vmctl_set(device, property, value);

	if (err)
		die("%s: %s cannot be set to %s: %s", device, property, value,
		    errname(err));
}

uint64_t cxl_host_get(const char *property)
{
	char value[VMCTL_LINE_MAX];
	int err = vmctl_get(device, property, value, sizeof(value));

	if (err)
		die("%s: %s cannot be read: %s", device, property,
		    errname(err));
	return strtoull(value, NULL, 0);
}

static uint64_t bar_start(const char *bdf, unsigned int bar)
{
	char text[4096], *line = text;
	unsigned int i;
	int len = pci_attr_read(bdf, "resource", text, sizeof(text));

	if (len < 0)
		die("the BARs of %s cannot be read: %s", bdf, errname(len));
	for (i = 0; i < bar && line; i++) {
		line = strchr(line, '\n');
		line += !!line;
	}
	return line ? strtoull(line, NULL, 16) : 0;
}

static uint32_t physical_dword(uint64_t address)
{
	char request[64], reply[VMCTL_LINE_MAX];
	const char *value;
	int err;

	snprintf(request, sizeof(request), "hmp xp /1xw 0x%llx",
		 (unsigned long long)address);
	err = vmctl_request(request, reply, sizeof(reply));
	value = strstr(reply, ": ");
	if (err || !value)
		die("\"%s\" was answered with %s \"%s\"", request, errname(err),
		    reply);
	return strtoul(value + 2, NULL, 0);
}

uint32_t cxl_host_component(const struct cxl_dev *dev, unsigned int offset)
{
	return physical_dword(bar_start(dev->vfio.bdf, dev->cap.comp_reg_bar) +
			      dev->cap.comp_reg_offset + offset);
}

unsigned int cxl_host_hdm(const struct cxl_dev *dev,
			  uint32_t words[CXL_HDM_DWORDS])
{
	unsigned int i, count = 4 + 8 * dev->decoders;

	for (i = 0; i < count; i++)
		words[i] = cxl_host_component(dev, dev->hdm + 4 * i);
	return count;
}

int cxl_debugfs_read(const char *bdf, const char *file, char *buf, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), DEBUGFS "/cxl_vfio_pci-%s/%s", bdf, file);
	return file_read(path, buf, size);
}

bool cxl_counters_available(const char *bdf)
{
	char text[4096];

	return cxl_debugfs_read(bdf, "counters", text, sizeof(text)) > 0;
}

uint64_t cxl_counter(const char *bdf, const char *name)
{
	char text[4096], *line, *rest;
	size_t len = strlen(name);
	int err = cxl_debugfs_read(bdf, "counters", text, sizeof(text));

	if (err < 0)
		die("the counters cannot be read: %s", errname(err));
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (!strncmp(line, name, len) && line[len] == ':')
			return strtoull(line + len + 1, NULL, 0);
	die("there is no counter \"%s\"", name);
}
