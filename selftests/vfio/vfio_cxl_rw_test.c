// SPDX-License-Identifier: GPL-2.0
/* read(2) and write(2) of the memory: any size, any place, any buffer. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "cxl_test.h"
#include "pages.h"

#define KIB64 (64ul << 10)
#define MIB (1ul << 20)
#define AREA (4 * MIB)		/* that holds a pattern */

FIXTURE(rw) {
	struct cxl_dev dev;
	uint8_t *map;		/* of AREA bytes */
	uint8_t *buf;		/* of AREA bytes */
};

static uint8_t pattern(uint64_t offset)
{
	return offset ^ offset >> 8 ^ offset >> 16;
}

FIXTURE_SETUP(rw)
{
	uint64_t i;

	cxl_dev_open(&self->dev, cxl_bdf);
	ASSERT_LE(4 * AREA, self->dev.size);
	self->map = cxl_mem_map(&self->dev, 0, AREA);
	ASSERT_NE(MAP_FAILED, self->map);
	self->buf = xcalloc(1, AREA);
	for (i = 0; i < AREA; i++)
		self->buf[i] = pattern(i);
	memcpy(self->map, self->buf, AREA);
	memset(self->buf, 0, AREA);
}

FIXTURE_TEARDOWN(rw)
{
	free(self->buf);
	munmap(self->map, AREA);
	cxl_dev_close(&self->dev);
}

static bool is_pattern(const uint8_t *buf, uint64_t offset, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (buf[i] != pattern(offset + i))
			return false;
	return true;
}

TEST_F(rw, every_alignment)
{
	const uint64_t places[] = { 0, PAGE, KIB64, 2 * MIB };
	static const size_t sizes[] = {
		1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 127, 129,
		4095, 4096, 4097, 65535, 65536, 65537, 131073,
	};
	unsigned int i, j, skew;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			for (skew = 0; skew < 20; skew += 1 + (skew > 8) * 3) {
				uint64_t at = places[i] + (places[i] ? 0 : 16) -
					      8 + skew;
				uint8_t *to = self->buf + (skew * 5) % 17;

				to[sizes[j]] = 0xa5;
				ASSERT_EQ(sizes[j], cxl_mem_read(&self->dev, at,
								 to, sizes[j]));
				ASSERT_TRUE(is_pattern(to, at, sizes[j]))
					TH_LOG("%zu bytes at %#llx", sizes[j],
					       (unsigned long long)at);
				ASSERT_EQ(0xa5, to[sizes[j]]);
			}
		}
	}
}

TEST_F(rw, writes_of_every_alignment)
{
	static const size_t sizes[] = { 1, 3, 8, 64, 4095, 65537 };
	unsigned int i, skew;

	memset(self->buf, 0xee, 2 * KIB64);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (skew = 0; skew < 9; skew++) {
			uint64_t at = KIB64 - 4 + skew;
			size_t k;

			ASSERT_EQ(sizes[i], cxl_mem_write(&self->dev, at,
							  self->buf, sizes[i]));
			for (k = 0; k < sizes[i]; k++)
				if (self->map[at + k] != 0xee)
					break;
			ASSERT_EQ(sizes[i], k);
			/* Neither neighbour has changed. */
			ASSERT_TRUE(is_pattern(self->map + at - 64, at - 64,
					       64));
			ASSERT_TRUE(is_pattern(self->map + at + k, at + k, 64));
			for (k = 0; k < sizes[i]; k++)
				self->map[at + k] = pattern(at + k);
		}
	}
}

TEST_F(rw, all_of_it_at_once)
{
	EXPECT_EQ(AREA, cxl_mem_read(&self->dev, 0, self->buf, AREA));
	EXPECT_TRUE(is_pattern(self->buf, 0, AREA));
	memset(self->buf, 0x77, AREA);
	EXPECT_EQ(AREA, cxl_mem_write(&self->dev, 0, self->buf, AREA));
	EXPECT_EQ(0, memcmp(self->map, self->buf, AREA));
}

