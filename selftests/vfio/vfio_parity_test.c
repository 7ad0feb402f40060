// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is no CXL device behaves under cxl_vfio_pci exactly as it does
 * under vfio-pci: dump it under vfio-pci, under ours, and under vfio-pci again.
 * The third dump must equal the first: else the device answers differently each
 * time, which would prove nothing, or ours did not give it back as it was.
 *
 * It resets the device in every way that there is. A CXL device loses what the
 * firmware configured, and has it again after the next reboot.
 *
 *	vfio_parity_test BDF...
 *	vfio_parity_test -s SECTION... BDF...
 *
 * With -s a device may be bound with its CXL memory: the sections named are
 * those in which that makes no difference. Ours comes first then, because
 * vfio-pci does not put back what a reset takes.
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

static bool same(const struct text *a, const struct text *b, const char *name_a,
		 const char *name_b)
{
	struct shown shown = { name_a, name_b, 0 };
	size_t differences = text_compare(a, b, show, &shown);

	if (differences > MAX_SHOWN)
		tap_note("  %zu more differences", differences - MAX_SHOWN);
	return !differences;
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

static void compare_device(const char *bdf, enum vfio_mode mode)
{
	const char *theirs = vfio_pci_driver.name;
	const char *ours = cxl_vfio_pci_driver.name;
	struct dump_result first, second, third;
	struct text log = {};
	int kmsg = kmsg_open();
	unsigned int i;
	const char *splat;

	/*
	 * The first hot reset takes what firmware set up and no kernel restores.
	 * The device is the same before each dump with that behind it.
	 */
	dump_under(&vfio_pci_driver, bdf, mode, "hot-reset", &first);
	dump_free(&first);

	dump_under(&vfio_pci_driver, bdf, mode, NULL, &first);
	dump_under(&cxl_vfio_pci_driver, bdf, mode, NULL, &second);
	dump_under(&vfio_pci_driver, bdf, mode, NULL, &third);

	for (i = 0; i < dump_section_count; i++) {
		bool equal, stable = !text_compare(&first.text[i],
						   &third.text[i], NULL, NULL);

		if (!stable) {
			tap_ok(false, "%s %s: %s, not the same under %s before and after %s",
			       bdf, vfio_mode_name(mode), dump_sections[i].name,
			       theirs, ours);
			same(&first.text[i], &third.text[i], "before", "after");
			continue;
		}
		equal = same(&first.text[i], &second.text[i], theirs, ours);
		tap_ok(equal && first.text[i].len, "%s %s: %s, %zu lines", bdf,
		       vfio_mode_name(mode), dump_sections[i].name,
		       text_lines(&first.text[i]));
	}
	kmsg_take(kmsg, &log);
	splat = kmsg_splat(&log);
	tap_ok(!splat, "%s %s: the kernel reports no bug%s%s", bdf,
	       vfio_mode_name(mode), splat ? ": " : "", splat ? splat : "");
	text_free(&log);
	dump_free(&first);
	dump_free(&second);
	dump_free(&third);
}

static unsigned int find_section(const char *name)
{
	unsigned int i;

	for (i = 0; i < dump_section_count; i++)
		if (!strcmp(dump_sections[i].name, name))
			return i;
	die("there is no section %s", name);
}

static void compare_section(const char *bdf, enum vfio_mode mode,
			    const char *name)
{
	unsigned int i = find_section(name);
	struct dump_result ours, theirs;
	bool equal;

	dump_under(&cxl_vfio_pci_driver, bdf, mode, name, &ours);
	dump_under(&vfio_pci_driver, bdf, mode, name, &theirs);
	equal = same(&theirs.text[i], &ours.text[i], vfio_pci_driver.name,
		     cxl_vfio_pci_driver.name);
	tap_ok(equal && theirs.text[i].len, "%s %s: %s, %zu lines", bdf,
	       vfio_mode_name(mode), name, text_lines(&theirs.text[i]));
	dump_free(&ours);
	dump_free(&theirs);
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
				compare_section(argv[i], mode, sections[s]);
		}
	}
	tap_finish();
}
