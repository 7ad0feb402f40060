/* SPDX-License-Identifier: GPL-2.0 */
/* A request that may have to wait for what this program has open. */
#ifndef SELFTESTS_VFIO_BACKGROUND_H
#define SELFTESTS_VFIO_BACKGROUND_H

#include <pthread.h>

#include "util.h"

/* How long a request must be blocked to be called so, and may take after. */
#define BLOCKED_MS 300
#define FREED_MS 30000

struct background {
	int (*run)(const char *what);
	const char *what;
	pthread_t thread;
	int result;
	bool done;
};

void background_start(struct background *bg);

/* Whether it is done, before the time is over. */
bool background_done(struct background *bg, int timeout_ms);

/* Wait for it, however long that takes, and say what it returned. */
int background_result(struct background *bg);

#endif
