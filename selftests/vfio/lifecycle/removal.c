// SPDX-License-Identifier: GPL-2.0
/* Taking a driver or its module away while somebody has the device open. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "background.h"
#include "irq.h"
#include "lifecycle.h"

static void on_signal(int sig)
{
}

/*
 * An unbind waits for the user, who is told through the request interrupt, and
 * goes on when the device is closed.
 */
static void unbind_waits(struct lifecycle *l, bool with_request)
{
	int kmsg = kmsg_open(), request = eventfd_new();
	const char *how = with_request ? "with" : "without";
	const char *asks = with_request ?
		"Relaying device request to user" :
		"No device request channel registered";
	char name[PCI_NAME_SIZE];
	struct background unbind = { .run = pci_unbind, .what = l->bdf };
	struct text log = {};
	struct vfio_dev dev;
	bool waits;

	must_bind(l->bdf, l->driver);
	vfio_dev_must_open(&dev, l->bdf, VFIO_MODE_CONTAINER);
	if (with_request)
		expect(l, !vfio_irq_enable(&dev, VFIO_PCI_REQ_IRQ_INDEX, 0, 1,
					   &request),
		       "the request interrupt is enabled");

	background_start(&unbind);
	if (with_request)
		expect(l, eventfd_take(request, FREED_MS) == 1,
		       "an unbind asks the user for the device");
	waits = !background_done(&unbind, BLOCKED_MS);
	expect(l, waits, "an unbind %s request interrupt waits", how);
	fact(l, "driver meanwhile: \"%s\"",
	     pci_driver(l->bdf, name, sizeof(name)));
	fact(l, "user still reads %x", vfio_config_read(&dev, 0, 4));
	fact(l, "new opens give %s", errname(vfio_group_open(l->bdf)));

	/* Before it says that, a signal is over before the task waits. */
	fact(l, "asks for the device in the log: %d",
	     kmsg_wait(kmsg, &log, asks, FREED_MS));
	/* A signal does not end the waiting, and is noted. */
	pthread_kill(unbind.thread, SIGUSR1);
	expect(l, kmsg_wait(kmsg, &log, "blocked until device is released",
			    FREED_MS), "a signal to the waiting task is noted");
	expect(l, !background_done(&unbind, 0), "the unbind goes on waiting");

	vfio_dev_close(&dev);
	expect(l, background_done(&unbind, FREED_MS),
	       "the unbind ends when the user closes the device");
	expect(l, !background_result(&unbind) && pci_driver_is(l->bdf, ""),
	       "the device has no driver then");
	text_free(&log);
	close(request);
	close(kmsg);
}

static void unbinding(struct lifecycle *l)
{
	unbind_waits(l, true);
	unbind_waits(l, false);
	must_bind(l->bdf, l->driver);
	expect(l, pci_driver_is(l->bdf, l->driver->name),
	       "the device can be bound again");
}

/*
 * Try to unload while @dev is open. A driver that does not refuse waits for
 * this very user, who then has to let go.
 */
static void unload_open(struct lifecycle *l, struct vfio_dev *dev,
			const char *when)
{
	struct background unload = { .run = module_unload,
				     .what = l->driver->module };
	bool refused;

	background_start(&unload);
	refused = background_done(&unload, FREED_MS) &&
		  unload.result == -EWOULDBLOCK;
	if (!refused)
		vfio_dev_close(dev);
	expect(l, refused, "unloading is refused while %s: %s", when,
	       errname(background_result(&unload)));
	if (refused)
		return;
	must_reload(l->driver, "");
	must_bind(l->bdf, l->driver);
	vfio_dev_must_open(dev, l->bdf, VFIO_MODE_CONTAINER);
}

/* A module stays while one of its devices is open, and only then. */
static void module_stays(struct lifecycle *l)
{
	struct vfio_dev dev;
	int err, copy;

	must_bind(l->bdf, l->driver);
	vfio_dev_must_open(&dev, l->bdf, VFIO_MODE_CONTAINER);
	unload_open(l, &dev, "the device is open");
	expect(l, module_loaded(l->driver->module) &&
	       pci_driver_is(l->bdf, l->driver->name),
	       "the device keeps its driver");

	/* Another descriptor of the same file is as good a reason. */
	copy = dup(dev.fd);
	close(dev.fd);
	dev.fd = copy;
	unload_open(l, &dev, "a copy is open");
	vfio_dev_close(&dev);

	err = module_unload(l->driver->module);
	expect(l, !err, "unloading succeeds when the device is closed: %s",
	       errname(err));
	expect(l, pci_driver_is(l->bdf, ""), "the device has no driver then");
	must_reload(l->driver, "");
	must_bind(l->bdf, l->driver);
}

/* The last user goes with its process, however that ends. */
static void killed_user(struct lifecycle *l)
{
	struct vfio_dev dev;
	int ready[2];
	char byte;
	pid_t pid;

	must_bind(l->bdf, l->driver);
	if (pipe(ready))
		die("no pipe");
	pid = fork();
	if (!pid) {
		vfio_dev_must_open(&dev, l->bdf, VFIO_MODE_CONTAINER);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &byte, 1) != 1)
		die("the process that is to open %s did not", l->bdf);
	close(ready[0]);
	kill(pid, SIGKILL);
	expect(l, !pci_unbind(l->bdf),
	       "the device can be unbound from under a killed process");
	must_bind(l->bdf, l->driver);
}

void test_removal(struct lifecycle *l)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	under_both(l, "unbinding an open device", unbinding);
	under_both(l, "unloading with an open device", module_stays);
	under_both(l, "a user that is killed", killed_user);
}
