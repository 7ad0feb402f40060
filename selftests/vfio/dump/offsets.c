// SPDX-License-Identifier: GPL-2.0
/* File offsets that lead nowhere, and file operations besides read and write. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dump.h"

static const char *result(ssize_t n)
{
	static char text[32];

	if (n < 0)
		return errname(errno);
	snprintf(text, sizeof(text), "%zd", n);
	return text;
}

static void access_at(struct dump *d, uint64_t offset)
{
	uint64_t value = 0;

	dump_line(d, "read 8 at %llx: %s", (unsigned long long)offset,
		  result(pread(d->dev->fd, &value, 8, offset)));
	dump_line(d, "write 8 at %llx: %s", (unsigned long long)offset,
		  result(pwrite(d->dev->fd, &value, 8, offset)));
}

/* The file position moves by what was transferred. */
static void positions(struct dump *d)
{
	struct vfio_region_info *info =
		vfio_region_info(d->dev, VFIO_PCI_CONFIG_REGION_INDEX);
	uint32_t value[2];
	struct iovec vec[] = { { &value[0], 2 }, { &value[1], 2 } };
	/* Not known to the compiler, which would rightly object. */
	void *volatile nowhere = NULL;
	int fd = d->dev->fd;

	if (!info)
		return;
	dump_line(d, "seek set: %s", result(lseek(fd, info->offset, SEEK_SET)));
	dump_line(d, "read 2: %s", result(read(fd, value, 2)));
	dump_line(d, "position: %s", result(lseek(fd, 0, SEEK_CUR)));
	dump_line(d, "readv: %s", result(readv(fd, vec, 2)));
	dump_line(d, "position: %s", result(lseek(fd, 0, SEEK_CUR)));
	dump_line(d, "seek end: %s", result(lseek(fd, 0, SEEK_END)));
	dump_line(d, "seek back: %s", result(lseek(fd, -1, SEEK_SET)));
	dump_line(d, "seek data: %s", result(lseek(fd, 0, SEEK_DATA)));
	dump_line(d, "read into NULL: %s",
		  result(pread(fd, nowhere, 4, info->offset)));
	dump_line(d, "write from NULL: %s",
		  result(pwrite(fd, nowhere, 4, info->offset)));
	free(info);
}

static void operations(struct dump *d)
{
	struct pollfd pfd = { .fd = d->dev->fd, .events = POLLIN | POLLOUT };
	char path[64], text[1024];
	int fd = d->dev->fd;

	dump_line(d, "poll: %s revents %x", result(poll(&pfd, 1, 0)),
		  pfd.revents);
	dump_line(d, "truncate: %s", result(ftruncate(fd, 0)));
	dump_line(d, "sync: %s", result(fsync(fd)));
	dump_line(d, "allocate: %s", result(fallocate(fd, 0, 0, 4096)));
	dump_line(d, "lock: %s", result(lockf(fd, F_TLOCK, 0)));
	dump_line(d, "flags: %x", fcntl(fd, F_GETFL));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, O_RDWR);
	dump_line(d, "reopen: %s", fd < 0 ? errname(errno) : "opened");
	if (fd >= 0)
		close(fd);
	dump_line(d, "name: %s", link_name(path, text, sizeof(text)));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", d->dev->fd);
	if (file_read(path, text, sizeof(text)) > 0) {
		char *line, *save;

		for (line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			/* The others are numbers of this process. */
			if (!strncmp(line, "vfio", 4) || !strncmp(line, "flags", 5))
				dump_line(d, "fdinfo %s", line);
	}
}

void dump_offsets(struct dump *d)
{
	uint64_t index;

	/* Regions that are not there. */
	for (index = d->num_regions; index < d->num_regions + 4; index++)
		access_at(d, index << 40);
	access_at(d, 255ull << 40);
	access_at(d, 0x7fffffull << 40);
	access_at(d, INT64_MAX);
	access_at(d, -1);
	access_at(d, INT64_MIN);
	/* Far inside regions that are. */
	for (index = 0; index < d->num_regions; index++) {
		access_at(d, (index << 40) + (1ull << 39));
		access_at(d, (index << 40) + 0xffffffffffull);
	}
	positions(d);
	operations(d);
}
