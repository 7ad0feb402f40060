// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that fails: the users of the page learn of it by SIGBUS, others do not,
 * and the host goes on. The kernel's own injection stands in for a failure that
 * the platform reports; on an emulated device whose machine has an Intel CPU, a
 * load of poison ends in a real machine check.
 *
 * It marks nothing for good: there is no struct page to be marked.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "cxl_test.h"
#include "pages.h"

#define INJECT "/sys/devices/system/memory/hard_offline_page"
#define LEN (4ul << 20)

struct bus {
	volatile sig_atomic_t count;
	siginfo_t info;
	sigjmp_buf back;
	bool jump;
};

static struct bus bus;

static void on_bus(int sig, siginfo_t *info, void *context)
{
	bus.count++;
	bus.info = *info;
	if (bus.jump)
		siglongjmp(bus.back, 1);
}

static void catch_bus(void)
{
	struct sigaction action = {
		.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO,
	};

	memset(&bus, 0, sizeof(bus));
	sigaction(SIGBUS, &action, NULL);
}

/* Whether SIGBUS named a memory error of the page at @at. */
static bool told_of(const char *at)
{
	return (bus.info.si_code == BUS_MCEERR_AR ||
		bus.info.si_code == BUS_MCEERR_AO) &&
	       (uintptr_t)bus.info.si_addr / PAGE == (uintptr_t)at / PAGE &&
	       1ul << bus.info.si_addr_lsb == PAGE;
}

FIXTURE(poison) {
	struct cxl_dev dev;
	uint64_t base;		/* physical */
	char *map;
};

static uint64_t window_base(struct cxl_dev *dev)
{
	uint64_t low = cxl_hdm_get(dev, CXL_HDM_DECODER0_BASE_LOW_OFFSET(0));
	uint64_t high = cxl_hdm_get(dev, CXL_HDM_DECODER0_BASE_HIGH_OFFSET(0));

	return low | high << 32;
}

/* 0, or -errno: EBUSY or ENXIO where nobody knows the page. */
static int fail_page(uint64_t address)
{
	char text[32];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)address);
	return file_write(INJECT, text);
}

FIXTURE_SETUP(poison)
{
	if (access(INJECT, W_OK))
		SKIP(return, "this kernel does not handle memory failures");
	cxl_dev_open(&self->dev, cxl_bdf);
	self->base = window_base(&self->dev);
	self->map = cxl_mem_map_aligned(&self->dev, 0, LEN, LEN, 0);
	ASSERT_NE(MAP_FAILED, self->map);
	catch_bus();
}

FIXTURE_TEARDOWN(poison)
{
	char byte;

	EXPECT_EQ(1, cxl_mem_read(&self->dev, LEN + 1, &byte, 1));
	munmap(self->map, LEN);
	cxl_dev_close(&self->dev);
}

TEST_F(poison, the_user_is_told)
{
	volatile char *page = self->map + 5 * PAGE;

	page[17] = 1;
	/* In a process that the page belongs to, the kernel acts at once. */
	EXPECT_EQ(0, fail_page(self->base + 5 * PAGE));
	EXPECT_EQ(1, bus.count);
	EXPECT_TRUE(told_of(self->map + 5 * PAGE))
		TH_LOG("code %d, address %p, lsb %d", bus.info.si_code,
		       bus.info.si_addr, bus.info.si_addr_lsb);
	EXPECT_EQ(BUS_MCEERR_AR, bus.info.si_code);
	/* Its neighbours are as good as before. */
	self->map[4 * PAGE] = 1;
	self->map[6 * PAGE] = 1;
}

static bool raises_bus(void *at)
{
	volatile char *byte = at;

	memset(&bus, 0, sizeof(bus));
	bus.jump = true;
	if (!sigsetjmp(bus.back, 1))
		(void)*byte;
	bus.jump = false;
	return bus.count;
}

