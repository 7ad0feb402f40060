// SPDX-License-Identifier: GPL-2.0
/* Mappings of the memory: which are made, how they behave, what is refused. */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "cxl_test.h"
#include "pages.h"
#include "touch.h"

#define LEN (4ul << 20)

FIXTURE(mapping) {
	struct cxl_dev dev;
	char *map;		/* of LEN bytes */
};

FIXTURE_SETUP(mapping)
{
	uint32_t i;

	cxl_dev_open(&self->dev, cxl_bdf);
	ASSERT_LE(4 * LEN, self->dev.size);
	self->map = cxl_mem_map(&self->dev, 0, LEN);
	ASSERT_NE(MAP_FAILED, self->map);
	/* Each page has its number. */
	for (i = 0; i < LEN / PAGE; i++)
		*(volatile uint32_t *)(self->map + i * PAGE) = i;
}

FIXTURE_TEARDOWN(mapping)
{
	munmap(self->map, LEN);
	cxl_dev_close(&self->dev);
}

/* Whether @count pages at @at are those from number @first on. */
static bool pages_are(const void *at, uint32_t first, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (*(volatile const uint32_t *)(at + i * PAGE) != first + i)
			return false;
	return true;
}

/* mmap() at any position of the device's file; 0 or -errno. */
static int try_map(struct cxl_dev *dev, uint64_t offset, size_t size, int prot,
		   int flags)
{
	void *map = mmap(NULL, size, prot, flags, dev->vfio.fd,
			 dev->offset + offset);
	int err = map == MAP_FAILED ? -errno : 0;

	if (!err)
		munmap(map, size);
	return err;
}

TEST_F(mapping, sees_what_was_written)
{
	uint32_t value = 0;

	EXPECT_TRUE(pages_are(self->map, 0, LEN / PAGE));
	EXPECT_EQ(4, cxl_mem_read(&self->dev, 7 * PAGE, &value, 4));
	EXPECT_EQ(7, value);
	value = 0x600df00d;
	EXPECT_EQ(4, cxl_mem_write(&self->dev, LEN - 4, &value, 4));
	EXPECT_EQ(value, *(volatile uint32_t *)(self->map + LEN - 4));
}

TEST_F(mapping, bounds)
{
	struct cxl_dev *dev = &self->dev;
	const int prot = PROT_READ | PROT_WRITE;
	const struct {
		uint64_t offset;
		size_t size;
		int err;
	} cases[] = {
		{ 0, dev->size, 0 },
		{ 0, PAGE, 0 },
		{ PAGE, dev->size - PAGE, 0 },
		{ dev->size - PAGE, PAGE, 0 },
		{ dev->size - PAGE, 1, 0 },
		{ dev->size / 2 + PAGE, 3 * PAGE, 0 },
		{ dev->size - PAGE, PAGE + 1, -EINVAL },
		{ dev->size - PAGE, 2 * PAGE, -EINVAL },
		{ 0, dev->size + 1, -EINVAL },
		{ 0, dev->size + PAGE, -EINVAL },
		{ PAGE, dev->size, -EINVAL },
		{ dev->size, PAGE, -EINVAL },
		{ dev->size + PAGE, PAGE, -EINVAL },
		{ 2 * dev->size, PAGE, -EINVAL },
		{ (1ull << 40) - PAGE, PAGE, -EINVAL },
		/* Into the offsets of the next region. */
		{ (1ull << 40) - PAGE, 2 * PAGE, -EINVAL },
		{ 0, 0, -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(cases[i].err, try_map(dev, cases[i].offset,
						cases[i].size, prot,
						MAP_SHARED))
			TH_LOG("%#zx bytes at %#llx", cases[i].size,
			       (unsigned long long)cases[i].offset);
	}
}

/* Offsets that no file has, and those of regions that do not exist. */
TEST_F(mapping, wild_offsets)
{
	const uint64_t offsets[] = {
		1ull << 62, (1ull << 63) - PAGE, 1ull << 63, ~(PAGE - 1),
		0x1000ull << 40, 63ull << 40, ~(PAGE - 1) - (1ull << 40),
	};
	unsigned int i;
	size_t size;
	void *map;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (size = PAGE; size <= 2 * PAGE; size += PAGE) {
			map = mmap(NULL, size, PROT_READ, MAP_SHARED,
				   self->dev.vfio.fd, offsets[i]);
			EXPECT_EQ(MAP_FAILED, map)
				TH_LOG("offset %#llx",
				       (unsigned long long)offsets[i]);
		}
	}
}

