// SPDX-License-Identifier: GPL-2.0-or-later
/* Test cases whose results are printed as TAP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

#define EXIT_SKIP	4	/* as in kselftest.h */

void (*tap_recover)(void);

enum { PASSED, FAILED, SKIPPED };

static jmp_buf case_end;
static char reason[256];

static void leave(int how, const char *fmt, va_list args)
{
	vsnprintf(reason, sizeof(reason), fmt, args);
	longjmp(case_end, how);
}

void tap_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	leave(FAILED, fmt, args);
	va_end(args);
	abort();
}

void tap_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	leave(SKIPPED, fmt, args);
	va_end(args);
	abort();
}

void tap_bail(const char *fmt, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	exit(1);
}

static int run_case(const struct test_case *test)
{
	int how = setjmp(case_end);

	if (how == PASSED)
		test->run();
	return how;
}

int tap_run(const struct suite *suite)
{
	int count = 0, results[3] = { 0 };

	while (suite->cases[count].name)
		count++;
	printf("TAP version 13\n1..%d\n", count);
	for (int i = 0; i < count; i++) {
		const struct test_case *test = &suite->cases[i];
		int how = run_case(test);

		results[how]++;
		if (how == FAILED)
			printf("# %s\n", reason);
		if (how == FAILED && tap_recover)
			tap_recover();
		printf("%sok %d %s.%s", how == FAILED ? "not " : "", i + 1,
		       suite->name, test->name);
		if (how == SKIPPED)
			printf(" # SKIP %s", reason);
		printf("\n");
	}
	printf("# %d passed, %d failed, %d skipped\n", results[PASSED],
	       results[FAILED], results[SKIPPED]);
	if (results[FAILED])
		return 1;
	return results[PASSED] ? 0 : EXIT_SKIP;
}