TEST_F(rw, end_of_region)
{
	struct vfio_dev *vfio = &self->dev.vfio;
	uint32_t index = self->dev.cap.hdm_region_idx;
	uint64_t size = self->dev.size;
	const uint64_t beyond[] = {
		size, size + 1, size + PAGE, 2 * size, (1ull << 40) - 1,
	};
	uint8_t *buf = self->buf;
	unsigned int i;

	memset(buf, 0xa5, 64);
	EXPECT_EQ(1, cxl_mem_read(&self->dev, size - 1, buf, 1));
	EXPECT_EQ(10, cxl_mem_read(&self->dev, size - 10, buf, 64));
	EXPECT_EQ(0xa5, buf[10]);
	/* However much is asked for, what is there is given. */
	EXPECT_EQ(10, cxl_mem_read(&self->dev, size - 10, buf, 1ul << 30));
	EXPECT_EQ(0xa5, buf[10]);
	EXPECT_EQ(10, cxl_mem_write(&self->dev, size - 10, buf, 64));
	EXPECT_EQ(KIB64, cxl_mem_read(&self->dev, size - KIB64, buf, AREA));
	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		EXPECT_EQ(-EINVAL, vfio_region_read(vfio, index, beyond[i], buf,
						    4))
			TH_LOG("%#llx", (unsigned long long)beyond[i]);
		EXPECT_EQ(-EINVAL, vfio_region_write(vfio, index, beyond[i],
						     buf, 4))
			TH_LOG("%#llx", (unsigned long long)beyond[i]);
	}
}

TEST_F(rw, nothing)
{
	EXPECT_EQ(0, cxl_mem_read(&self->dev, 0, self->buf, 0));
	EXPECT_EQ(0, cxl_mem_write(&self->dev, 0, self->buf, 0));
	EXPECT_EQ(0, cxl_mem_read(&self->dev, 0, NULL, 0));
	EXPECT_TRUE(is_pattern(self->map, 0, PAGE));
}

