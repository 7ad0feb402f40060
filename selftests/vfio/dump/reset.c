// SPDX-License-Identifier: GPL-2.0
/* Resets that a user can ask for, and what is left of the device's state. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "dump.h"
#include "irq.h"
#include "probe.h"
#include "volatile.h"

static void add_config(struct dump *d, const char *when)
{
	uint8_t config[PCI_CONFIG_SIZE] = {};
	unsigned int pos, size = vfio_config_size(d->dev);

	for (pos = 0; pos < size; pos += 4)
		vfio_region_read(d->dev, VFIO_PCI_CONFIG_REGION_INDEX, pos,
				 config + pos, 4);
	volatile_mask(config, size);
	for (pos = 0; pos < size; pos += 32) {
		text_add(d->out, "%s %03x: ", when, pos);
		text_add_hex(d->out, config + pos, 32);
		text_add(d->out, "\n");
	}
}

static void add_bars(struct dump *d, const char *when)
{
	uint32_t index, value;
	ssize_t n;

	for (index = 0; index <= VFIO_PCI_BAR5_REGION_INDEX; index++) {
		value = 0;
		n = vfio_region_read(d->dev, index, 0, &value, 4);
		dump_line(d, "%s BAR %u: %s %08x", when, index,
			  n < 0 ? errname(n) : "ok", value);
	}
}

/* Leave marks in registers that a reset clears. */
static void mark(struct dump *d)
{
	vfio_config_write(d->dev, PCI_COMMAND, 2, PCI_COMMAND_IO |
			  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	vfio_config_write(d->dev, PCI_CACHE_LINE_SIZE, 1, 0x10);
	vfio_config_write(d->dev, PCI_INTERRUPT_LINE, 1, 0x5a);
	vfio_config_write(d->dev, PCI_BASE_ADDRESS_0, 4, 0x12345678);
}

/* Interrupts that were set up before a reset, after it. */
static void with_irq(struct dump *d, uint32_t index)
{
	int err, fd = eventfd_new();

	if (vfio_irq_count(d->dev, index) > 0 &&
	    !vfio_irq_enable(d->dev, index, 0, 1, &fd)) {
		dump_line(d, "irq %u, reset: %s", index,
			  errname(vfio_ioctl(d->dev->fd, VFIO_DEVICE_RESET, NULL)));
		err = vfio_irq_trigger(d->dev, index, 0);
		dump_line(d, "irq %u after reset: trigger %s, got %llu", index,
			  errname(err),
			  (unsigned long long)eventfd_take(fd, 0));
		dump_line(d, "irq %u disable: %s", index,
			  errname(vfio_irq_disable(d->dev, index)));
	}
	close(fd);
}

/* A guest resets its function through the PCIe capability. */
static void function_level_reset(struct dump *d)
{
	unsigned int pos = vfio_config_cap(d->dev, PCI_CAP_ID_EXP);
	uint16_t control;

	if (!pos)
		return;
	control = vfio_config_read(d->dev, pos + PCI_EXP_DEVCTL, 2);
	mark(d);
	dump_line(d, "FLR: %s", errname(vfio_config_write(d->dev,
		  pos + PCI_EXP_DEVCTL, 2, control | PCI_EXP_DEVCTL_BCR_FLR)));
	add_config(d, "after FLR");
	add_bars(d, "after FLR");
}

void dump_reset(struct dump *d)
{
	uint32_t index;

	mark(d);
	add_bars(d, "before");
	dump_line(d, "reset: %s",
		  errname(vfio_ioctl(d->dev->fd, VFIO_DEVICE_RESET, NULL)));
	add_config(d, "after");
	add_bars(d, "after");
	for (index = 0; index <= VFIO_PCI_MSIX_IRQ_INDEX; index++)
		with_irq(d, index);
	function_level_reset(d);
}

static int hot_reset(struct dump *d, uint32_t argsz, uint32_t flags,
		     uint32_t count, const int *fds)
{
	struct vfio_pci_hot_reset *arg =
		xcalloc(1, sizeof(*arg) + 4 * sizeof(*fds));
	uint32_t i;
	int err;

	arg->argsz = argsz;
	arg->flags = flags;
	arg->count = count;
	for (i = 0; i < count && i < 4; i++)
		arg->group_fds[i] = fds[i];
	err = vfio_ioctl(d->dev->fd, VFIO_DEVICE_PCI_HOT_RESET, arg);
	free(arg);
	return err;
}

void dump_hot_reset(struct dump *d)
{
	const int fds[] = { d->dev->group, d->dev->group, d->dev->fd, 9999 };
	const uint32_t full = sizeof(struct vfio_pci_hot_reset) + sizeof(int);
	uint32_t argsz, count;
	char label[32];

	for (argsz = 0; argsz <= 64; argsz++) {
		snprintf(label, sizeof(label), "info argsz %u", argsz);
		probe_ioctl(d, label, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
			    &argsz, 4);
	}
	argsz = 64;
	probe_cut_off(d, "info", VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &argsz, 4,
		      argsz);

	dump_line(d, "short: %s", errname(hot_reset(d, 8, 0, 1, fds)));
	dump_line(d, "flags: %s", errname(hot_reset(d, full, 1, 1, fds)));
	dump_line(d, "not a group: %s",
		  errname(hot_reset(d, full, 0, 1, &fds[2])));
	dump_line(d, "no file: %s", errname(hot_reset(d, full, 0, 1, &fds[3])));
	mark(d);
	for (count = 0; count <= 2; count++)
		dump_line(d, "%u groups: %s", count,
			  errname(hot_reset(d, full, 0, count, fds)));
	add_config(d, "after");
	add_bars(d, "after");
}
