/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TAP output of programs that consist of several files: kselftest.h keeps its
 * counters per file.
 */
#ifndef SELFTESTS_VFIO_TAP_H
#define SELFTESTS_VFIO_TAP_H

#include "util.h"

void tap_header(void);

/* Returns @ok, so that a caller can stop at the first failure. */
bool tap_ok(bool ok, const char *fmt, ...) __printf(2, 3);
void tap_skip(const char *why, const char *fmt, ...) __printf(2, 3);
void tap_note(const char *fmt, ...) __printf(1, 2);

/* Print the plan and exit: 0 all passed, 1 a failure, 4 nothing but skips. */
_Noreturn void tap_finish(void);

#endif
