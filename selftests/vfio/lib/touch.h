/* SPDX-License-Identifier: GPL-2.0 */
/* Accesses through a mapping that may end in a signal. */
#ifndef SELFTESTS_VFIO_TOUCH_H
#define SELFTESTS_VFIO_TOUCH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Read or write one dword. Returns "ok", or the name of the signal that it
 * raised: "BUS", "SEGV".
 */
const char *touch(volatile void *at, bool write, uint32_t *value);

/* The same where the value does not matter, or is no variable. */
const char *load(volatile void *at);
const char *store(volatile void *at, uint32_t value);

#endif
