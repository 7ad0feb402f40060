// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define SLAB_DIR "/sys/kernel/slab"

/* Long enough for an RCU grace period and what its callbacks queue. */
#define SETTLE_MS 150

/* What has no slab cache of its own, and whether drivers take it. */
static const struct {
	const char *name;
	bool is_taken;
} meminfo[] = {
	/* What is left of all. */
	{ "MemFree", false },
	{ "VmallocUsed", true },
	{ "Percpu", true },
	{ "PageTables", true },
	{ "KernelStack", false },
	/* The pages of the caches whose objects are counted. */
	{ "SUnreclaim", false },
};

static void add(struct memory_usage *usage, const char *name, long value,
		bool objects, unsigned int unit)
{
	struct memory_counter *counter = &usage->counter[usage->count];

	if (usage->count == MAX_COUNTERS)
		die("more than %d memory counters", MAX_COUNTERS);
	snprintf(counter->name, sizeof(counter->name), "%s", name);
	counter->value = value;
	counter->objects = objects;
	counter->unit = unit;
	usage->count++;
}

/* Give back what caches hold for each CPU and in partly used slabs. */
static void shrink_caches(void)
{
	DIR *dir = opendir(SLAB_DIR);
	char path[PATH_MAX];
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		/* Links are aliases of caches that are merged. */
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), SLAB_DIR "/%s/shrink",
			 entry->d_name);
		file_write(path, "1");
	}
	if (dir)
		closedir(dir);
}

static bool add_slabs(struct memory_usage *usage)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	unsigned long active;
	unsigned int size;
	char line[512], name[48];

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%47s %lu %*u %u", name, &active, &size) == 3)
			add(usage, name, active, true, size);
	fclose(file);
	return true;
}

static void add_meminfo(struct memory_usage *usage)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128], name[48];
	long kib;
	size_t i;

	if (!file)
		die("no /proc/meminfo");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%47[^:]: %ld kB", name, &kib) != 2)
			continue;
		for (i = 0; i < ARRAY_SIZE(meminfo); i++)
			if (!strcmp(name, meminfo[i].name))
				add(usage, name, kib, false,
				    meminfo[i].is_taken ? 1024 : 0);
	}
	fclose(file);
}

bool memory_measure(struct memory_usage *usage)
{
	usage->count = 0;
	sleep_ms(SETTLE_MS);
	file_write("/proc/sys/vm/drop_caches", "3");
	shrink_caches();
	sleep_ms(SETTLE_MS);
	shrink_caches();
	add_meminfo(usage);
	return add_slabs(usage);
}

long memory_value(const struct memory_usage *usage, const char *name,
		  long missing)
{
	unsigned int i;

	for (i = 0; i < usage->count; i++)
		if (!strcmp(usage->counter[i].name, name))
			return usage->counter[i].value;
	return missing;
}

double memory_bytes(const struct memory_usage *usage)
{
	double total = 0;
	unsigned int i;

	for (i = 0; i < usage->count; i++)
		total += (double)usage->counter[i].value * usage->counter[i].unit;
	return total;
}
