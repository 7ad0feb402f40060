/* SPDX-License-Identifier: GPL-2.0 */
/* Files, time and error names: what every program here needs from libc. */
#ifndef SELFTESTS_VFIO_UTIL_H
#define SELFTESTS_VFIO_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define __printf(a, b) __attribute__((format(printf, a, b)))

/* Name of an error number, of either sign: "EINVAL", or "0". */
const char *errname(int err);

/*
 * Whole contents of a small text file without its last newline. Returns the
 * length, or -errno.
 */
int file_read(const char *path, char *buf, size_t size);

/* Write @value as one write(2), as sysfs wants it. Returns 0 or -errno. */
int file_write(const char *path, const char *value);

/* Base name of the link that @path is; "" when there is no such link. */
const char *link_name(const char *path, char *name, size_t size);

int64_t now_ms(void);
void sleep_ms(int ms);

/* Whether this child has not ended. It is still to be waited for. */
bool is_running(pid_t child);

/* How long a tick of the kernel takes. */
int tick_ms(void);

/*
 * Call @done every few milliseconds until it holds; false if it does not for
 * @timeout_ms in which this program runs.
 */
bool wait_until(bool (*done)(void *arg), void *arg, int timeout_ms);

/* malloc() that ends the program when memory is out. */
void *xcalloc(size_t nmemb, size_t size);

/* Say one sentence on stderr and exit with status 1. */
_Noreturn void die(const char *fmt, ...) __printf(1, 2);

/* Say one sentence on stdout as a TAP skip and exit with status 4. */
_Noreturn void skip_all(const char *fmt, ...) __printf(1, 2);

#endif
