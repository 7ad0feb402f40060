// SPDX-License-Identifier: GPL-2.0
#include "background.h"

static void *run(void *arg)
{
	struct background *bg = arg;

	bg->result = bg->run(bg->what);
	__atomic_store_n(&bg->done, true, __ATOMIC_RELEASE);
	return NULL;
}

void background_start(struct background *bg)
{
	if (pthread_create(&bg->thread, NULL, run, bg))
		die("no thread");
}

static bool is_done(void *arg)
{
	struct background *bg = arg;

	return __atomic_load_n(&bg->done, __ATOMIC_ACQUIRE);
}

bool background_done(struct background *bg, int timeout_ms)
{
	return wait_until(is_done, bg, timeout_ms);
}

int background_result(struct background *bg)
{
	pthread_join(bg->thread, NULL);
	return bg->result;
}
