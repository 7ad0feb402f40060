// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a device that is to be bound to cxl_vfio_pci: passed through
 * with its memory, bound as plain PCI, or refused with an error number and a
 * sentence of its own. Whatever it is, the device afterwards is what it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "change.h"
#include "component.h"
#include "cxl_bind.h"
#include "kmsg.h"
#include "module.h"
#include "state.h"
#include "tap.h"
#include "user.h"

#define OUR_DRIVER "cxl_vfio_pci"
#define BIND_PATH "/sys/bus/pci/drivers/" OUR_DRIVER "/bind"
#define MESSAGE_MAX 512

/*
 * How long an access is left waiting, and how long a bind may take that does not
 * wait for the memory: less than any device here is given.
 */
#define WAIT_MS 500
#define PROMPT_MS 15000

static const char usage[] =
	"usage: vfio_cxl_bind_test [options] BDF EXPECTATION\n"
	"  -i ID               the emulated device, for -s (default: acc0)\n"
	"  -s PROPERTY=VALUE   change the emulated device before, and back after\n"
	"  -r OFFSET=VALUE     likewise a register of the HDM Decoder Capability\n"
	"  -2                  likewise commit decoder 1\n"
	"  -n                  leave out vfio-pci, which takes the decoders away\n"
	"  -R                  cxl-core keeps the region that it did not finish\n"
	"  -w BDF              another CXL device, in use all the while\n"
	"expectations:\n"
	"  cxl                 bound, memory passed through\n"
	"  plain               bound as plain PCI without a word\n"
	"  disabled            that, because of enable_cxl=0\n"
	"  refused ERRNO REGEX not bound, with a message that matches\n"
	"  waits PROP=VALUE    bound; the first access waits until the emulated device is so changed\n";

static const char *bdf;
static struct text before;
static bool region_stays;
static bool without_vfio_pci;
static int kmsg;

static int bind_device(void)
{
	int err = pci_set_override(bdf, OUR_DRIVER);

	return err ? err : file_write(BIND_PATH, bdf);
}

static void unbind_device(void)
{
	int err = pci_unbind(bdf);

	if (err)
		die("%s cannot be unbound: %s", bdf, errname(err));
}

/*
 * The message of the driver that starts with @start, without that; NULL if there
 * is none or more than one since the last look.
 */
static const char *message(const char *start)
{
	static char found[MESSAGE_MAX];
	struct text log = {};
	struct text_line line;
	const char *pos, *rest;
	char whole[MESSAGE_MAX], prefix[MESSAGE_MAX];
	unsigned int count = 0;

	kmsg_take(kmsg, &log);
	snprintf(prefix, sizeof(prefix), OUR_DRIVER " %s: %s", bdf, start);
	for (pos = log.data; text_next_line(&pos, &line);) {
		snprintf(whole, sizeof(whole), "%.*s", line.len, line.start);
		rest = strstr(whole, prefix);
		if (!rest)
			continue;
		snprintf(found, sizeof(found), "%s", rest + strlen(prefix));
		count++;
	}
	text_free(&log);
	return count == 1 ? found : NULL;
}

static void check_nothing_left(const char *after)
{
	struct text now = {};

	if (region_stays)
		tap_ok(state_delete_regions(&before) == 1,
		       "after %s a region is left, which can be deleted", after);
	state_take(bdf, &now);
	tap_ok(state_same(&before, &now),
	       "after %s claims, decoders, configuration are as before", after);
	text_free(&now);
}

static void check_vfio_pci(void)
{
	int err;

	if (without_vfio_pci)
		return;
	err = pci_bind(bdf, vfio_pci_driver.name);
	if (err)
		die("%s cannot be bound to %s: %s", bdf, vfio_pci_driver.name,
		    errname(err));
	user_check_plain(bdf, vfio_pci_driver.name);
	unbind_device();
	check_nothing_left("that");
}

static bool bind_cxl(const char *when)
{
	int err = bind_device();
	const char *said = message("CXL memory ");

	tap_ok(!err && said, "it is bound %s: %s", when,
	       err ? errname(err) : said ? said : "no message");
	return !err;
}

static void check_bound_cxl(const char *when)
{
	if (!bind_cxl(when))
		return;
	user_check_cxl(bdf);
	unbind_device();
	check_nothing_left("unbinding");
}

/* Nobody but an administrator does anything to it: a reset. */
static void check_never_opened(const char *when)
{
	if (!bind_cxl(when))
		return;
	pci_attr_write(bdf, "reset", "1");
	unbind_device();
	check_nothing_left("unbinding");
}

static void expect_cxl(void)
{
	/* Firmware may leave Memory Space off. */
	memory_space_set(bdf, false);
	text_clear(&before);
	state_take(bdf, &before);
	check_bound_cxl("without Memory Space");
	memory_space_set(bdf, true);
	text_clear(&before);
	state_take(bdf, &before);
	check_bound_cxl("a second time");
	check_vfio_pci();
	check_never_opened("a third time, and never opened");
}

static void check_bound_plain(const char *why)
{
	const char *said;
	int err = bind_device();

	said = message("");
	tap_ok(!err && !said, "it is bound as plain PCI%s: %s", why,
	       err ? errname(err) : said ? said : "no message");
	if (err)
		return;
	user_check_plain(bdf, OUR_DRIVER);
	user_check_kept(bdf);
	unbind_device();
	check_nothing_left("unbinding");
}

