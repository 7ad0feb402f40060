// SPDX-License-Identifier: GPL-2.0
#include "random.h"

void random_seed(struct random *random, uint64_t seed)
{
	random->state = seed;
}

/* SplitMix64: every seed is a good one, and neighbours have nothing in common. */
uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint64_t random_below(struct random *random, uint64_t limit)
{
	return random_next(random) % limit;
}
