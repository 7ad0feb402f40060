// SPDX-License-Identifier: GPL-2.0
/*
 * Measures the driver, beside vfio-pci where it does the same:
 *
 *	vfio_bench [-n RUNS] [-s SUITE]... [-b BAR_BDF] [-p PCI_BDF] CXL_BDF [OTHER_BDF...]
 *	vfio_bench -m CXL_BDF...
 *	vfio_bench -a [-n RUNS] CXL_BDF...
 *
 * Suites are map, fault, bandwidth, clear, access, command, life, guest, start and wide; all of them if none is named.
 * The device after -p is like CXL_BDF: access and command measure it under vfio-pci. The other
 * devices are open all the while. With -m it measures the memory that the devices take, and
 * with -a what becomes of their lives if all are used at once.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static const struct {
	const char *name;
	void (*run)(const struct bench *bench);
} suites[] = {
	{ "map", bench_map },
	{ "fault", bench_fault },
	{ "bandwidth", bench_bandwidth },
	{ "clear", bench_clear },
	{ "access", bench_access },
	{ "command", bench_command },
	{ "life", bench_life },
	{ "guest", bench_guest },
	{ "start", bench_start },
	{ "wide", bench_wide },
};

const char *side_name(enum side side)
{
	return side == SIDE_CXL ? "cxl" : "pci";
}

void side_bind(const char *bdf, enum side side)
{
	const struct vfio_driver *driver = side == SIDE_CXL ?
					   &cxl_vfio_pci_driver :
					   &vfio_pci_driver;
	int err = pci_bind(bdf, driver->name);

	if (err)
		die("%s cannot be bound to %s: %s", bdf, driver->name,
		    errname(err));
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

uint64_t median(uint64_t *ns, unsigned int count)
{
	qsort(ns, count, sizeof(*ns), compare);
	return ns[count / 2];
}

void sample(double value, const char *name, ...)
{
	va_list args;

	printf("sample ");
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	printf(" %.17g\n", value);
	fflush(stdout);
}

/* Open @count devices. */
static struct cxl_dev *open_all(char **bdfs, int count)
{
	struct cxl_dev *devs = xcalloc(count, sizeof(*devs));

	for (int i = 0; i < count; i++) {
		side_bind(bdfs[i], SIDE_CXL);
		cxl_dev_open(&devs[i], bdfs[i]);
	}
	return devs;
}

int main(int argc, char **argv)
{
	struct bench bench = { .runs = 5 };
	bool named = false, memory = false, at_once = false;
	bool wanted[ARRAY_SIZE(suites)] = {};
	struct cxl_dev *others;
	int opt, count;

	while ((opt = getopt(argc, argv, "n:s:b:p:ma")) != -1) {
		switch (opt) {
		case 'n':
			bench.runs = atoi(optarg);
			break;
		case 'b':
			bench.bar = optarg;
			break;
		case 'p':
			bench.pci = optarg;
			break;
		case 'm':
			memory = true;
			break;
		case 'a':
			at_once = true;
			break;
		case 's':
			named = true;
			for (unsigned int i = 0; i < ARRAY_SIZE(suites); i++)
				wanted[i] |= !strcmp(optarg, suites[i].name);
			break;
		default:
			die("usage: vfio_bench [-n RUNS] [-s SUITE]... [-b BAR_BDF] [-p PCI_BDF] CXL_BDF [OTHER_BDF...], or -m or -a CXL_BDF...");
		}
	}
	pci_check_args(argc, argv, optind);
	if (optind >= argc || !bench.runs)
		die("no device, or no run");
	if (driver_ensure(&cxl_vfio_pci_driver) || driver_ensure(&vfio_pci_driver))
		die("the drivers cannot be loaded");
	for (int i = optind; i < argc; i++)
		pci_restore_at_exit(argv[i]);
	if (memory) {
		bench_memory((const char * const *)argv + optind, argc - optind);
		return 0;
	}
	if (at_once) {
		bench_scale((const char * const *)argv + optind, argc - optind, bench.runs);
		return 0;
	}
	bench.cxl = argv[optind];
	count = argc - optind - 1;
	others = open_all(argv + optind + 1, count);
	if (bench.bar)
		pci_restore_at_exit(bench.bar);
	if (bench.pci)
		pci_restore_at_exit(bench.pci);
	for (unsigned int i = 0; i < ARRAY_SIZE(suites); i++)
		if (!named || wanted[i])
			suites[i].run(&bench);
	/* They cannot be given back while they are open. */
	while (count)
		cxl_dev_close(&others[--count]);
	free(others);
	return 0;
}
