// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static unsigned int passed, failed, skipped;

static unsigned int count(void)
{
	return passed + failed + skipped;
}

void tap_header(void)
{
	/* Children must not inherit buffered lines, nor a crash lose them. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("TAP version 13");
}

bool tap_ok(bool ok, const char *fmt, ...)
{
	va_list args;

	if (ok)
		passed++;
	else
		failed++;
	va_start(args, fmt);
	printf("%s %u ", ok ? "ok" : "not ok", count());
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
	return ok;
}

void tap_skip(const char *why, const char *fmt, ...)
{
	va_list args;

	skipped++;
	va_start(args, fmt);
	printf("ok %u ", count());
	vprintf(fmt, args);
	printf(" # SKIP %s\n", why);
	va_end(args);
}

void tap_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# ");
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
}

void tap_finish(void)
{
	printf("1..%u\n", count());
	printf("# passed %u, failed %u, skipped %u\n", passed, failed, skipped);
	if (failed)
		exit(1);
	exit(passed ? 0 : 4);
}
