// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is no CXL device behaves under cxl_vfio_pci exactly as it does
 * under vfio-pci: dump it under ours, then under vfio-pci. A device that ours
 * does not give back as it was differs in the second dump as well.
 *
 * It resets the device in every way that there is. A CXL device loses what the
 * firmware configured, and has it again after the next reboot.
 *
 *	vfio_parity_test BDF...
 *	vfio_parity_test -s SECTION... BDF...
 *
 * With -s a device may be bound with its CXL memory: the sections named are
 * those in which that makes no difference. That ours comes first matters then,
 * too: vfio-pci does not put back what a reset takes.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump.h"
#include "kmsg.h"
#include "module.h"
#include "tap.h"

/* More pairs than this say no more about a section. */
#define MAX_SHOWN 10

struct shown {
	const char *name_a, *name_b;
	unsigned int count;
};

static void show_line(const char *name, const struct text_line *line)
{
	if (line)
		tap_note("  %s: %.*s", name, line->len, line->start);
	else
		tap_note("  %s: no such line", name);
}

static void show(void *arg, const struct text_line *a, const struct text_line *b)
{
	struct shown *shown = arg;

	if (++shown->count > MAX_SHOWN)
		return;
	show_line(shown->name_a, a);
	show_line(shown->name_b, b);
}

static void show_differences(const struct text *a, const struct text *b,
			     const char *name_a, const char *name_b)
{
	struct shown shown = { name_a, name_b, 0 };
	size_t differences = text_compare(a, b, show, &shown);

	if (differences > MAX_SHOWN)
		tap_note("  %zu more differences", differences - MAX_SHOWN);
}

static void dump_under(const struct vfio_driver *driver, const char *bdf,
		       enum vfio_mode mode, const char *only,
		       struct dump_result *result)
{
	int err = pci_bind(bdf, driver->name);

	if (err)
		die("%s cannot be bound to %s: %s", bdf, driver->name,
		    errname(err));
	dump_device(bdf, mode, only, result);
	err = pci_unbind(bdf);
	if (err)
		die("%s cannot be unbound from %s: %s", bdf, driver->name,
		    errname(err));
}

static bool equal(const struct dump_result *a, const struct dump_result *b)
{
	unsigned int i;

	for (i = 0; i < dump_section_count; i++)
		if (text_compare(&a->text[i], &b->text[i], NULL, NULL))
			return false;
	return true;
}

/* @again is what @theirs was once more, asked for if it differs from @ours. */
static void judge_section(const char *bdf, enum vfio_mode mode, const char *name,
			  const struct text *ours, const struct text *theirs,
			  const struct text *again)
{
	if (!text_compare(ours, theirs, NULL, NULL)) {
		tap_ok(ours->len, "%s %s: %s, %zu lines", bdf,
		       vfio_mode_name(mode), name, text_lines(ours));
	} else if (text_compare(theirs, again, NULL, NULL)) {
		/* Equal texts would prove nothing about such a device. */
		tap_ok(false, "%s %s: %s, not the same under %s twice after %s",
		       bdf, vfio_mode_name(mode), name, vfio_pci_driver.name,
		       cxl_vfio_pci_driver.name);
		show_differences(theirs, again, "first", "second");
	} else {
		tap_ok(false, "%s %s: %s, not the same under both", bdf,
		       vfio_mode_name(mode), name);
		show_differences(theirs, ours, vfio_pci_driver.name,
				 cxl_vfio_pci_driver.name);
	}
}

/* Compare all sections, or the one named @only. */
static void compare(const char *bdf, enum vfio_mode mode, const char *only)
{
	struct dump_result ours, theirs, again = {};
	unsigned int i;

	dump_under(&cxl_vfio_pci_driver, bdf, mode, only, &ours);
	dump_under(&vfio_pci_driver, bdf, mode, only, &theirs);
	if (!equal(&ours, &theirs))
		dump_under(&vfio_pci_driver, bdf, mode, only, &again);
	for (i = 0; i < dump_section_count; i++) {
		const char *name = dump_sections[i].name;

		if (!only || !strcmp(only, name))
			judge_section(bdf, mode, name, &ours.text[i],
				      &theirs.text[i], &again.text[i]);
	}
	dump_free(&ours);
	dump_free(&theirs);
	dump_free(&again);
}

static void compare_device(const char *bdf, enum vfio_mode mode)
{
	struct dump_result reset;
	struct text log = {};
	int kmsg = kmsg_open();
	const char *splat;

	/*
	 * The first hot reset takes what firmware set up and no kernel restores.
	 * The device is the same before each dump with that behind it.
	 */
	dump_under(&vfio_pci_driver, bdf, mode, "hot-reset", &reset);
	dump_free(&reset);

	compare(bdf, mode, NULL);
	kmsg_take(kmsg, &log);
	splat = kmsg_splat(&log);
	tap_ok(!splat, "%s %s: the kernel reports no bug%s%s", bdf,
	       vfio_mode_name(mode), splat ? ": " : "", splat ? splat : "");
	text_free(&log);
}

int main(int argc, char **argv)
{
	const char *sections[DUMP_MAX_SECTIONS];
	unsigned int count = 0, s;
	static const struct vfio_driver *const drivers[] = {
		&vfio_pci_driver, &cxl_vfio_pci_driver,
	};
	size_t d;
	int i, mode, opt;

	while ((opt = getopt(argc, argv, "s:")) != -1) {
		if (opt != 's' || count == DUMP_MAX_SECTIONS)
			die("usage: vfio_parity_test [-s SECTION]... BDF...");
		dump_check_section(optarg);
		sections[count++] = optarg;
	}
	pci_check_args(argc, argv, optind);
	for (d = 0; d < ARRAY_SIZE(drivers); d++)
		if (driver_ensure(drivers[d]))
			die("module %s cannot be loaded", drivers[d]->module);
	tap_header();
	for (i = optind; i < argc; i++) {
		pci_restore_at_exit(argv[i]);
		for (mode = 0; mode < VFIO_MODES; mode++) {
			if (!vfio_mode_available(mode))
				tap_skip("not in this kernel", "%s %s",
					 argv[i], vfio_mode_name(mode));
			else if (!count)
				compare_device(argv[i], mode);
			for (s = 0; vfio_mode_available(mode) && s < count; s++)
				compare(argv[i], mode, sections[s]);
		}
	}
	tap_finish();
}
