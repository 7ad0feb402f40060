// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe.h"

/* Longer than any answer of a VFIO device, and than any argsz that is tried. */
#define PROBE_SIZE 8192
#define PATTERN 0xa5

static void add_changes(struct dump *d, const uint8_t *before,
			const uint8_t *after, size_t size)
{
	size_t i, end;

	for (i = 0; i < size; i = end) {
		end = i + 1;
		if (before[i] == after[i])
			continue;
		while (end < size && before[end] != after[end])
			end++;
		text_add(d->out, " %zu:", i);
		text_add_hex(d->out, after + i, end - i);
	}
}

void probe_ioctl(struct dump *d, const char *label, unsigned long request,
		 const void *in, size_t len)
{
	static uint8_t before[PROBE_SIZE], after[PROBE_SIZE];
	int ret;

	memset(before, PATTERN, sizeof(before));
	memcpy(before, in, len);
	memcpy(after, before, sizeof(after));
	ret = vfio_ioctl(d->dev->fd, request, after);
	if (ret > 0)
		text_add(d->out, "%s: %d", label, ret);
	else
		text_add(d->out, "%s: %s", label, errname(ret));
	add_changes(d, before, after, sizeof(after));
	text_add(d->out, "\n");
}

void probe_cut_off(struct dump *d, const char *label, unsigned long request,
		   const void *in, size_t len, size_t size)
{
	size_t page = getpagesize(), cut;
	uint8_t *map, *arg;
	int ret;

	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || mprotect(map + page, page, PROT_NONE))
		die("no memory for a cut-off ioctl argument");
	for (cut = 0; cut <= size; cut++) {
		arg = map + page - cut;
		memset(arg, PATTERN, cut);
		memcpy(arg, in, len < cut ? len : cut);
		ret = vfio_ioctl(d->dev->fd, request, arg);
		dump_line(d, "%s cut off at %zu: %s", label, cut, errname(ret));
	}
	munmap(map, 2 * page);
}
