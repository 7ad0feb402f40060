// SPDX-License-Identifier: GPL-2.0
/*
 * Print everything that a user can observe of a device that is bound to a VFIO
 * driver. Two drivers that are the same give the same text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump.h"

static _Noreturn void print_usage(int status)
{
	unsigned int i;

	printf("usage: vfio_parity_dump [-m container|iommufd] [-s SECTION] BDF\n"
	       "sections:");
	for (i = 0; i < dump_section_count; i++)
		printf(" %s", dump_sections[i].name);
	printf("\n");
	exit(status);
}

static enum vfio_mode parse_mode(const char *name)
{
	int mode;

	for (mode = 0; mode < VFIO_MODES; mode++)
		if (!strcmp(name, vfio_mode_name(mode)))
			return mode;
	die("%s is no way to open a device, use container or iommufd", name);
}

int main(int argc, char **argv)
{
	enum vfio_mode mode = VFIO_MODE_CONTAINER;
	const char *only = NULL;
	struct dump_result result;
	unsigned int i;
	int opt;

	while ((opt = getopt(argc, argv, "hm:s:")) != -1) {
		switch (opt) {
		case 'm':
			mode = parse_mode(optarg);
			break;
		case 's':
			dump_check_section(optarg);
			only = optarg;
			break;
		default:
			print_usage(opt == 'h' ? EXIT_SUCCESS : EXIT_FAILURE);
		}
	}
	pci_check_args(argc, argv, optind);
	if (optind != argc - 1)
		print_usage(EXIT_FAILURE);
	if (!vfio_mode_available(mode))
		skip_all("this kernel has no VFIO %s", vfio_mode_name(mode));

	dump_device(argv[optind], mode, only, &result);
	for (i = 0; i < dump_section_count; i++) {
		if (!result.text[i].len)
			continue;
		printf("[%s]\n%s", dump_sections[i].name, result.text[i].data);
	}
	dump_free(&result);
	return 0;
}
