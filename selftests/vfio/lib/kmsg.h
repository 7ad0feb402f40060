/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel log from a moment on. */
#ifndef SELFTESTS_VFIO_KMSG_H
#define SELFTESTS_VFIO_KMSG_H

#include "text.h"

/* Start listening: messages from now on are kept for kmsg_take(). */
int kmsg_open(void);

/* Append what was logged since the last call, a message a line. */
void kmsg_take(int kmsg, struct text *out);

/* Wait until a message that contains @what is logged; keeps all in @out. */
bool kmsg_wait(int kmsg, struct text *out, const char *what, int timeout_ms);

/* First line that reports a kernel bug, NULL if there is none. */
const char *kmsg_splat(const struct text *log);

#endif
