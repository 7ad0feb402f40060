/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What binding must leave as it was when it fails, and unbinding when it is
 * done: address ranges, the CXL bus, configuration space, physical decoders.
 */
#ifndef SELFTESTS_VFIO_STATE_H
#define SELFTESTS_VFIO_STATE_H

#include "text.h"

/* Describe the machine and the unbound device @bdf, one fact a line. */
void state_take(const char *bdf, struct text *out);

/*
 * Delete the regions that were not there @before, as an administrator does.
 * Returns how many there were.
 */
unsigned int state_delete_regions(const struct text *before);

/* Whether the state is as before; prints what differs. */
bool state_same(const struct text *before, const struct text *after);

#endif
