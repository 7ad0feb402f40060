/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Properties of an emulated device, read and written from inside the VM.
 *
 * The harness answers on a serial port: "set ID PROPERTY VALUE" with "ok",
 * "get ID PROPERTY" with "ok VALUE", both with "error TEXT" if they fail.
 */
#ifndef DEVICE_TEST_CONTROL_H
#define DEVICE_TEST_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common.h"

/* Each returns 0, or -1 with the reason in control_error() */
__printf(3, 4)
int control_request(char *reply, size_t size, const char *fmt, ...);
int control_set(const char *id, const char *prop, uint64_t value);
int control_set_bool(const char *id, const char *prop, bool value);
int control_get(const char *id, const char *prop, uint64_t *value);
const char *control_error(void);

#endif
