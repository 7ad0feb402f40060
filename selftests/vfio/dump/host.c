// SPDX-License-Identifier: GPL-2.0
/* The device as the host's administrator sees it while its driver has it. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "dump.h"
#include "volatile.h"

static const char * const attrs[] = {
	"enable", "power_state", "d3cold_allowed", "reset_method", "msi_bus",
	"broken_parity_status", "numa_node", "sriov_numvfs",
	"sriov_totalvfs", "sriov_drivers_autoprobe", "sriov_vf_device",
	"power/control", "power/runtime_status", "power/runtime_enabled",
	"power/runtime_usage", "power/runtime_active_kids", "power/async",
};

static bool settled(void *arg)
{
	char status[PCI_NAME_SIZE];

	/* An idle device is put to sleep by a work item, a little later. */
	if (pci_attr_read(arg, "power/runtime_status", status,
			  sizeof(status)) < 0)
		return true;
	return !strcmp(status, "suspended");
}

static void add_attrs(struct dump *d)
{
	char value[256];
	size_t i;
	int len;

	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		len = pci_attr_read(d->bdf, attrs[i], value, sizeof(value));
		dump_line(d, "%s: %s", attrs[i],
			  len < 0 ? errname(len) : value);
	}
}

static void add_config(struct dump *d)
{
	uint8_t config[PCI_CONFIG_SIZE];
	int i, n = pci_host_config(d->bdf, config, sizeof(config), 0);

	if (n < 0) {
		dump_line(d, "configuration space: %s", errname(n));
		return;
	}
	volatile_mask(config, n);
	for (i = 0; i < n; i += 16) {
		text_add(d->out, "config %03x: ", i);
		text_add_hex(d->out, config + i, n - i < 16 ? n - i : 16);
		text_add(d->out, "\n");
	}
}

static void add_nodes(struct dump *d)
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned int cdevs = 0;
	struct stat st;
	DIR *dir;

	snprintf(path, sizeof(path), "/dev/vfio/%d", pci_iommu_group(d->bdf));
	if (stat(path, &st))
		dump_line(d, "no group node");
	else
		dump_line(d, "group node of mode %o", st.st_mode);

	/* The number in the name is the next free one, of no meaning. */
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", d->bdf);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		cdevs += !strncmp(entry->d_name, "vfio", 4);
	if (dir)
		closedir(dir);
	dump_line(d, "vfio devices: %u", cdevs);
}

void dump_host_bound(struct dump *d)
{
	dump_line(d, "idle: %s", wait_until(settled, (void *)d->bdf, 2000) ?
		  "asleep" : "awake");
	add_attrs(d);
	add_nodes(d);
	add_config(d);
}

void dump_host_closed(struct dump *d)
{
	dump_host_bound(d);
}
