/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The channel on which a test asks the harness to change the machine that it
 * runs in. Real hardware has none: test with vmctl_available() and skip.
 *
 * Devices are named by their id on QEMU's command line; the emulated Type-2
 * devices are acc0, acc1, ...
 */
#ifndef SELFTESTS_VM_CONTROL_H
#define SELFTESTS_VM_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

/* Longest request and reply, line end included. */
#define VMCTL_LINE_MAX	1024

/* Whether this machine has a control channel. */
bool vmctl_available(void);

/*
 * Send one request line, for example "device_del acc0", and store what follows
 * the "ok" of its reply (may be empty). Safe to use from several processes.
 *
 * Returns 0, or -ENOENT without a channel, -EMSGSIZE, -ETIMEDOUT, -EIO when the
 * channel failed, -EREMOTEIO when the host refused; then @reply holds its words.
 */
int vmctl_request(const char *request, char *reply, size_t size);

/* Write and read a property of a device. Results as above. */
int vmctl_set(const char *id, const char *property, const char *value);
int vmctl_get(const char *id, const char *property, char *value, size_t size);

#endif
