// SPDX-License-Identifier: GPL-2.0
/* The tracepoints: each fault, each move of the gate, each write to a shadow, with what came of it. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "cxl_test.h"
#include "hdm.h"
#include "pages.h"
#include "touch.h"

#define TRACEFS "/sys/kernel/tracing"
#define EVENTS TRACEFS "/events/cxl_vfio_pci"

/* What was traced between the last two calls of traced(). */
static char text[65536];

FIXTURE(trace) {
	struct cxl_dev dev;
};

static void forget(void)
{
	int fd = open(TRACEFS "/trace", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		die("cannot clear %s: %s", TRACEFS "/trace", errname(errno));
	close(fd);
}

FIXTURE_SETUP(trace)
{
	if (access(TRACEFS "/trace", F_OK))
		SKIP(return, "tracefs is not mounted");
	cxl_dev_open(&self->dev, cxl_bdf);
	forget();
	ASSERT_EQ(0, file_write(EVENTS "/enable", "1"));
}

FIXTURE_TEARDOWN(trace)
{
	file_write(EVENTS "/enable", "0");
	cxl_dev_close(&self->dev);
}

static void traced(void)
{
	int fd = open(TRACEFS "/trace", O_RDONLY);
	size_t len = 0;
	ssize_t some;

	if (fd < 0)
		die("cannot open %s: %s", TRACEFS "/trace", errname(errno));
	while (len < sizeof(text) - 1 &&
	       (some = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += some;
	close(fd);
	text[len] = 0;
	forget();
}

/* Whether @event was traced with exactly @rest behind the name of the device. */
static bool has_event(const char *event, const char *rest)
{
	char line[256];
	const char *at;
	size_t len;

	len = snprintf(line, sizeof(line), "%s: %s %s", event, cxl_bdf, rest);
	for (at = text; (at = strstr(at, line)); at++)
		if (at[len] == '\n')
			return true;
	return false;
}

#define EXPECT_EVENT(event, ...)					\
do {									\
	char rest_[192];						\
									\
	snprintf(rest_, sizeof(rest_), __VA_ARGS__);			\
	EXPECT_TRUE(has_event(event, rest_))			\
		TH_LOG("no %s: %s in\n%s", event, rest_, text);	\
} while (0)

TEST_F(trace, faults)
{
	uint32_t value;
	void *map;

	map = cxl_mem_map_aligned(&self->dev, 5 * PAGE, PAGE, PAGE, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_STREQ("ok", touch(map, false, &value));
	traced();
	EXPECT_EVENT("cxl_vfio_fault", "offset=%#zx order=0 mapped",
		     5 * PAGE);

	cxl_set_memory_space(&self->dev, false);
	EXPECT_STREQ("BUS", touch(map, false, &value));
	cxl_set_memory_space(&self->dev, true);
	traced();
	EXPECT_EVENT("cxl_vfio_fault",
		     "offset=%#zx order=0 memory space disabled", 5 * PAGE);
	munmap(map, PAGE);
}

TEST_F(trace, gate)
{
	const char *held, *open;

	traced();
	ASSERT_EQ(0, vfio_ioctl(self->dev.vfio.fd, VFIO_DEVICE_RESET, NULL));
	traced();
	EXPECT_EVENT("cxl_vfio_gate", "held");
	EXPECT_EVENT("cxl_vfio_gate", "open");
	held = strstr(text, " held\n");
	open = strstr(text, " open\n");
	EXPECT_LT(held, open);
	/* However many resets it takes: mapping it is not for nothing. */
	EXPECT_EQ(NULL, strstr(open + 1, " open\n"));

	cxl_dev_close(&self->dev);
	traced();
	EXPECT_EVENT("cxl_vfio_gate", "not open");
	cxl_dev_open(&self->dev, cxl_bdf);
}

TEST_F(trace, register_writes)
{
	unsigned int control = self->dev.hdm + CTRL(0);
	uint32_t value = cxl_hdm_get(&self->dev, CTRL(0));

	if (value & LOCK)
		SKIP(return, "decoder 0 is locked");
	traced();
	cxl_hdm_set(&self->dev, CTRL(0), value & ~COMMIT);
	traced();
	EXPECT_EVENT("cxl_vfio_register_write",
		     "component+%#x len=4 value=%#x effect=released", control,
		     value & ~COMMIT);
	cxl_hdm_set(&self->dev, CTRL(0), value);
	traced();
	EXPECT_EVENT("cxl_vfio_register_write",
		     "component+%#x len=4 value=%#x effect=committed", control,
		     value);
	/* A register that writes do not change. */
	cxl_dvsec_set(&self->dev, 0x0a, 2, 0xffff);
	traced();
	EXPECT_EVENT("cxl_vfio_register_write",
		     "dvsec+0xa len=2 value=0xffff effect=none");
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
