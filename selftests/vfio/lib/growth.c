// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "growth.h"
#include "module.h"
#include "tap.h"
#include "util.h"

/* So many times in a row nothing must vary, each time for so long. */
#define QUIET_TIMES 3
#define QUIET_MS 500
/* What is left to do of a boot, and of tests before this, takes a few. */
#define MAX_TIMES 40

static long grown_by(const struct memory_counter *now,
		   const struct memory_usage *before)
{
	long old = memory_value(before, now->name, 0);

	/* What leaks goes out of the free memory and into everything else. */
	return strcmp(now->name, "MemFree") ? now->value - old :
					      old - now->value;
}

/* The most that a counter may grow in @cycles: half of what a leak would. */
static long limit(const struct memory_counter *counter, unsigned int cycles)
{
	return counter->objects ? cycles / 2 : cycles * getpagesize() / 1024 / 2;
}

/*
 * Add to @found what grew by more than its limit, and with @either_way also what
 * shrank by more.
 */
static void find(const struct memory_usage *before,
		 const struct memory_usage *after, unsigned int cycles,
		 bool either_way, struct text *found)
{
	const struct memory_counter *counter;
	unsigned int i;
	long grown;

	for (i = 0; i < after->count; i++) {
		counter = &after->counter[i];
		grown = grown_by(counter, before);
		if ((either_way ? labs(grown) : grown) >
		    limit(counter, cycles))
			text_add(found, "%s%s by %ld%s", found->len ? ", " : "",
				 counter->name, grown,
				 counter->objects ? " objects" : " KiB");
	}
}

void growth_find(const struct memory_usage *before,
		 const struct memory_usage *after, unsigned int cycles,
		 struct text *found)
{
	find(before, after, cycles, false, found);
}

bool growth_wait_quiet(unsigned int cycles)
{
	unsigned int i, quiet = 0;
	struct text found = {};
	struct memory_usage before, after;

	memory_measure(&before);
	for (i = 0; i < MAX_TIMES && quiet < QUIET_TIMES; i++) {
		sleep_ms(QUIET_MS);
		memory_measure(&after);
		text_clear(&found);
		find(&before, &after, cycles, true, &found);
		quiet = found.len ? 0 : quiet + 1;
		before = after;
	}
	if (quiet < QUIET_TIMES)
		tap_note("grows or shrinks when nothing happens: %s",
			 found.len ? found.data : "now and then");
	text_free(&found);
	return quiet == QUIET_TIMES;
}

/* A vendor without devices. */
#define PLANTED_VENDOR 0x0cfe

static void write_id(const char *file, unsigned int number)
{
	char path[128], id[32];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/%s",
		 vfio_pci_driver.name, file);
	snprintf(id, sizeof(id), "%04x %04x", PLANTED_VENDOR, number);
	if (file_write(path, id))
		die("%s does not take the id %s", path, id);
}

void growth_plant(unsigned int number)
{
	write_id("new_id", number);
}

void growth_remove(unsigned int number)
{
	write_id("remove_id", number);
}
