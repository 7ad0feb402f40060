// SPDX-License-Identifier: GPL-2.0
/*
 * The memory behind a mapping has no pages that the kernel could hold. Whoever
 * asks for them is told so, and nothing else happens.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "cxl_test.h"

#define LEN (2ul << 20)
#define PATTERN 0x5eed5eed

FIXTURE(gup) {
	struct cxl_dev dev;
	volatile uint32_t *map;
};

FIXTURE_SETUP(gup)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, (void *)self->map);
	*self->map = PATTERN;
}

FIXTURE_TEARDOWN(gup)
{
	EXPECT_EQ(PATTERN, *self->map);
	munmap((void *)self->map, LEN);
	cxl_dev_close(&self->dev);
}

static void *at(volatile uint32_t *map)
{
	return (void *)map;
}

TEST_F(gup, process_vm_access)
{
	char buf[64] = {};
	struct iovec here = { buf, sizeof(buf) };
	struct iovec there = { at(self->map), sizeof(buf) };

	EXPECT_EQ(-1, process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	if (errno == ENOSYS)
		SKIP(return, "this kernel lacks CONFIG_CROSS_MEMORY_ATTACH");
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(gup, proc_mem)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	uint32_t value = 0;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, pread(fd, &value, 4, (uintptr_t)self->map));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, pwrite(fd, &value, 4, (uintptr_t)self->map));
	EXPECT_EQ(EIO, errno);
	close(fd);
}

TEST_F(gup, ptrace)
{
	long word;
	int status;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, at(self->map), 0);
	EXPECT_EQ(-1, word);
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, pid, at(self->map), 0));
	ptrace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
}

/* Ordinary writes copy through the mapping, direct ones would pin its pages. */
TEST_F(gup, files)
{
	char path[] = "/tmp/vfio_cxl_XXXXXX";
	int fd = mkstemp(path);
	uint32_t value = 0;
	ssize_t n;

	ASSERT_LE(0, fd);
	unlink(path);
	EXPECT_EQ(LEN, write(fd, at(self->map), LEN));
	EXPECT_EQ(4, pread(fd, &value, 4, 0));
	EXPECT_EQ(PATTERN, value);
	EXPECT_EQ(LEN, pread(fd, at(self->map), LEN, 0));
	if (!fcntl(fd, F_SETFL, O_DIRECT)) {
		/* tmpfs takes the flag and copies; a disk says EFAULT. */
		n = pwrite(fd, at(self->map), 4096, 0);
		EXPECT_TRUE(n == 4096 || (n < 0 && errno == EFAULT));
	}
	close(fd);
}

TEST_F(gup, vmsplice)
{
	struct iovec iov = { at(self->map), 4096 };
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	EXPECT_EQ(-1, vmsplice(fds[1], &iov, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	close(fds[0]);
	close(fds[1]);
}

TEST_F(gup, zero_copy_send)
{
	int fds[2], one = 1;
	ssize_t n;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	setsockopt(fds[0], SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	n = send(fds[0], at(self->map), 4096, MSG_ZEROCOPY | MSG_DONTWAIT);
	EXPECT_TRUE(n == 4096 || n < 0);
	close(fds[0]);
	close(fds[1]);
}

/* A system call that writes to a user buffer faults it in like a store. */
TEST_F(gup, buffers_of_system_calls)
{
	volatile uint32_t *fresh = cxl_mem_map(&self->dev, LEN, LEN);
	struct timespec *ts = at(fresh + 16);

	ASSERT_NE(MAP_FAILED, (void *)fresh);
	EXPECT_EQ(0, clock_gettime(CLOCK_MONOTONIC, ts));
	EXPECT_NE(0, ts->tv_nsec | ts->tv_sec);
	munmap(at(fresh), LEN);
}

/* A dump of the process leaves it out. */
TEST_F(gup, core_dump)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		abort();
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGABRT, WTERMSIG(status));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
