/* SPDX-License-Identifier: GPL-2.0 */
/* What firmware does with a function, and a reset of it. */
#ifndef GUEST_FUNCTION_H
#define GUEST_FUNCTION_H

#include <stdbool.h>

#include "boot.h"

/* Gives each memory BAR an address; false if there is no room. */
bool function_place_bars(const struct boot *boot, uint64_t function);

/* Function Level Reset, and the function as it was before; false if it has none. */
bool function_flr(uint64_t function);

#endif
