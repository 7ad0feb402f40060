// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "growth.h"
#include "tap.h"

#define NOISE_WINDOWS 3
#define NOISE_MS 500
#define PAGE_KIB 4

static struct memory_usage noise;

static long grown_by(const struct memory_counter *now,
		   const struct memory_usage *before)
{
	long old = memory_value(before, now->name, 0);

	/* What leaks goes out of the free memory and into everything else. */
	return strcmp(now->name, "MemFree") ? now->value - old :
					      old - now->value;
}

bool growth_measure_noise(void)
{
	struct memory_usage before, after;
	unsigned int window, i, j;
	long delta;

	noise.count = 0;
	for (window = 0; window < NOISE_WINDOWS; window++) {
		if (!memory_measure(&before))
			return false;
		sleep_ms(NOISE_MS);
		memory_measure(&after);
		for (i = 0; i < after.count; i++) {
			delta = labs(grown_by(&after.counter[i], &before));
			for (j = 0; j < noise.count; j++)
				if (!strcmp(noise.counter[j].name,
					    after.counter[i].name))
					break;
			if (j == noise.count) {
				noise.counter[j] = after.counter[i];
				noise.counter[j].value = 0;
				noise.count++;
			}
			if (delta > noise.counter[j].value)
				noise.counter[j].value = delta;
		}
	}
	return true;
}

/* The most that a counter may grow in @cycles: half of what a leak would. */
static long limit(const struct memory_counter *counter, unsigned int cycles)
{
	return counter->objects ? cycles / 2 : cycles * PAGE_KIB / 2;
}

void growth_find(const struct memory_usage *before,
		 const struct memory_usage *after, unsigned int cycles,
		 struct text *found)
{
	const struct memory_counter *counter;
	unsigned int i;
	long grown;

	for (i = 0; i < after->count; i++) {
		counter = &after->counter[i];
		grown = grown_by(counter, before);
		if (grown > limit(counter, cycles))
			text_add(found, "%s%s by %ld%s", found->len ? ", " : "",
				 counter->name, grown,
				 counter->objects ? " objects" : " KiB");
	}
}

bool growth_can_tell(unsigned int cycles)
{
	unsigned int i;
	bool able = true;

	for (i = 0; i < noise.count; i++) {
		if (noise.counter[i].value < limit(&noise.counter[i], cycles))
			continue;
		tap_note("%s varies by %ld when nothing happens, the limit is %ld",
			 noise.counter[i].name, noise.counter[i].value,
			 limit(&noise.counter[i], cycles));
		able = false;
	}
	return able;
}