/* It is unmapped, and it alone; nobody consumes it a second time. */
TEST_F(poison, it_is_unmapped)
{
	volatile char *page = self->map + 5 * PAGE;
	char *other = cxl_mem_map(&self->dev, 4 * PAGE, 2 * PAGE);
	unsigned int i;

	ASSERT_NE(MAP_FAILED, other);
	page[0] = 1;
	other[0] = 1;
	EXPECT_EQ(0, fail_page(self->base + 5 * PAGE));
	EXPECT_TRUE(wait_until(raises_bus, (void *)page, 1000));
	EXPECT_EQ(BUS_MCEERR_AR, bus.info.si_code);
	EXPECT_TRUE(told_of(self->map + 5 * PAGE));
	EXPECT_TRUE(raises_bus(other + PAGE));
	for (i = 0; i < LEN / PAGE; i++)
		EXPECT_EQ(i == 5, raises_bus(self->map + i * PAGE));
	EXPECT_FALSE(raises_bus(other));
	/* What a device has done about it is seen after a reset. */
	EXPECT_EQ(0, vfio_ioctl(self->dev.vfio.fd, VFIO_DEVICE_RESET, NULL));
	EXPECT_FALSE(raises_bus((void *)page));
	munmap(other, 2 * PAGE);
}

TEST_F(poison, wherever_it_is_mapped)
{
	const uint64_t places[] = { 0, PAGE, LEN / 2, LEN - PAGE };
	/* Another part of the memory, at an address that is aligned otherwise. */
	char *other = cxl_mem_map_aligned(&self->dev, LEN + PAGE, LEN, LEN,
					  3 * PAGE);
	unsigned int i;

	ASSERT_NE(MAP_FAILED, other);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		*(volatile char *)(other + places[i]) = 1;
		bus.count = 0;
		EXPECT_EQ(0, fail_page(self->base + LEN + PAGE + places[i]));
		EXPECT_EQ(1, bus.count);
		EXPECT_TRUE(told_of(other + places[i]))
			TH_LOG("address %p instead of %p", bus.info.si_addr,
			       other + places[i]);
	}
	munmap(other, LEN);
}

/* Within what time a child is told, and after which it is not. */
#define TOLD_MS 30000
#define SILENT_MS 100

/* A child that waits for SIGBUS, with one area of the memory mapped. */
struct witness {
	pid_t pid;
	int said;	/* a byte: 'r'eady, then 't'old, 'w'rong */
};

static void wait_for_bus(int said, const char *expected)
{
	sigset_t none;

	catch_bus();
	/* As a VMM does, which has a guest to tell. */
	prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	sigemptyset(&none);
	if (write(said, "r", 1) != 1)
		_exit(2);
	while (!bus.count)
		sigsuspend(&none);
	if (write(said, told_of(expected) ? "t" : "w", 1) != 1)
		_exit(2);
	pause();
}

static void start_witness(struct witness *witness, struct cxl_dev *dev,
			  uint64_t offset, size_t size, uint64_t bad)
{
	int fds[2];
	char byte;
	char *map;

	if (pipe(fds))
		die("no pipe");
	witness->pid = fork();
	if (!witness->pid) {
		map = cxl_mem_map(dev, offset, size);
		if (map == MAP_FAILED)
			_exit(2);
		*(volatile char *)map = 1;
		wait_for_bus(fds[1], map + (bad - offset));
		_exit(2);
	}
	close(fds[1]);
	witness->said = fds[0];
	if (read(fds[0], &byte, 1) != 1)
		die("a child did not start");
}

/*
 * What it said until the time was over, 0 if nothing, -1 if it died without a
 * word.
 */
static int ask_witness(struct witness *witness, int timeout_ms)
{
	struct pollfd said_fd = { .fd = witness->said, .events = POLLIN };
	int said = 0;
	char byte;

	if (poll(&said_fd, 1, timeout_ms) == 1)
		said = read(witness->said, &byte, 1) == 1 ? byte : -1;
	kill(witness->pid, SIGKILL);
	waitpid(witness->pid, NULL, 0);
	close(witness->said);
	return said;
}

