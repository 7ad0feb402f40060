// SPDX-License-Identifier: GPL-2.0
/*
 * vmctl REQUEST...: the control channel for shell scripts.
 *
 * Prints what the host answered. Exit code 4, kselftest's "skip", without a
 * channel; 1 when the host refused or the channel failed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control.h"

#define EXIT_SKIP	4

int main(int argc, char **argv)
{
	char request[VMCTL_LINE_MAX] = "", reply[VMCTL_LINE_MAX];
	size_t len = 0;
	int ret, i;

	if (argc < 2) {
		fprintf(stderr, "usage: vmctl REQUEST...\n");
		return 1;
	}
	if (!vmctl_available()) {
		fprintf(stderr, "vmctl: this machine has no control channel\n");
		return EXIT_SKIP;
	}
	for (i = 1; i < argc; i++) {
		len += snprintf(request + len, sizeof(request) - len, "%s%s",
				i > 1 ? " " : "", argv[i]);
		if (len >= sizeof(request)) {
			fprintf(stderr, "vmctl: request is too long\n");
			return 1;
		}
	}
	ret = vmctl_request(request, reply, sizeof(reply));
	if (ret) {
		fprintf(stderr, "vmctl: %s: %s\n", request,
			ret == -EREMOTEIO ? reply : strerror(-ret));
		return 1;
	}
	if (*reply)
		puts(reply);
	return 0;
}
