/* SPDX-License-Identifier: GPL-2.0 */
/* Which functions of the kernel run, and in which order, as its own tracing says. */
#ifndef SELFTESTS_VFIO_KTRACE_H
#define SELFTESTS_VFIO_KTRACE_H

#include "text.h"

/* Whether the kernel can trace its functions. */
bool ktrace_exists(void);

/*
 * Trace calls of kernel functions. Each event is as in kprobe_events, without
 * "p:": "NAME FUNCTION [ARGUMENTS]", or with "r:" the function's return. False
 * if the kernel cannot do that, or has no such function.
 */
bool ktrace_start(const char *const *events, size_t count);

/*
 * What was called since the last time, in order: "NAME" or "NAME ARGUMENTS", a
 * line each.
 */
void ktrace_take(struct text *out);

/* From the last event of one name to the last of another; 0 if one is missing. */
double ktrace_seconds(const char *from, const char *to);

void ktrace_stop(void);

/* The line of the first @name from @at on; NULL if there is none. */
const char *ktrace_find(const char *at, const char *name);

#endif
