// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own tools/testing/selftests/vfio programs, under vfio-pci and
 * under cxl_vfio_pci: they pass under both, with the same results.
 *
 * The programs are looked for in the folder kernel/ beside this one, or beside
 * this one. With -q, tests that take long and repeat others are left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module.h"
#include "pci.h"
#include "tap.h"
#include "text.h"
#include "vfio_dev.h"

#define EXIT_SKIP 4
#define MAX_ARGS 64

static bool quick;

/*
 * Each test of vfio_pci_driver_test pins and clears 1 GiB. These two do what
 * the other ones do, too; the options that come first decide.
 */
static char *const quick_driver_test[] = {
	"-V", "vfio_type1_iommu", "-V", "iommufd_compat_type1",
	"-V", "iommufd_compat_type1v2",
	"-t", "mix_and_match", "-t", "memcpy_storm", NULL,
};

static const struct program {
	const char *name;
	bool iommufd_only;
	bool sriov;
	char *const *quick;	/* options when there is little time */
} programs[] = {
	{ .name = "vfio_pci_device_test" },
	{ .name = "vfio_pci_device_init_perf_test" },
	{ .name = "vfio_dma_mapping_test" },
	{ .name = "vfio_dma_mapping_mmio_test" },
	{ .name = "vfio_pci_driver_test", .quick = quick_driver_test },
	{ .name = "vfio_pci_sriov_uapi_test", .sriov = true },
	{ .name = "vfio_iommufd_setup_test", .iommufd_only = true },
};

/* What one run said: result lines, and everything for when it went wrong. */
struct run {
	struct text all;
	struct text results;
	int status;
};

static bool find_program(const char *name, char *path, size_t size)
{
	char self[PATH_MAX] = {};
	const char *folder;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return false;
	folder = dirname(self);
	snprintf(path, size, "%s/kernel/%s", folder, name);
	if (!access(path, X_OK))
		return true;
	snprintf(path, size, "%s/%s", folder, name);
	return !access(path, X_OK);
}

static int run_program(char *const *argv, struct text *out)
{
	int fds[2], status = -1;
	char buf[4096];
	pid_t pid;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC))
		die("no pipe: %s", errname(errno));
	pid = fork();
	if (pid < 0)
		die("no process: %s", errname(errno));
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf, sizeof(buf))) > 0)
		text_add(out, "%.*s", (int)n, buf);
	close(fds[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * Options that leave out the variants that need iommufd, which the programs
 * name after it.
 */
static int exclude_iommufd(char *path, char *bdf, char **argv, int argc,
			   struct text *names)
{
	char *const list[] = { path, "-l", bdf, NULL };
	char *word, *save;

	run_program(list, names);
	for (word = strtok_r(names->data, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		if (strncmp(word, "iommufd", 7) || argc + 16 > MAX_ARGS)
			continue;
		argv[argc++] = "-V";
		argv[argc++] = word;
	}
	return argc;
}

/* Lines that say how a test ended; their wording is the same each time. */
static void keep_results(struct run *run)
{
	const char *pos = run->all.data;
	struct text_line line;

	while (text_next_line(&pos, &line))
		if (!strncmp(line.start, "ok ", 3) ||
		    !strncmp(line.start, "not ok ", 7))
			text_add(&run->results, "%.*s\n", line.len, line.start);
}

static void run_under(const struct vfio_driver *driver,
		      const struct program *program, char *path, char *bdf,
		      struct run *run)
{
	char *argv[MAX_ARGS] = { path };
	char *const *option;
	struct text names = {};
	char sriov[PCI_NAME_SIZE];
	int argc = 1, err;

	memset(run, 0, sizeof(*run));
	err = pci_bind(bdf, driver->name);
	if (err)
		die("%s cannot be bound to %s: %s", bdf, driver->name,
		    errname(err));
	module_param(driver->module, "enable_sriov", sriov, sizeof(sriov));
	if (program->sriov)
		module_set_param(driver->module, "enable_sriov", "Y");
	setenv("VFIO_SELFTESTS_DRIVER", driver->name, 1);

	if (!vfio_mode_available(VFIO_MODE_CDEV))
		argc = exclude_iommufd(path, bdf, argv, argc, &names);
	for (option = program->quick; quick && option && *option; option++)
		argv[argc++] = *option;
	argv[argc++] = bdf;
	run->status = run_program(argv, &run->all);
	keep_results(run);

	if (program->sriov)
		module_set_param(driver->module, "enable_sriov", sriov);
	text_free(&names);
}

static void show(const struct run *run)
{
	const char *pos = run->all.data;
	struct text_line line;

	while (text_next_line(&pos, &line))
		tap_note("  %.*s", line.len, line.start);
}

static bool passed(const struct run *run)
{
	return (run->status == 0 || run->status == EXIT_SKIP) &&
	       (!run->results.len || !strstr(run->results.data, "not ok "));
}

static void test_program(const struct program *program, char *bdf)
{
	char path[PATH_MAX];
	struct run theirs, ours;

	if (program->iommufd_only && !vfio_mode_available(VFIO_MODE_CDEV)) {
		tap_skip("no iommufd in this kernel", "%s", program->name);
		return;
	}
	if (!find_program(program->name, path, sizeof(path))) {
		tap_ok(false, "%s is not installed", program->name);
		return;
	}
	run_under(&vfio_pci_driver, program, path, bdf, &theirs);
	run_under(&cxl_vfio_pci_driver, program, path, bdf, &ours);

	if (theirs.status == EXIT_SKIP && ours.status == EXIT_SKIP) {
		tap_skip("not for this device", "%s", program->name);
	} else {
		if (!tap_ok(passed(&theirs), "%s passes under %s, %zu tests",
			    program->name, vfio_pci_driver.name,
			    text_lines(&theirs.results)))
			show(&theirs);
		if (!tap_ok(passed(&ours) && ours.status == theirs.status &&
			    !text_compare(&theirs.results, &ours.results, NULL,
					  NULL),
			    "%s passes in the same way under %s, %zu tests",
			    program->name, cxl_vfio_pci_driver.name,
			    text_lines(&ours.results)))
			show(&ours);
	}
	text_free(&theirs.all);
	text_free(&theirs.results);
	text_free(&ours.all);
	text_free(&ours.results);
}

int main(int argc, char **argv)
{
	char *bdf;
	size_t i;

	quick = argc > 1 && !strcmp(argv[1], "-q");
	pci_check_args(argc, argv, 1 + quick);
	if (argc != 2 + quick)
		die("give one device");
	bdf = argv[1 + quick];
	if (driver_ensure(&vfio_pci_driver) ||
	    driver_ensure(&cxl_vfio_pci_driver))
		die("a driver cannot be loaded");
	tap_header();
	pci_restore_at_exit(bdf);
	for (i = 0; i < ARRAY_SIZE(programs); i++)
		test_program(&programs[i], bdf);
	tap_finish();
}
