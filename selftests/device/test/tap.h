/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test cases whose results are printed as TAP, the way kselftest does. */
#ifndef DEVICE_TEST_TAP_H
#define DEVICE_TEST_TAP_H

#include "common.h"

struct test_case {
	const char *name;
	void (*run)(void);
};

struct suite {
	const char *name;
	const struct test_case *cases;	/* ends with an empty one */
};

__noreturn __printf(1, 2) void tap_fail(const char *fmt, ...);
__noreturn __printf(1, 2) void tap_skip(const char *fmt, ...);
/* The environment is not what the tests need: ends the program */
__noreturn __printf(1, 2) void tap_bail(const char *fmt, ...);
/* Called after a failed case */
extern void (*tap_recover)(void);
int tap_run(const struct suite *suite);

#define CHECK(cond) do {						\
	if (!(cond))							\
		tap_fail("%s:%d: %s", __FILE__, __LINE__, #cond);	\
} while (0)

#define CHECK_EQ(got, want) do {					\
	unsigned long long got_ = (got), want_ = (want);		\
	if (got_ != want_)						\
		tap_fail("%s:%d: %s is 0x%llx, not 0x%llx", __FILE__,	\
			 __LINE__, #got, got_, want_);			\
} while (0)

#endif
