/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GUEST_REPORT_H
#define GUEST_REPORT_H

#include <stdbool.h>
#include <stdint.h>

/* One result each; the VMM numbers them. */
bool check(bool ok, const char *what);
void skip(const char *what);

/* A value that explains the results around it. */
void note(const char *what, uint64_t value);

/* What cannot go on after a failed check, switches the machine off. */
void require(bool ok, const char *what);

__attribute__((noreturn)) void off(void);
__attribute__((noreturn)) void reboot(void);

#endif
