// SPDX-License-Identifier: GPL-2.0
/* Requests that are none of the device's, and arguments that are nothing. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "probe.h"

/* Numbers past the last request of linux/vfio.h. */
#define LAST_NUMBER 48

/* These do something with any argument, so other sections have them. */
static bool acts(unsigned int number)
{
	return _IO(VFIO_TYPE, VFIO_BASE + number) == VFIO_DEVICE_RESET;
}

void dump_ioctl(struct dump *d)
{
	static const unsigned long foreign[] = {
		0, 1, ~0u, FIONREAD, TIOCGWINSZ,
		_IOR(VFIO_TYPE, VFIO_BASE + 7, uint32_t),
		_IOWR(VFIO_TYPE, VFIO_BASE + 8, uint64_t),
		_IO(VFIO_TYPE, 0), _IO(VFIO_TYPE, 255),
		_IO(VFIO_TYPE + 1, VFIO_BASE + 7),
	};
	unsigned int number;
	char label[64];
	size_t i;
	int ret;

	for (number = 0; number < LAST_NUMBER; number++) {
		if (acts(number))
			continue;
		snprintf(label, sizeof(label), "request %u of garbage", number);
		probe_ioctl(d, label, _IO(VFIO_TYPE, VFIO_BASE + number), "", 0);
		ret = vfio_ioctl(d->dev->fd, _IO(VFIO_TYPE, VFIO_BASE + number),
				 NULL);
		dump_line(d, "request %u of NULL: %s", number, errname(ret));
	}
	for (i = 0; i < ARRAY_SIZE(foreign); i++) {
		snprintf(label, sizeof(label), "request %#lx", foreign[i]);
		probe_ioctl(d, label, foreign[i], "", 0);
	}
}
