/* SPDX-License-Identifier: GPL-2.0 */
/* Accesses of several threads through mappings that may be revoked at any time. */
#ifndef SELFTESTS_VFIO_CAUGHT_H
#define SELFTESTS_VFIO_CAUGHT_H

#include <stdbool.h>
#include <stdint.h>

/* Have SIGBUS end the access that raised it, in every thread of this program. */
void caught_start(void);

/* Whether the access was made; false if it raised SIGBUS instead. */
bool caught_load(const volatile uint64_t *at, uint64_t *value);
bool caught_store(volatile uint64_t *at, uint64_t value);

#endif
