/* SPDX-License-Identifier: GPL-2.0 */
/* Random numbers that a seed brings back. */
#ifndef SELFTESTS_VFIO_RANDOM_H
#define SELFTESTS_VFIO_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);

/* A number below @limit, which is not 0. */
uint64_t random_below(struct random *random, uint64_t limit);

#endif
