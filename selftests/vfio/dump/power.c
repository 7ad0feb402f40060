// SPDX-License-Identifier: GPL-2.0
/* Low power of an open device: entering, what is refused meanwhile, leaving. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dump.h"
#include "irq.h"
#include "touch.h"

static int feature(struct dump *d, uint32_t number, const void *data,
		   size_t size)
{
	struct {
		struct vfio_device_feature header;
		struct vfio_device_low_power_entry_with_wakeup wakeup;
	} arg = {};

	arg.header.argsz = sizeof(arg.header) + size;
	arg.header.flags = VFIO_DEVICE_FEATURE_SET | number;
	memcpy(&arg.wakeup, data, size);
	return vfio_ioctl(d->dev->fd, VFIO_DEVICE_FEATURE, &arg);
}

static bool asleep(void *arg)
{
	char status[PCI_NAME_SIZE];

	return pci_attr_read(arg, "power/runtime_status", status,
			     sizeof(status)) > 0 && !strcmp(status, "suspended");
}

static void add_state(struct dump *d, const char *when)
{
	char state[PCI_NAME_SIZE], status[PCI_NAME_SIZE];

	pci_attr_read(d->bdf, "power_state", state, sizeof(state));
	pci_attr_read(d->bdf, "power/runtime_status", status, sizeof(status));
	dump_line(d, "%s: %s, %s", when, state, status);
}

/* The mapping of the first BAR that can be mapped. */
static void *map_bar(struct dump *d)
{
	uint32_t index;
	void *map;

	for (index = 0; index <= VFIO_PCI_BAR5_REGION_INDEX; index++) {
		map = vfio_region_map(d->dev, index, 0, getpagesize(), PROT_READ);
		if (map != MAP_FAILED)
			return map;
	}
	return NULL;
}

static void while_asleep(struct dump *d, void *map)
{
	uint32_t value = 0, index;
	ssize_t n;

	dump_line(d, "sleeps: %d", wait_until(asleep, (void *)d->bdf, 2000));
	add_state(d, "asleep");
	for (index = 0; index <= VFIO_PCI_VGA_REGION_INDEX; index++) {
		n = vfio_region_read(d->dev, index, 0, &value, 4);
		dump_line(d, "region %u asleep: %s", index,
			  n < 0 ? errname(n) : "read");
	}
	if (map)
		dump_line(d, "mapping asleep: %s", touch(map, false, &value));
}

void dump_power(struct dump *d)
{
	struct vfio_device_low_power_entry_with_wakeup wakeup = {};
	const uint32_t entry = VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY;
	const uint32_t entry_wakeup =
		VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP;
	const uint32_t leave = VFIO_DEVICE_FEATURE_LOW_POWER_EXIT;
	int event = eventfd_new();
	void *map = map_bar(d);
	uint32_t value = 0;

	if (map)
		dump_line(d, "mapping: %s", touch(map, false, &value));
	add_state(d, "open");
	dump_line(d, "leave first: %s", errname(feature(d, leave, NULL, 0)));
	dump_line(d, "enter: %s", errname(feature(d, entry, NULL, 0)));
	dump_line(d, "enter again: %s", errname(feature(d, entry, NULL, 0)));
	while_asleep(d, map);
	dump_line(d, "leave: %s", errname(feature(d, leave, NULL, 0)));
	add_state(d, "awake");
	dump_line(d, "reads again: %x", vfio_config_read(d->dev, 0, 4));
	if (map) {
		dump_line(d, "mapping awake: %s", touch(map, false, &value));
		munmap(map, getpagesize());
	}

	dump_line(d, "enter with wakeup, short: %s",
		  errname(feature(d, entry_wakeup, &wakeup, 4)));
	wakeup.wakeup_eventfd = -1;
	dump_line(d, "enter with no eventfd: %s", errname(feature(d,
		  entry_wakeup, &wakeup, sizeof(wakeup))));
	wakeup.wakeup_eventfd = d->dev->fd;
	dump_line(d, "enter with another file: %s", errname(feature(d,
		  entry_wakeup, &wakeup, sizeof(wakeup))));
	wakeup.wakeup_eventfd = event;
	dump_line(d, "enter with wakeup: %s", errname(feature(d, entry_wakeup,
		  &wakeup, sizeof(wakeup))));
	dump_line(d, "sleeps: %d", wait_until(asleep, (void *)d->bdf, 2000));
	/* The host may keep a device awake, whatever its user wants. */
	pci_attr_write(d->bdf, "power/control", "on");
	dump_line(d, "woken: %llu",
		  (unsigned long long)eventfd_take(event, 1000));
	pci_attr_write(d->bdf, "power/control", "auto");
	dump_line(d, "leave: %s", errname(feature(d, leave, NULL, 0)));
	add_state(d, "awake");
	close(event);
}
