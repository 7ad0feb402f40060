// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "control.h"

#define CHANNEL		"/dev/vm-control"
#define REPLY_LIMIT_MS	30000

bool vmctl_available(void)
{
	return !access(CHANNEL, R_OK | W_OK);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -EIO;
		data += done;
		len -= done;
	}
	return 0;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

/* Reads up to and without the line end. */
static int read_line(int fd, char *line, size_t size)
{
	long deadline = now_ms() + REPLY_LIMIT_MS;
	size_t len = 0;

	while (len < size) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		long left = deadline - now_ms();

		if (left <= 0 || !poll(&pfd, 1, left))
			return -ETIMEDOUT;
		/* Byte by byte: nothing behind the line end is ours. */
		if (read(fd, line + len, 1) != 1) {
			if (errno == EINTR)
				continue;
			return -EIO;
		}
		if (line[len] == '\n') {
			line[len] = '\0';
			return 0;
		}
		len++;
	}
	return -EMSGSIZE;
}

static int exchange(int fd, const char *request, char *line, size_t size)
{
	size_t len = strlen(request);
	char out[VMCTL_LINE_MAX];
	int ret;

	if (len + 1 >= sizeof(out) || strchr(request, '\n'))
		return -EMSGSIZE;
	/* The late reply to a request that timed out is not the one to this. */
	tcflush(fd, TCIFLUSH);
	memcpy(out, request, len);
	out[len] = '\n';
	ret = write_all(fd, out, len + 1);
	if (ret)
		return ret;
	return read_line(fd, line, size);
}

static void copy(char *to, size_t size, const char *from)
{
	if (to && size)
		snprintf(to, size, "%s", from);
}

int vmctl_request(const char *request, char *reply, size_t size)
{
	char line[VMCTL_LINE_MAX];
	int fd, ret;

	copy(reply, size, "");
	fd = open(CHANNEL, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : -EIO;
	/* One request at a time: replies come without a name on them. */
	if (flock(fd, LOCK_EX)) {
		close(fd);
		return -EIO;
	}
	ret = exchange(fd, request, line, sizeof(line));
	close(fd);
	if (ret)
		return ret;
	if (!strcmp(line, "ok"))
		return 0;
	if (!strncmp(line, "ok ", 3)) {
		copy(reply, size, line + 3);
		return 0;
	}
	copy(reply, size, !strncmp(line, "error ", 6) ? line + 6 : line);
	return -EREMOTEIO;
}

int vmctl_set(const char *id, const char *property, const char *value)
{
	char request[VMCTL_LINE_MAX];

	if (snprintf(request, sizeof(request), "set %s %s %s", id, property,
		     value) >= (int)sizeof(request))
		return -EMSGSIZE;
	return vmctl_request(request, NULL, 0);
}

int vmctl_get(const char *id, const char *property, char *value, size_t size)
{
	char request[VMCTL_LINE_MAX];

	if (snprintf(request, sizeof(request), "get %s %s", id, property) >=
	    (int)sizeof(request))
		return -EMSGSIZE;
	return vmctl_request(request, value, size);
}
