// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "ktrace.h"

#define TRACEFS "/sys/kernel/tracing/"
#define GROUP "cxl_test"
#define ENABLE TRACEFS "events/" GROUP "/enable"

bool ktrace_exists(void)
{
	return !access(TRACEFS "kprobe_events", W_OK);
}

void ktrace_stop(void)
{
	file_write(ENABLE, "0");
	/* Only of this group: the rest is somebody else's. */
	file_write(TRACEFS "kprobe_events", "-:" GROUP "/");
}

/* The kernel forgets what it traced when the file is opened so, not when it is written. */
static bool forget(void)
{
	int fd = open(TRACEFS "trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool define(const char *event)
{
	bool returns = !strncmp(event, "r:", 2);
	char line[256];
	int fd, len;
	bool done;

	len = snprintf(line, sizeof(line), "%s:" GROUP "/%s\n",
		       returns ? "r" : "p", event + (returns ? 2 : 0));
	fd = open(TRACEFS "kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = write(fd, line, len) == len;
	close(fd);
	if (!done)
		printf("# cannot trace %s\n", event);
	return done;
}

bool ktrace_start(const char *const *events, size_t count)
{
	size_t i;

	ktrace_stop();
	for (i = 0; i < count; i++) {
		if (!define(events[i])) {
			ktrace_stop();
			return false;
		}
	}
	return forget() && !file_write(ENABLE, "1");
}

/* "task-1 [000] ..... 1.5: NAME: (function+0x0/0x10) a=1" becomes "NAME a=1". */
static void take_line(struct text *out, const char *line)
{
	const char *name = strstr(line, ": "), *end, *arguments;

	if (line[0] == '#' || !name)
		return;
	name += 2;
	end = strstr(name, ": (");
	arguments = end ? strchr(end, ')') : NULL;
	if (arguments)
		text_add(out, "%.*s%s\n", (int)(end - name), name,
			 arguments + 1);
}

void ktrace_take(struct text *out)
{
	FILE *trace = fopen(TRACEFS "trace", "re");
	char line[512];

	if (!trace)
		die("cannot open " TRACEFS "trace");
	while (fgets(line, sizeof(line), trace)) {
		line[strcspn(line, "\n")] = 0;
		take_line(out, line);
	}
	fclose(trace);
	forget();
}

/* Of "task-1 [000] ..... 1.5: NAME: (function+0x0/0x10)" the 1.5; 0 if it has another name. */
static double time_of(const char *line, const char *name)
{
	const char *end = strstr(line, ": "), *start = end;
	size_t len = strlen(name);

	if (line[0] == '#' || !end || strncmp(end + 2, name, len) ||
	    end[2 + len] != ':')
		return 0;
	while (start > line && start[-1] != ' ')
		start--;
	return atof(start);
}

double ktrace_seconds(const char *from, const char *to)
{
	FILE *trace = fopen(TRACEFS "trace", "re");
	double time, begin = 0, end = 0;
	char line[512];

	if (!trace)
		die("cannot open " TRACEFS "trace");
	while (fgets(line, sizeof(line), trace)) {
		time = time_of(line, from);
		begin = time ? time : begin;
		time = time_of(line, to);
		end = time ? time : end;
	}
	fclose(trace);
	forget();
	return begin && end > begin ? end - begin : 0;
}

const char *ktrace_find(const char *at, const char *name)
{
	size_t len = strlen(name);

	while (at && *at) {
		if (!strncmp(at, name, len) &&
		    (at[len] == '\n' || at[len] == ' '))
			return at;
		at = strchr(at, '\n');
		if (at)
			at++;
	}
	return NULL;
}