TEST_F(mapping, kinds)
{
	struct cxl_dev *dev = &self->dev;
	const int rw = PROT_READ | PROT_WRITE;

	/* A private copy of device memory would lose writes in silence. */
	EXPECT_EQ(-EINVAL, try_map(dev, 0, PAGE, rw, MAP_PRIVATE));
	EXPECT_EQ(-EINVAL, try_map(dev, 0, PAGE, PROT_READ, MAP_PRIVATE));
	EXPECT_EQ(0, try_map(dev, 0, PAGE, rw, MAP_SHARED_VALIDATE));
	EXPECT_EQ(-EOPNOTSUPP, try_map(dev, 0, PAGE, rw,
				       MAP_SHARED_VALIDATE | MAP_SYNC));
	EXPECT_EQ(0, try_map(dev, 0, PAGE, PROT_NONE, MAP_SHARED));
	EXPECT_EQ(0, try_map(dev, 0, PAGE, PROT_READ, MAP_SHARED));
	EXPECT_EQ(0, try_map(dev, 0, PAGE, PROT_WRITE, MAP_SHARED));
	EXPECT_EQ(0, try_map(dev, 0, PAGE, rw, MAP_SHARED | MAP_POPULATE));
	EXPECT_EQ(0, try_map(dev, 0, PAGE, rw, MAP_SHARED | MAP_LOCKED));
	EXPECT_EQ(0, try_map(dev, 0, PAGE, rw, MAP_SHARED | MAP_NORESERVE));
}

TEST_F(mapping, flags_of_the_area)
{
	char line[512], flags[512] = "", head[32];
	FILE *smaps = fopen("/proc/self/smaps", "r");
	bool ours = false;

	ASSERT_NE(NULL, smaps);
	snprintf(head, sizeof(head), "%lx-", (unsigned long)self->map);
	while (fgets(line, sizeof(line), smaps)) {
		if (!strncmp(line, head, strlen(head)))
			ours = true;
		if (ours && sscanf(line, "VmFlags: %[^\n]", flags) == 1)
			break;
	}
	fclose(smaps);
	strcat(flags, " ");
	/* shared, pure PFN, I/O, not to be expanded, not to be dumped */
	EXPECT_NE(NULL, strstr(flags, "sh "));
	EXPECT_NE(NULL, strstr(flags, "pf "));
	EXPECT_NE(NULL, strstr(flags, "io "));
	EXPECT_NE(NULL, strstr(flags, "de "));
	EXPECT_NE(NULL, strstr(flags, "dd "));
}

/* x86 keeps a list of memory types; the window is write-back in all of them. */
TEST_F(mapping, is_write_back)
{
	uint64_t start, end, from, to;
	char line[256], type[64], gate[512];
	unsigned int found = 0;
	FILE *list;

	list = fopen("/sys/kernel/debug/x86/pat_memtype_list", "r");
	if (!list)
		SKIP(return, "this kernel keeps no list of memory types");
	ASSERT_LT(0, cxl_debugfs_read(cxl_bdf, "gate", gate, sizeof(gate)));
	ASSERT_TRUE(sscanf(gate, "window: %lx", &start) == 1);
	end = start + self->dev.size - 1;
	while (fgets(line, sizeof(line), list)) {
		int n = sscanf(line, "PAT: [mem %lx-%lx] %63s", &from, &to, type);

		if (n != 3 || to < start || from > end)
			continue;
		found++;
		EXPECT_STREQ("write-back", type)
			TH_LOG("%s", line);
	}
	fclose(list);
	EXPECT_NE(0, found);
}

