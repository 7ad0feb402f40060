// SPDX-License-Identifier: GPL-2.0
/* Interrupts that the device raises itself, down to the eventfd. */
#include <stdio.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "dump.h"
#include "irq.h"
#include "stimulus.h"

#define MAX_VECTORS 16
#define FIRE_MS 1000
/* How long no interrupt must come to say that none comes. */
#define QUIET_MS 50
#define SETTLE_MS 10

static void expect_event(struct dump *d, const struct stimulus *s, uint32_t index,
		 unsigned int vector, int fd, const char *what, int ms)
{
	if (!s->fire(d->dev, s->bar, index, vector)) {
		dump_line(d, "%s: the device cannot fire it", what);
		return;
	}
	dump_line(d, "%s: %s", what, eventfd_take(fd, ms) ? "fired" : "quiet");
}

/*
 * Some devices send a message more while they are being told to stop: whether
 * one arrives is a fact, how many is not.
 */
static void stop(struct dump *d, const struct stimulus *s, int fd)
{
	s->ack(d->dev, s->bar);
	eventfd_take(fd, SETTLE_MS);
}

static void unmask(struct dump *d, int fd, const char *what, int ms)
{
	int err = vfio_irq_mask(d->dev, VFIO_PCI_INTX_IRQ_INDEX, false);

	dump_line(d, "%s: %s, %s", what, errname(err),
		  eventfd_take(fd, ms) ? "fired" : "quiet");
}

/*
 * A level interrupt arrives once, is masked by that, and comes again at each
 * unmask until the device is told to stop.
 */
static void level(struct dump *d, const struct stimulus *s)
{
	const uint32_t index = VFIO_PCI_INTX_IRQ_INDEX;
	int irq = eventfd_new(), resample = eventfd_new();
	uint64_t one = 1;

	dump_line(d, "INTx enable: %s",
		  errname(vfio_irq_enable(d->dev, index, 0, 1, &irq)));
	expect_event(d, s, index, 0, irq, "INTx", FIRE_MS);
	expect_event(d, s, index, 0, irq, "INTx masked by firing", QUIET_MS);
	unmask(d, irq, "INTx unmask", FIRE_MS);
	s->ack(d->dev, s->bar);
	unmask(d, irq, "INTx unmask after ack", QUIET_MS);

	dump_line(d, "INTx mask: %s",
		  errname(vfio_irq_mask(d->dev, index, true)));
	expect_event(d, s, index, 0, irq, "INTx masked", QUIET_MS);
	dump_line(d, "INTx unmask eventfd: %s", errname(vfio_irq_set(d->dev,
		  index, 0, 1, VFIO_IRQ_SET_DATA_EVENTFD |
		  VFIO_IRQ_SET_ACTION_UNMASK, &resample, sizeof(resample))));
	if (write(resample, &one, sizeof(one)) < 0)
		die("an eventfd takes no event");
	dump_line(d, "INTx unmasked by eventfd: %s",
		  eventfd_take(irq, FIRE_MS) ? "fired" : "quiet");
	s->ack(d->dev, s->bar);
	dump_line(d, "INTx disable: %s",
		  errname(vfio_irq_disable(d->dev, index)));
	expect_event(d, s, index, 0, irq, "INTx disabled", QUIET_MS);
	s->ack(d->dev, s->bar);
	close(irq);
	close(resample);
}

static void message(struct dump *d, const struct stimulus *s, uint32_t index)
{
	const char *name = index == VFIO_PCI_MSI_IRQ_INDEX ? "MSI" : "MSI-X";
	int fds[MAX_VECTORS], i, count = vfio_irq_count(d->dev, index);
	const int none = -1;
	char what[32];

	if (count < 1)
		return;
	if (count > MAX_VECTORS)
		count = MAX_VECTORS;
	for (i = 0; i < count; i++)
		fds[i] = eventfd_new();
	dump_line(d, "%s enable %d: %s", name, count,
		  errname(vfio_irq_enable(d->dev, index, 0, count, fds)));
	for (i = 0; i < count; i++) {
		snprintf(what, sizeof(what), "%s %d", name, i);
		expect_event(d, s, index, i, fds[i], what, FIRE_MS);
		stop(d, s, fds[i]);
	}
	/* A vector without eventfd is masked; the others go on. */
	dump_line(d, "%s remove 0: %s", name,
		  errname(vfio_irq_enable(d->dev, index, 0, 1, &none)));
	expect_event(d, s, index, 0, fds[0], "0 removed", QUIET_MS);
	stop(d, s, fds[0]);
	dump_line(d, "%s disable: %s", name,
		  errname(vfio_irq_disable(d->dev, index)));
	expect_event(d, s, index, 0, fds[0], "0 disabled", QUIET_MS);
	s->ack(d->dev, s->bar);
	for (i = 0; i < count; i++)
		close(fds[i]);
}

void dump_irq_fire(struct dump *d)
{
	const struct stimulus *s = stimulus_find(d->bdf);
	uint16_t command = vfio_config_read(d->dev, PCI_COMMAND, 2);

	if (!s || !s->fire) {
		dump_line(d, "no way to make this device fire");
		return;
	}
	/* A message is a write of the device to memory. */
	vfio_config_write(d->dev, PCI_COMMAND, 2, command |
			  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	if (vfio_irq_count(d->dev, VFIO_PCI_INTX_IRQ_INDEX) > 0)
		level(d, s);
	message(d, s, VFIO_PCI_MSI_IRQ_INDEX);
	message(d, s, VFIO_PCI_MSIX_IRQ_INDEX);
	vfio_config_write(d->dev, PCI_COMMAND, 2, command);
}
