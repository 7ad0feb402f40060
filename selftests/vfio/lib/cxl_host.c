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

/* Those that are things to do can only be written, which the channel's set cannot. */
void cxl_host_do(const char *action, uint64_t value)
{
	char request[VMCTL_LINE_MAX], reply[VMCTL_LINE_MAX];
	int err;

	snprintf(request, sizeof(request),
		 "hmp qom-set /machine/peripheral/%s %s %llu", device, action,
		 (unsigned long long)value);
	err = vmctl_request(request, reply, sizeof(reply));
	if (err || reply[0])
		die("\"%s\" was answered with %s \"%s\"", request, errname(err),
		    reply);
}

uint64_t cxl_host_get(const char *property)
{
	char value[VMCTL_LINE_MAX];
	int err = vmctl_get(device, property, value, sizeof(value));

	if (err)
		die("%s: %s cannot be read: %s", device, property,
		    errname(err));
	return !strcmp(value, "on") ? 1 : strtoull(value, NULL, 0);
}

bool cxl_host_has(const char *property)
{
	char value[VMCTL_LINE_MAX];

	return !vmctl_get(device, property, value, sizeof(value));
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

/* Longest read whose answer fits into a line of the control channel. */
#define MAX_DWORDS 48

static void read_physical(uint64_t address, uint32_t *words, unsigned int count)
{
	char request[64], reply[VMCTL_LINE_MAX], *word, *rest;
	unsigned int got = 0;
	int err;

	snprintf(request, sizeof(request), "hmp xp /%uxw 0x%llx", count,
		 (unsigned long long)address);
	err = vmctl_request(request, reply, sizeof(reply));
	/* Lines, which arrive joined, of an address with a colon and dwords. */
	for (word = strtok_r(reply, " ", &rest); !err && word && got < count;
	     word = strtok_r(NULL, " ", &rest))
		if (!strchr(word, ':'))
			words[got++] = strtoul(word, NULL, 0);
	if (got < count)
		die("\"%s\" was answered with %s and %u values", request,
		    errname(err), got);
}

static uint64_t component_address(const struct cxl_dev *dev)
{
	return bar_start(dev->vfio.bdf, dev->cap.comp_reg_bar) +
	       dev->cap.comp_reg_offset;
}

uint32_t cxl_host_component(const struct cxl_dev *dev, unsigned int offset)
{
	uint32_t value;

	read_physical(component_address(dev) + offset, &value, 1);
	return value;
}

unsigned int cxl_host_hdm(const struct cxl_dev *dev,
			  uint32_t words[CXL_HDM_DWORDS])
{
	unsigned int done, len, count = 4 + 8 * dev->decoders;
	uint64_t address = component_address(dev) + dev->hdm;

	for (done = 0; done < count; done += len) {
		len = count - done < MAX_DWORDS ? count - done : MAX_DWORDS;
		read_physical(address + 4 * done, words + done, len);
	}
	return count;
}

int cxl_debugfs_read(const char *bdf, const char *file, char *buf, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), DEBUGFS "/cxl_vfio_pci-%s/%s", bdf, file);
	return file_read(path, buf, size);
}

const char *cxl_clearing_state(const char *bdf)
{
	static char text[512];
	char *state;

	if (cxl_debugfs_read(bdf, "clearing", text, sizeof(text)) < 0)
		return "";
	state = strstr(text, "state: ");
	if (!state)
		return "";
	state += strlen("state: ");
	state[strcspn(state, "\n")] = '\0';
	return state;
}

static bool has_ended(void *bdf)
{
	const char *state = cxl_clearing_state(bdf);

	return !strcmp(state, "done") || !strcmp(state, "off") || !*state;
}

bool cxl_cleared(const char *bdf, int timeout_ms)
{
	return wait_until(has_ended, (void *)bdf, timeout_ms);
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