TEST_F(mapping, protection)
{
	char *map = mmap(NULL, LEN, PROT_NONE, MAP_SHARED, self->dev.vfio.fd,
			 self->dev.offset);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_STREQ("SEGV", load(map));
	ASSERT_EQ(0, mprotect(map, LEN, PROT_READ));
	EXPECT_STREQ("ok", load(map));
	EXPECT_STREQ("SEGV", store(map, 0));
	ASSERT_EQ(0, mprotect(map, LEN, PROT_READ | PROT_WRITE));
	EXPECT_STREQ("ok", store(map, 0));
	EXPECT_TRUE(pages_are(map, 0, LEN / PAGE));

	/* A part of what one large page maps. */
	ASSERT_EQ(0, mprotect(map + LEN / 2, PAGE, PROT_READ));
	EXPECT_STREQ("SEGV", store(map + LEN / 2, 1));
	EXPECT_STREQ("ok", load(map + LEN / 2));
	EXPECT_STREQ("ok", store(map + LEN / 2 - PAGE, LEN / 2 / PAGE - 1));
	EXPECT_STREQ("ok", store(map + LEN / 2 + PAGE, LEN / 2 / PAGE + 1));
	ASSERT_EQ(0, mprotect(map, LEN, PROT_NONE));
	EXPECT_STREQ("SEGV", load(map + 5 * PAGE));
	ASSERT_EQ(0, mprotect(map, LEN, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(pages_are(map, 0, LEN / PAGE));
	munmap(map, LEN);
}

TEST_F(mapping, unmap_a_part)
{
	char *hole = self->map + LEN / 4;

	ASSERT_EQ(0, munmap(hole, 3 * PAGE));
	EXPECT_STREQ("SEGV", load(hole));
	EXPECT_STREQ("SEGV", load(hole + 2 * PAGE));
	EXPECT_TRUE(pages_are(self->map, 0, LEN / 4 / PAGE));
	EXPECT_TRUE(pages_are(hole + 3 * PAGE, LEN / 4 / PAGE + 3,
			      LEN / 4 * 3 / PAGE - 3));
	/* A mapping of its own in the hole has what belongs there. */
	ASSERT_EQ(hole, mmap(hole, 3 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED,
			     self->dev.vfio.fd, self->dev.offset + LEN / 4));
	EXPECT_TRUE(pages_are(self->map, 0, LEN / PAGE));
}

TEST_F(mapping, move)
{
	char *to = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	char *moved;

	ASSERT_NE(MAP_FAILED, to);
	/* To an address that is aligned otherwise, so that page sizes change. */
	moved = mremap(self->map, LEN / 2, LEN / 2,
		       MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE);
	ASSERT_EQ(to + PAGE, moved);
	EXPECT_STREQ("SEGV", load(self->map));
	EXPECT_TRUE(pages_are(moved, 0, LEN / 2 / PAGE));
	EXPECT_TRUE(pages_are(self->map + LEN / 2, LEN / 2 / PAGE,
			      LEN / 2 / PAGE));
	EXPECT_EQ(MAP_FAILED, mremap(moved, LEN / 2, LEN / 2,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
	munmap(to, LEN);
}

TEST_F(mapping, resize)
{
	ASSERT_EQ(self->map, mremap(self->map, LEN, LEN / 2, 0));
	EXPECT_STREQ("SEGV", load(self->map + LEN / 2));
	EXPECT_TRUE(pages_are(self->map, 0, LEN / 2 / PAGE));
	/* Not even to a size that was allowed at mmap(). */
	EXPECT_EQ(MAP_FAILED, mremap(self->map, LEN / 2, LEN, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->map, LEN / 2, LEN / 2 + PAGE, 0));
	EXPECT_TRUE(pages_are(self->map, 0, LEN / 2 / PAGE));
}

TEST_F(mapping, fork)
{
	volatile uint32_t *shared = (uint32_t *)(self->map + 64);
	int status;
	pid_t pid;

	*shared = 1;
	pid = fork();
	if (!pid) {
		if (*shared != 1 || !pages_are(self->map, 0, LEN / PAGE))
			_exit(2);
		*shared = 2;
		/* A page that the parent has not touched. */
		munmap(self->map, LEN / 2);
		_exit(pages_are(self->map + LEN / 2, LEN / 2 / PAGE, 1) ? 0 :
									  3);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(2, *shared);
	EXPECT_TRUE(pages_are(self->map, 0, LEN / PAGE));
}

TEST_F(mapping, outlives_the_descriptor)
{
	uint32_t value;

	close(self->dev.vfio.fd);
	EXPECT_STREQ("ok", touch(self->map + 3 * PAGE, false, &value));
	EXPECT_EQ(3, value);
	/* It is still this process that has the device open. */
	EXPECT_GT(0, vfio_group_open(cxl_bdf));
	self->dev.vfio.fd = -1;
}

TEST_F(mapping, advice)
{
	static const int advices[] = {
		MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
		MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_MERGEABLE,
		MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_COLD, MADV_PAGEOUT,
		MADV_COLLAPSE, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
		MADV_DONTFORK, MADV_DOFORK, MADV_DODUMP, MADV_DONTDUMP,
	};
	unsigned int i;

	/* Whatever the kernel says to it, the memory is not the kernel's. */
	for (i = 0; i < ARRAY_SIZE(advices); i++) {
		madvise(self->map, LEN, advices[i]);
		EXPECT_TRUE(pages_are(self->map, 0, LEN / PAGE))
			TH_LOG("madvise %d", advices[i]);
	}
	/* A core dump must not read it, in whatever state the device is. */
	EXPECT_NE(0, madvise(self->map, LEN, MADV_DODUMP));
	EXPECT_EQ(0, mlock(self->map, LEN));
	EXPECT_TRUE(pages_are(self->map, 0, LEN / PAGE));
	EXPECT_EQ(0, munlock(self->map, LEN));
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
