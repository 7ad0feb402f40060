// SPDX-License-Identifier: GPL-2.0
/*
 * Devices side by side: each thread opens its own, touches its memory, and closes
 * it. Whatever one of them waits for that is another's makes all of them slower
 * than one alone.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bench.h"

#define BYTES (64ull << 20)

struct life {
	const char *bdf;
	pthread_barrier_t *begin;
	uint64_t open_ns, touch_ns, close_ns;
};

static void *live(void *arg)
{
	struct life *life = arg;
	volatile const char *map;
	struct cxl_dev dev;
	uint64_t start;

	pthread_barrier_wait(life->begin);
	start = now_ns();
	cxl_dev_open(&dev, life->bdf);
	life->open_ns = now_ns() - start;
	map = cxl_mem_map(&dev, 0, BYTES);
	if (map == MAP_FAILED)
		die("%s cannot be mapped", life->bdf);
	start = now_ns();
	for (uint64_t at = 0; at < BYTES; at += 4096)
		(void)map[at];
	life->touch_ns = now_ns() - start;
	munmap((void *)map, BYTES);
	start = now_ns();
	cxl_dev_close(&dev);
	life->close_ns = now_ns() - start;
	return NULL;
}

/* The time until the last one is done, and the median of what each took. */
static void at_once(const char * const *bdfs, unsigned int count)
{
	struct life *lives = xcalloc(count, sizeof(*lives));
	pthread_t *threads = xcalloc(count, sizeof(*threads));
	uint64_t *ns = xcalloc(count, sizeof(*ns)), start;
	pthread_barrier_t begin;

	pthread_barrier_init(&begin, NULL, count + 1);
	for (unsigned int i = 0; i < count; i++) {
		lives[i] = (struct life){ .bdf = bdfs[i], .begin = &begin };
		if (pthread_create(&threads[i], NULL, live, &lives[i]))
			die("no thread");
	}
	start = now_ns();
	pthread_barrier_wait(&begin);
	for (unsigned int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	sample(now_ns() - start, "scale.%u.all.ns", count);
	for (unsigned int i = 0; i < count; i++)
		ns[i] = lives[i].open_ns;
	sample(median(ns, count), "scale.%u.open.ns", count);
	for (unsigned int i = 0; i < count; i++)
		ns[i] = lives[i].touch_ns;
	sample(median(ns, count), "scale.%u.touch.ns", count);
	for (unsigned int i = 0; i < count; i++)
		ns[i] = lives[i].close_ns;
	sample(median(ns, count), "scale.%u.close.ns", count);
	free(ns);
	free(threads);
	free(lives);
}

void bench_scale(const char * const *bdfs, unsigned int count, unsigned int runs)
{
	for (unsigned int i = 0; i < count; i++)
		side_bind(bdfs[i], SIDE_CXL);
	/* The first user of a device gets cleared memory: that is not what is compared. */
	at_once(bdfs, count);
	for (unsigned int run = 0; run < runs; run++)
		for (unsigned int some = 1; some <= count; some *= 2)
			at_once(bdfs, some);
}
