// SPDX-License-Identifier: GPL-2.0-or-later
/* The client of the VM harness' control port. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "control.h"

#define PORT		"/dev/vm-control"
#define TIMEOUT_MS	10000
#define LINE_MAX_	512

static char error[LINE_MAX_];

const char *control_error(void)
{
	return error;
}

static int fail(const char *what)
{
	snprintf(error, sizeof(error), "%s: %s: %s", PORT, what, strerror(errno));
	return -1;
}

static int open_port(void)
{
	static int fd = -1;
	struct termios mode;

	if (fd >= 0)
		return fd;
	fd = open(PORT, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail("open");
	if (!tcgetattr(fd, &mode)) {
		cfmakeraw(&mode);
		tcsetattr(fd, TCSANOW, &mode);
	}
	return fd;
}

static int read_line(int fd, char *line, size_t size)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	char c;

	while (len < size - 1) {
		int ready = poll(&poller, 1, TIMEOUT_MS);

		if (ready <= 0) {
			if (!ready)
				errno = ETIMEDOUT;
			return fail("no reply");
		}
		if (read(fd, &c, 1) != 1)
			return fail("read");
		if (c == '\n')
			break;
		if (c != '\r')
			line[len++] = c;
	}
	line[len] = 0;
	return 0;
}

int control_request(char *reply, size_t size, const char *fmt, ...)
{
	char line[LINE_MAX_];
	int fd = open_port(), len;
	va_list args;

	if (fd < 0)
		return -1;
	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (len < 0 || len >= (int)sizeof(line) - 1) {
		errno = EMSGSIZE;
		return fail("request");
	}
	line[len++] = '\n';
	if (write(fd, line, len) != len)
		return fail("write");
	if (read_line(fd, line, sizeof(line)))
		return -1;
	if (strncmp(line, "ok", 2)) {
		snprintf(error, sizeof(error), "%s", line);
		return -1;
	}
	snprintf(reply, size, "%s", line[2] == ' ' ? line + 3 : "");
	return 0;
}

int control_set(const char *id, const char *prop, uint64_t value)
{
	char reply[LINE_MAX_];

	return control_request(reply, sizeof(reply), "set %s %s %#" PRIx64, id,
			       prop, value);
}

int control_set_bool(const char *id, const char *prop, bool value)
{
	char reply[LINE_MAX_];

	return control_request(reply, sizeof(reply), "set %s %s %s", id, prop,
			       value ? "on" : "off");
}

int control_get(const char *id, const char *prop, uint64_t *value)
{
	char reply[LINE_MAX_];

	if (control_request(reply, sizeof(reply), "get %s %s", id, prop))
		return -1;
	if (!strcmp(reply, "on") || !strcmp(reply, "off"))
		*value = !strcmp(reply, "on");
	else
		*value = strtoull(reply, NULL, 0);
	return 0;
}
