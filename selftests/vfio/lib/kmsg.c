// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"

/* Longest record of /dev/kmsg, as in kernel/printk/internal.h. */
#define RECORD_MAX 2048

static const char * const splats[] = {
	"WARNING:", "BUG:", "Oops", "Call Trace:", "kernel BUG at",
	"Call trace:", "Internal error:", "Unable to handle kernel",
	"KASAN:", "UBSAN:", "INFO: possible", "INFO: task", "INFO: trying",
	"general protection fault", "refcount_t:", "unreferenced object",
	"suspicious RCU usage",
};

int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		die("/dev/kmsg cannot be read: %s", errname(errno));
	return fd;
}

void kmsg_take(int kmsg, struct text *out)
{
	char record[RECORD_MAX + 1];
	char *message;
	ssize_t n;

	for (;;) {
		n = read(kmsg, record, RECORD_MAX);
		/* EPIPE: the ring overtook this reader, which goes on. */
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			return;
		record[n] = '\0';
		message = strchr(record, ';');
		/* Lines of key=value properties follow the message. */
		if (message)
			text_add(out, "%.*s\n", (int)strcspn(message + 1, "\n"),
				 message + 1);
	}
}

bool kmsg_wait(int kmsg, struct text *out, const char *what, int timeout_ms)
{
	const int interval_ms = 10;
	int left = timeout_ms / interval_ms + 1;

	/* As wait_until(). */
	for (;;) {
		kmsg_take(kmsg, out);
		if (out->len && strstr(out->data, what))
			return true;
		if (!left--)
			return false;
		sleep_ms(interval_ms);
	}
}

const char *kmsg_splat(const struct text *log)
{
	static char found[RECORD_MAX];
	const char *pos = log->data;
	struct text_line line;
	size_t i;

	while (text_next_line(&pos, &line)) {
		snprintf(found, sizeof(found), "%.*s", line.len, line.start);
		for (i = 0; i < ARRAY_SIZE(splats); i++)
			if (strstr(found, splats[i]))
				return found;
	}
	return NULL;
}
