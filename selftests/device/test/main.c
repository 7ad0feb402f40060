// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * device-test: what the emulated accelerator does, seen from user space of a VM
 * in which nothing drives it. The CXL drivers must not be loaded: once they own
 * the registers, /dev/mem refuses them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "suites.h"

static const struct suite *const suites[] = {
	&broken_suite,	&cache_suite,	  &component_suite, &cpu_cache_suite, &cxl_reset_suite,   &dvsec_suite,
	&engine_suite,	&error_suite,	  &firmware_suite,    &gone_suite,
	&hdm_suite,	&hdm_refusal_suite, &layout_suite,    &map_suite,
	&poison_suite,	&reset_suite,	  &two_suite,	      &window_suite,
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3)
		accel_start_at(strtoul(argv[2], NULL, 0));
	for (unsigned int i = 0; argc >= 2 && i < ARRAY_SIZE(suites); i++) {
		if (!strcmp(argv[1], suites[i]->name))
			return tap_run(suites[i]);
	}
	fprintf(stderr, "usage: device-test SUITE [DEVICE], one of");
	for (unsigned int i = 0; i < ARRAY_SIZE(suites); i++)
		fprintf(stderr, " %s", suites[i]->name);
	fprintf(stderr, "\n");
	return 2;
}