TEST_F(poison, each_who_maps_it_and_nobody_else)
{
	const uint64_t bad = 3 * LEN + 8 * PAGE;
	struct witness has, has_too, before, behind;

	munmap(self->map, LEN);
	self->map = NULL;
	start_witness(&has, &self->dev, bad, PAGE, bad);
	start_witness(&has_too, &self->dev, bad - 8 * PAGE, 16 * PAGE, bad);
	start_witness(&before, &self->dev, bad - 8 * PAGE, 8 * PAGE, bad);
	start_witness(&behind, &self->dev, bad + PAGE, 8 * PAGE, bad);
	EXPECT_EQ(0, fail_page(self->base + bad));
	EXPECT_EQ('t', ask_witness(&has, TOLD_MS));
	EXPECT_EQ('t', ask_witness(&has_too, TOLD_MS));
	EXPECT_EQ(0, ask_witness(&before, SILENT_MS));
	EXPECT_EQ(0, ask_witness(&behind, SILENT_MS));
	EXPECT_EQ(0, bus.count);
}

TEST_F(poison, nobody_has_it_open)
{
	cxl_dev_close(&self->dev);
	munmap(self->map, LEN);
	/* Handled or not, no process can be meant. */
	fail_page(self->base);
	EXPECT_EQ(0, bus.count);
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
	*(volatile char *)self->map = 1;
	EXPECT_EQ(0, bus.count);
}

TEST_F(poison, outside_of_the_window)
{
	/* The next byte behind it belongs to nobody, or to somebody else. */
	fail_page(self->base + self->dev.size);
	EXPECT_EQ(0, bus.count);
}

FIXTURE(consumed) {
	struct cxl_dev dev;
	char *map;
};

/* On Arm firmware's error record tells the kernel which page it was. */
static bool survives_poison(void)
{
	char text[4096];

	if (file_read("/proc/cpuinfo", text, sizeof(text)) <= 0)
		return false;
	return strstr(text, "GenuineIntel") ||
	       (strstr(text, "CPU implementer") &&
		!access("/sys/firmware/acpi/tables/HEST", F_OK));
}

FIXTURE_SETUP(consumed)
{
	if (!cxl_host_emulated() || !survives_poison())
		SKIP(return, "no poison can be made here that a CPU survives");
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map_aligned(&self->dev, 0, LEN, LEN, 0);
	ASSERT_NE(MAP_FAILED, self->map);
	catch_bus();
	bus.jump = true;
	cxl_host_do("poison", 7 * PAGE);
}

FIXTURE_TEARDOWN(consumed)
{
	cxl_host_do("poison-clear", 7 * PAGE);
	munmap(self->map, LEN);
	cxl_dev_close(&self->dev);
}

TEST_F(consumed, by_a_load)
{
	volatile char *page = self->map + 7 * PAGE;

	if (!sigsetjmp(bus.back, 1)) {
		(void)page[100];
		EXPECT_TRUE(false)
			TH_LOG("the load completed");
	}
	EXPECT_EQ(1, bus.count);
	EXPECT_EQ(BUS_MCEERR_AR, bus.info.si_code);
	EXPECT_EQ((uintptr_t)page / PAGE, (uintptr_t)bus.info.si_addr / PAGE);
	/* Again, because the page stays. */
	if (!sigsetjmp(bus.back, 1)) {
		(void)page[0];
		EXPECT_TRUE(false)
			TH_LOG("the load completed");
	}
	EXPECT_EQ(2, bus.count);
}

/* The kernel is the one that loads. */
TEST_F(consumed, by_a_read)
{
	char buf[3 * PAGE];
	ssize_t n;

#ifdef __aarch64__
	/* Its kernels have no copy that survives. */
	ASSERT_FALSE(cxl_copies_survive());
#endif
	if (!cxl_copies_survive()) {
		cxl_allow_copies(false);
		n = cxl_mem_read(&self->dev, 7 * PAGE, buf, 64);
		cxl_allow_copies(true);
		EXPECT_EQ(-EINVAL, n);
	} else if (!sigsetjmp(bus.back, 1)) {
		n = cxl_mem_read(&self->dev, 7 * PAGE, buf, 64);
		EXPECT_EQ(-EIO, n);
		n = cxl_mem_read(&self->dev, 6 * PAGE, buf, sizeof(buf));
		EXPECT_TRUE(n == -EIO || (n > 0 && n <= (ssize_t)PAGE))
			TH_LOG("%zd", n);
	}
	/* Around it, all is well. */
	EXPECT_EQ(64, cxl_mem_read(&self->dev, 8 * PAGE, buf, 64));
	EXPECT_EQ(64, cxl_mem_read(&self->dev, 7 * PAGE - 64, buf, 64));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
