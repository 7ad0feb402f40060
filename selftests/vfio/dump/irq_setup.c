// SPDX-License-Identifier: GPL-2.0
/* VFIO_DEVICE_SET_IRQS: each action on each kind of data in each state. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "irq.h"
#include "probe.h"

/* Vectors that are ever enabled at once; a device may have 2048. */
#define MAX_VECTORS 16

/* Past the five that there are. */
#define INDEXES (VFIO_PCI_NUM_IRQS + 2)

static const uint32_t actions[] = {
	0, VFIO_IRQ_SET_ACTION_MASK, VFIO_IRQ_SET_ACTION_UNMASK,
	VFIO_IRQ_SET_ACTION_TRIGGER,
	VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_TRIGGER, 1 << 6,
};

static const uint32_t kinds[] = {
	0, VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_BOOL,
	VFIO_IRQ_SET_DATA_EVENTFD,
	VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL,
};

/* Data for a request of @kind on up to MAX_VECTORS vectors. */
struct irq_data {
	int fds[MAX_VECTORS];
	uint8_t bools[MAX_VECTORS];
};

static int request(struct dump *d, uint32_t index, uint32_t start,
		   uint32_t count, uint32_t flags, const struct irq_data *data)
{
	uint32_t n = count > MAX_VECTORS ? MAX_VECTORS : count;

	if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return vfio_irq_set(d->dev, index, start, count, flags,
				    data->fds, n * sizeof(int));
	if (flags & VFIO_IRQ_SET_DATA_BOOL)
		return vfio_irq_set(d->dev, index, start, count, flags,
				    data->bools, n);
	return vfio_irq_set(d->dev, index, start, count, flags, NULL, 0);
}

static void add_counts(struct dump *d, const struct irq_data *data)
{
	struct pollfd polled[MAX_VECTORS];
	int i;

	for (i = 0; i < MAX_VECTORS; i++)
		polled[i] = (struct pollfd){ data->fds[i], POLLIN, 0 };
	/* One call for all: most requests, of thousands, signal nothing. */
	if (poll(polled, MAX_VECTORS, 0) > 0)
		for (i = 0; i < MAX_VECTORS; i++)
			if (polled[i].revents)
				text_add(d->out, " [%d]=%llu", i,
					 (unsigned long long)
					 eventfd_take(data->fds[i], 0));
	text_add(d->out, "\n");
}

/* Names of the device's interrupts in /proc/interrupts, without numbers. */
static void add_interrupt_names(struct dump *d)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[4096];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		char *name = strstr(line, "vfio-");

		if (name && strstr(name, d->bdf))
			text_add(d->out, "    %s", name);
	}
	fclose(file);
}

static void disable_all(struct dump *d)
{
	uint32_t index;

	for (index = 0; index < VFIO_PCI_NUM_IRQS; index++)
		vfio_irq_disable(d->dev, index);
}

/* A state of the device: index that is enabled, none if negative. */
struct irq_state {
	int enabled;
	/* What is refused leaves the device in its state. */
	bool left;
};

static int enter(struct dump *d, struct irq_state *state,
		 const struct irq_data *data)
{
	int err = 0;

	if (!state->left)
		return 0;
	disable_all(d);
	if (state->enabled >= 0)
		err = vfio_irq_enable(d->dev, state->enabled, 0, 1, data->fds);
	state->left = err;
	return err;
}

static void try_ranges(struct dump *d, struct irq_state *state, uint32_t index,
		       uint32_t flags, const struct irq_data *data)
{
	int max = vfio_irq_count(d->dev, index);
	const uint32_t ranges[][2] = {
		{ 0, 0 }, { 0, 1 }, { 0, 2 }, { 1, 1 }, { 0, max },
		{ 0, max + 1 }, { max, 1 }, { ~0u, 1 }, { 1, ~0u },
	};
	size_t r;
	int err;

	for (r = 0; r < ARRAY_SIZE(ranges); r++) {
		/* The whole range only where the data is long enough. */
		if (ranges[r][1] > MAX_VECTORS && (int)ranges[r][1] <= max)
			continue;
		if (enter(d, state, data)) {
			dump_line(d, "state %d cannot be entered",
				  state->enabled);
			return;
		}
		err = request(d, index, ranges[r][0], ranges[r][1], flags, data);
		text_add(d->out, "state %d irq %u %u+%u flags %#x: %s",
			 state->enabled, index, ranges[r][0], ranges[r][1],
			 flags, errname(err));
		add_counts(d, data);
		if (err)
			continue;
		state->left = true;
		add_interrupt_names(d);
	}
}

static void try_requests(struct dump *d, struct irq_state *state,
			 uint32_t index, const struct irq_data *data)
{
	size_t a, k;

	for (a = 0; a < ARRAY_SIZE(actions); a++)
		for (k = 0; k < ARRAY_SIZE(kinds); k++)
			try_ranges(d, state, index, actions[a] | kinds[k], data);
}

static void bad_eventfds(struct dump *d, uint32_t index)
{
	int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int bad[] = { -1, -2, 9999, file, d->dev->fd };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		disable_all(d);
		dump_line(d, "irq %u with bad eventfd %zu: %s", index, i,
			  errname(vfio_irq_enable(d->dev, index, 0, 1, &bad[i])));
	}
	close(file);
}

/* Sizes that do not hold what the flags say. */
static void short_arguments(struct dump *d)
{
	uint32_t in[6] = {
		0, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		VFIO_PCI_REQ_IRQ_INDEX, 0, 1, ~0u,
	};
	char label[32];

	for (in[0] = 0; in[0] <= sizeof(in) + 4; in[0]++) {
		snprintf(label, sizeof(label), "argsz %u", in[0]);
		probe_ioctl(d, label, VFIO_DEVICE_SET_IRQS, in, sizeof(in));
	}
	in[0] = sizeof(in);
	probe_cut_off(d, "set irqs", VFIO_DEVICE_SET_IRQS, in, sizeof(in),
		      sizeof(in));
}

void dump_irq_setup(struct dump *d)
{
	struct irq_state state;
	struct irq_data data;
	uint32_t index;
	int i, enabled;

	for (i = 0; i < MAX_VECTORS; i++) {
		data.fds[i] = eventfd_new();
		data.bools[i] = i % 2 == 0;
	}
	for (enabled = -1; enabled < VFIO_PCI_NUM_IRQS; enabled++) {
		if (enabled >= 0 && vfio_irq_count(d->dev, enabled) < 1)
			continue;
		state = (struct irq_state){ .enabled = enabled, .left = true };
		for (index = 0; index < INDEXES; index++)
			try_requests(d, &state, index, &data);
	}
	for (index = 0; index < VFIO_PCI_NUM_IRQS; index++)
		bad_eventfds(d, index);
	short_arguments(d);
	disable_all(d);
	for (i = 0; i < MAX_VECTORS; i++)
		close(data.fds[i]);
}