static void expect_disabled(void)
{
	if (module_set_param(OUR_DRIVER, "enable_cxl", "0"))
		die("enable_cxl cannot be set");
	check_bound_plain(" with enable_cxl=0");
	module_set_param(OUR_DRIVER, "enable_cxl", "1");
	check_bound_cxl("with enable_cxl=1");
}

static bool matches(const char *said, const char *pattern)
{
	regex_t regex;
	bool match;

	if (!said)
		return false;
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		die("'%s' is no regular expression", pattern);
	match = !regexec(&regex, said, 0, NULL, 0);
	regfree(&regex);
	return match;
}

static void check_refused(const char *want, const char *pattern)
{
	int err = bind_device();
	const char *said = message("not bound: ");

	tap_ok(!strcmp(errname(err), want), "it is refused with %s, want %s",
	       errname(err), want);
	tap_ok(matches(said, pattern), "the kernel says: %s",
	       said ? said : "not one sentence");
	check_nothing_left("that");
	/* The way of tools, which hides the number. */
	pci_probe(bdf);
	said = message("not bound: ");
	tap_ok(matches(said, pattern) && !pci_driver_is(bdf, OUR_DRIVER),
	       "it is refused as well when the PCI core looks for a driver");
	check_nothing_left("that");
}

/* After a probe that failed nobody keeps the function awake, whose decoder is looked at all the same. */
static void check_refused_asleep(const char *want)
{
	struct text log = {};
	int err;

	pci_attr_write(bdf, "power/control", "auto");
	err = bind_device();
	kmsg_take(kmsg, &log);
	tap_ok(!strcmp(errname(err), want) &&
	       !strstr(log.data, "not as firmware left it"),
	       "where it may sleep it is refused with %s, want %s",
	       errname(err), want);
	text_free(&log);
	pci_attr_write(bdf, "power/control", "on");
	check_nothing_left("that");
}

static void expect_refused(const char *want, const char *pattern)
{
	bool changed;

	check_refused(want, pattern);
	check_refused_asleep(want);
	memory_space_set(bdf, false);
	text_clear(&before);
	state_take(bdf, &before);
	check_refused(want, pattern);
	region_stays = false;
	changed = change_back(bdf);
	memory_space_set(bdf, true);
	text_clear(&before);
	state_take(bdf, &before);
	check_vfio_pci();
	if (changed)
		check_bound_cxl("as soon as it is in order");
}

/* Neither binding nor opening waits for memory that is not ready: the first access does. */
static void expect_waits(const char *property)
{
	int64_t start = now_ms(), took;
	int err, changes[2];
	pid_t child;
	char byte;

	err = bind_device();
	took = now_ms() - start;
	tap_ok(!err && took < PROMPT_MS, "it is bound in %lld ms: %s",
	       (long long)took, errname(err));
	if (err)
		return;
	if (pipe2(changes, O_NONBLOCK))
		die("no pipe: %s", errname(errno));
	child = fork();
	if (!child) {
		sleep_ms(WAIT_MS);
		/* Not after: the access may end before this process goes on. */
		if (write(changes[1], "", 1) != 1)
			_exit(1);
		change_property(property);
		_exit(0);
	}
	user_check_cxl(bdf);
	tap_ok(read(changes[0], &byte, 1) == 1,
	       "the first access waits until it is ready");
	waitpid(child, NULL, 0);
	unbind_device();
}

static void run(int argc, char **argv)
{
	const char *expect = argv[0];

	if (argc == 1 && !strcmp(expect, "cxl"))
		expect_cxl();
	else if (argc == 1 && !strcmp(expect, "plain"))
		check_bound_plain("");
	else if (argc == 1 && !strcmp(expect, "disabled"))
		expect_disabled();
	else if (argc == 2 && !strcmp(expect, "waits"))
		expect_waits(argv[1]);
	else if (argc == 3 && !strcmp(expect, "refused"))
		expect_refused(argv[1], argv[2]);
	else
		die("%s", usage);
}

static void prepare(const char *device)
{
	if (driver_ensure(&cxl_vfio_pci_driver) ||
	    driver_ensure(&vfio_pci_driver))
		die("the modules cannot be loaded");
	cxl_let_copy();
	pci_restore_at_exit(device);
	if (pci_unbind(device))
		die("%s cannot be unbound", device);
}

static void start_witness(const char *other)
{
	int err;

	prepare(other);
	err = pci_bind(other, OUR_DRIVER);
	if (err)
		die("%s cannot be bound: %s", other, errname(err));
	witness_start(other);
}

int main(int argc, char **argv)
{
	const char *other = NULL;
	int opt;

	while ((opt = getopt(argc, argv, "+i:s:r:2nRw:")) != -1) {
		if (opt == 'w')
			other = optarg;
		else if (opt == 'n')
			without_vfio_pci = true;
		else if (opt == 'R')
			region_stays = true;
		else if (!change_option(opt, optarg))
			die("%s", usage);
	}
	if (argc - optind < 2)
		die("%s", usage);
	bdf = argv[optind];
	pci_check_args(optind + 1, argv, optind);
	prepare(bdf);
	/* Firmware may leave it off, and whoever opens a function leaves it on. */
	memory_space_set(bdf, true);
	if (other)
		start_witness(other);
	change_make(bdf);
	tap_header();
	kmsg = kmsg_open();
	state_take(bdf, &before);
	run(argc - optind - 1, argv + optind + 1);
	change_back(bdf);
	if (other)
		witness_check();
	tap_finish();
}
