/* SPDX-License-Identifier: GPL-2.0 */
/* Bits of configuration space that hardware changes on its own. */
#ifndef SELFTESTS_VFIO_VOLATILE_H
#define SELFTESTS_VFIO_VOLATILE_H

#include "util.h"

/* Clear them in @config, @size bytes from offset 0. */
void volatile_mask(uint8_t *config, size_t size);

#endif
