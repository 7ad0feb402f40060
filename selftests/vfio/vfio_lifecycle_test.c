// SPDX-License-Identifier: GPL-2.0
/*
 * Binding, unbinding, loading and unloading of cxl_vfio_pci are as with
 * vfio-pci: the same scenario runs under both drivers, and what it finds is
 * compared. Both modules are loaded and unloaded on the way, so nothing else
 * may use them. A CXL device is bound as plain PCI.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lifecycle.h"

static const struct section {
	const char *name;
	void (*run)(struct lifecycle *l);
} sections[] = {
	{ "binding", test_binding },
	{ "removal", test_removal },
	{ "params", test_params },
	{ "sriov", test_sriov },
	{ "layout", test_layout },
	{ "leak", test_leak },
};

bool expect(struct lifecycle *l, bool ok, const char *fmt, ...)
{
	char what[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	fact(l, "%s %s", ok ? "ok" : "not ok", what);
	return tap_ok(ok, "%s: %s", l->driver->name, what);
}

void must_bind(const char *bdf, const struct vfio_driver *driver)
{
	int err = pci_bind(bdf, driver->name);

	if (err)
		die("%s cannot be bound to %s: %s", bdf, driver->name,
		    errname(err));
}

void must_reload(const struct vfio_driver *driver, const char *params)
{
	char all[512];
	int err;

	/* What vfio-pci does not know is not part of the comparison. */
	snprintf(all, sizeof(all), "%s%s", driver == &cxl_vfio_pci_driver ?
		 "enable_cxl=0 " : "", params);
	err = driver_reload(driver, all);
	if (err)
		die("module %s cannot be loaded anew with \"%s\": %s",
		    driver->module, all, errname(err));
}

static void show(void *arg, const struct text_line *theirs,
		 const struct text_line *ours)
{
	if (theirs)
		tap_note("  %s: %.*s", vfio_pci_driver.name, theirs->len,
			 theirs->start);
	if (ours)
		tap_note("  %s: %.*s", cxl_vfio_pci_driver.name, ours->len,
			 ours->start);
}

void under_both(struct lifecycle *l, const char *what,
		void (*scenario)(struct lifecycle *l))
{
	struct text theirs = {}, ours = {};

	l->driver = &vfio_pci_driver;
	l->facts = &theirs;
	scenario(l);
	pci_unbind(l->bdf);
	l->driver = &cxl_vfio_pci_driver;
	l->facts = &ours;
	scenario(l);
	pci_unbind(l->bdf);
	/* Each driver has its own name. */
	text_replace(&ours, cxl_vfio_pci_driver.name, vfio_pci_driver.name);
	tap_ok(!text_compare(&theirs, &ours, show, NULL),
	       "%s: %zu facts are the same under both drivers", what,
	       text_lines(&theirs));
	text_free(&theirs);
	text_free(&ours);
}

static _Noreturn void print_usage(int status)
{
	size_t i;

	printf("usage: vfio_lifecycle_test [-n CYCLES] [-s SECTION]... BDF [BDF]\n"
	       "sections:");
	for (i = 0; i < ARRAY_SIZE(sections); i++)
		printf(" %s", sections[i].name);
	printf("\n");
	exit(status);
}

static unsigned int parse_sections(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sections); i++)
		if (!strcmp(name, sections[i].name))
			return 1u << i;
	die("there is no section %s", name);
}

int main(int argc, char **argv)
{
	struct lifecycle l = { .cycles = 200 };
	unsigned int wanted = 0;
	struct text log = {};
	const char *splat;
	int opt, kmsg;
	size_t i;

	while ((opt = getopt(argc, argv, "hn:s:")) != -1) {
		switch (opt) {
		case 'n':
			l.cycles = strtoul(optarg, NULL, 0);
			break;
		case 's':
			wanted |= parse_sections(optarg);
			break;
		default:
			print_usage(opt == 'h' ? EXIT_SUCCESS : EXIT_FAILURE);
		}
	}
	pci_check_args(argc, argv, optind);
	if (argc - optind > 2)
		print_usage(EXIT_FAILURE);
	l.bdf = argv[optind];
	l.other = argv[optind + 1];
	if (driver_ensure(&vfio_pci_driver) ||
	    driver_ensure(&cxl_vfio_pci_driver))
		die("a driver cannot be loaded");

	tap_header();
	kmsg = kmsg_open();
	pci_restore_at_exit(l.bdf);
	if (l.other)
		pci_restore_at_exit(l.other);
	for (i = 0; i < ARRAY_SIZE(sections); i++)
		if (!wanted || wanted & 1u << i)
			sections[i].run(&l);
	kmsg_take(kmsg, &log);
	splat = kmsg_splat(&log);
	tap_ok(!splat, "the kernel reports no bug%s%s", splat ? ": " : "",
	       splat ? splat : "");
	text_free(&log);
	tap_finish();
}