TEST_F(rw, buffers_that_are_not_there)
{
	const size_t valid[] = { 1, 100, PAGE, KIB64, KIB64 + 1,
					2 * KIB64 };
	uint8_t *space = mmap(NULL, 4 * KIB64, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *end = space + 3 * KIB64;
	unsigned int i;
	ssize_t n;

	ASSERT_NE(MAP_FAILED, space);
	munmap(end, KIB64);
	EXPECT_EQ(-EFAULT, cxl_mem_read(&self->dev, 0, NULL, 8));
	EXPECT_EQ(-EFAULT, cxl_mem_write(&self->dev, 0, NULL, 8));
	EXPECT_EQ(-EFAULT, cxl_mem_read(&self->dev, 0, (void *)-PAGE, 8));
	EXPECT_EQ(-EFAULT, cxl_mem_write(&self->dev, 0, (void *)-PAGE, 8));
	for (i = 0; i < ARRAY_SIZE(valid); i++) {
		/* What is reported was transferred; less than all is. */
		memset(end - valid[i], 0, valid[i]);
		n = cxl_mem_read(&self->dev, 0, end - valid[i], 4 * KIB64);
		EXPECT_TRUE(n == -EFAULT || (n > 0 && n <= (ssize_t)valid[i]))
			TH_LOG("%zd of %zu bytes were read", n, valid[i]);
		EXPECT_TRUE(n < 0 || is_pattern(end - valid[i], 0, n));

		memset(end - valid[i], 0x99, valid[i]);
		n = cxl_mem_write(&self->dev, MIB, end - valid[i], 4 * KIB64);
		EXPECT_TRUE(n == -EFAULT || (n > 0 && n <= (ssize_t)valid[i]))
			TH_LOG("%zd of %zu bytes were written", n, valid[i]);
		/* Nothing comes from where no buffer was. */
		EXPECT_TRUE(is_pattern(self->map + MIB + valid[i],
				       MIB + valid[i], KIB64))
			TH_LOG("behind %zu bytes", valid[i]);
		if (n > 0) {
			EXPECT_EQ(0, memcmp(self->map + MIB, end - valid[i],
					    n));
		}
	}
	munmap(space, 3 * KIB64);
}

TEST_F(rw, read_only_buffer)
{
	uint8_t *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

	EXPECT_EQ(-EFAULT, cxl_mem_read(&self->dev, 0, page, 8));
	EXPECT_EQ(8, cxl_mem_write(&self->dev, 0, page, 8));
	munmap(page, PAGE);
}

/* The buffer faults in the same memory, through the same gate. */
TEST_F(rw, buffer_is_a_mapping_of_the_memory)
{
	uint8_t *fresh = cxl_mem_map(&self->dev, AREA, AREA);

	ASSERT_NE(MAP_FAILED, fresh);
	EXPECT_EQ(AREA, cxl_mem_read(&self->dev, 0, fresh, AREA));
	EXPECT_TRUE(is_pattern(fresh, 0, AREA));
	munmap(fresh, AREA);

	fresh = cxl_mem_map(&self->dev, AREA, AREA);
	ASSERT_NE(MAP_FAILED, fresh);
	EXPECT_EQ(AREA - 8, cxl_mem_write(&self->dev, 2 * AREA, fresh + 8,
					  AREA - 8));
	munmap(fresh, AREA);
	EXPECT_EQ(AREA - 8, cxl_mem_read(&self->dev, 2 * AREA, self->buf,
					 AREA - 8));
	EXPECT_TRUE(is_pattern(self->buf, 8, AREA - 8));

	/* Onto itself. */
	EXPECT_EQ(MIB, cxl_mem_read(&self->dev, 0, self->map, MIB));
	EXPECT_EQ(MIB, cxl_mem_write(&self->dev, 0, self->map, MIB));
	EXPECT_TRUE(is_pattern(self->map, 0, MIB));
	/* And registers into it. */
	EXPECT_EQ(4, cxl_comp_read(&self->dev, 0x1000, self->map, 4));
	EXPECT_EQ(1, self->map[0]);
	EXPECT_EQ(256, vfio_region_read(&self->dev.vfio,
					VFIO_PCI_CONFIG_REGION_INDEX,
					self->dev.dvsec, self->map, 256));
}

TEST_F(rw, vectors)
{
	struct iovec iov[3] = {
		{ self->buf, 5 }, { self->buf + 100, 0 },
		{ self->buf + 200, KIB64 },
	};

	EXPECT_EQ(5 + KIB64, preadv(self->dev.vfio.fd, iov, 3,
				    self->dev.offset + 3));
	EXPECT_TRUE(is_pattern(self->buf, 3, 5));
	EXPECT_TRUE(is_pattern(self->buf + 200, 8, KIB64));
	EXPECT_EQ(5 + KIB64, pwritev(self->dev.vfio.fd, iov, 3,
				     self->dev.offset + 3));
	EXPECT_TRUE(is_pattern(self->map, 0, 2 * KIB64));
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	alarms++;
}

/* A signal ends a long transfer early, with what is done so far. */
TEST_F(rw, signals)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = {};
	unsigned int round, cut = 0;
	size_t done = 0;
	ssize_t n;

	sigaction(SIGALRM, &action, NULL);
	for (round = 0; round < 20 && !cut; round++) {
		memset(self->buf, 0, AREA);
		setitimer(ITIMER_REAL, &often, NULL);
		for (done = 0; done < AREA; done += n) {
			n = cxl_mem_read(&self->dev, done, self->buf + done,
					 AREA - done);
			if (n == -EINTR)
				n = 0;
			if (n < 0 || n > (ssize_t)(AREA - done))
				break;
			cut += n < (ssize_t)(AREA - done);
		}
		setitimer(ITIMER_REAL, &never, NULL);
		ASSERT_EQ(AREA, done);
		ASSERT_TRUE(is_pattern(self->buf, 0, AREA));
	}
	EXPECT_NE(0, alarms);
	EXPECT_NE(0, cut);
}

TEST_F(rw, killed)
{
	int64_t start;
	int status;
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			cxl_mem_read(&self->dev, 0, self->buf, AREA);
	}
	sleep_ms(100);
	start = now_ms();
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_GT(30000, now_ms() - start);
}

/* Write and read back in an area of one's own; the exit status says how. */
static int hammer(struct cxl_dev *dev, unsigned int worker, uint8_t *buf)
{
	uint64_t start = worker * MIB + 13 * worker;
	unsigned int round, seed = worker;
	uint8_t *back = buf + MIB;

	for (round = 0; round < 30; round++) {
		size_t skew = rand_r(&seed) % PAGE;
		size_t count = rand_r(&seed) % (3 * KIB64);

		memset(buf, worker + round, count);
		if (cxl_mem_write(dev, start + skew, buf, count) !=
		    (ssize_t)count ||
		    cxl_mem_read(dev, start + skew, back, count) !=
		    (ssize_t)count || memcmp(buf, back, count))
			return 1;
	}
	return 0;
}

TEST_F(rw, several_at_once)
{
	enum { WORKERS = 4 };
	pid_t pids[WORKERS];
	unsigned int i;
	int status;

	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(hammer(&self->dev, i, self->buf));
	}
	for (i = 0; i < WORKERS; i++) {
		EXPECT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status)
			TH_LOG("worker %u", i);
	}
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
