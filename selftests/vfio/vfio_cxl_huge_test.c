// SPDX-License-Identifier: GPL-2.0
/* The sizes of the pages that map the memory, by the faults that they save. */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "cxl_test.h"
#include "module.h"

#define KIB4 (4ul << 10)
#define MIB2 (2ul << 20)
#define GIB1 (1ul << 30)

/* Touch at most this many places: a page takes the emulated host a while. */
#define MAX_TOUCHES 512

struct faults {
	uint64_t pte, pmd, pud;
};

static struct faults faults_now(void)
{
	return (struct faults){
		cxl_counter(cxl_bdf, "faults pte"),
		cxl_counter(cxl_bdf, "faults pmd"),
		cxl_counter(cxl_bdf, "faults pud"),
	};
}

FIXTURE(huge) {
	struct cxl_dev dev;
	char max_order[16];
};

FIXTURE_SETUP(huge)
{
	cxl_dev_open(&self->dev, cxl_bdf);
	module_param(cxl_vfio_pci_driver.module, "max_order", self->max_order,
		     sizeof(self->max_order));
	if (!cxl_counters_available(cxl_bdf)) {
		cxl_dev_close(&self->dev);
		SKIP(return, "the driver's counters cannot be read");
	}
}

FIXTURE_TEARDOWN(huge)
{
	module_set_param(cxl_vfio_pci_driver.module, "max_order",
			 self->max_order);
	cxl_dev_close(&self->dev);
}

/* Touch a byte in each @step bytes of a new mapping; the faults it took. */
static struct faults touch_all(struct cxl_dev *dev, uint64_t offset,
			       size_t size, size_t align, size_t skew,
			       size_t step)
{
	struct faults before, after;
	volatile char *map;
	size_t at;

	map = cxl_mem_map_aligned(dev, offset, size, align, skew);
	if (map == MAP_FAILED)
		die("%#zx bytes at %#llx cannot be mapped: %s", size,
		    (unsigned long long)offset, errname(errno));
	before = faults_now();
	for (at = 0; at < size; at += step)
		(void)map[at];
	after = faults_now();
	munmap((void *)map, size);
	return (struct faults){
		after.pte - before.pte, after.pmd - before.pmd,
		after.pud - before.pud,
	};
}

#define expect_faults(f, ptes, pmds, puds) do {	\
	struct faults got = f;			\
	EXPECT_EQ(ptes, got.pte);		\
	EXPECT_EQ(pmds, got.pmd);		\
	EXPECT_EQ(puds, got.pud);		\
} while (0)

static uint64_t physical(struct cxl_dev *dev)
{
	char gate[512];
	uint64_t start;

	if (cxl_debugfs_read(dev->vfio.bdf, "gate", gate, sizeof(gate)) <= 0 ||
	    sscanf(gate, "window: %lx", &start) != 1)
		die("the window's address cannot be read");
	return start;
}

/* 1 GiB aligned physically and virtually: one fault a GiB. */
TEST_F(huge, gibibytes)
{
	struct cxl_dev *dev = &self->dev;
	uint64_t gibibytes = dev->size / GIB1;

	if (!gibibytes || physical(dev) % GIB1)
		SKIP(return, "the window has no aligned GiB");
	expect_faults(touch_all(dev, 0, gibibytes * GIB1, GIB1, 0, MIB2 * 8),
		      0, 0, gibibytes);
}

TEST_F(huge, gibibyte_borders)
{
	struct cxl_dev *dev = &self->dev;

	if (dev->size < 4 * GIB1 || physical(dev) % GIB1)
		SKIP(return, "the window has no four aligned GiB");
	/* Half a GiB, a GiB, half a GiB. */
	expect_faults(touch_all(dev, GIB1 / 2, 2 * GIB1, GIB1, GIB1 / 2, MIB2),
		      0, 512, 1);
}

/* 2 MiB aligned only: one fault for 2 MiB. */
TEST_F(huge, mebibytes)
{
	struct cxl_dev *dev = &self->dev;
	size_t size = MAX_TOUCHES * MIB2 < dev->size ? MAX_TOUCHES * MIB2 :
						       dev->size;

	expect_faults(touch_all(dev, 0, size, GIB1, MIB2, MIB2), 0, size / MIB2,
		      0);
}

TEST_F(huge, mebibyte_borders)
{
	struct cxl_dev *dev = &self->dev;

	/* A page, 2 MiB, a page. */
	expect_faults(touch_all(dev, MIB2 - KIB4, MIB2 + 2 * KIB4, MIB2,
				MIB2 - KIB4, KIB4), 2, 1, 0);
}

/* Aligned otherwise than the memory is: a fault a page. */
TEST_F(huge, pages)
{
	struct cxl_dev *dev = &self->dev;

	expect_faults(touch_all(dev, 0, 64 * KIB4, GIB1, KIB4, KIB4), 64, 0, 0);
	expect_faults(touch_all(dev, KIB4, MIB2, MIB2, 0, KIB4), MIB2 / KIB4, 0,
		      0);
}

/* One fault, whichever byte comes first. */
TEST_F(huge, any_byte)
{
	volatile char *map = cxl_mem_map_aligned(&self->dev, 0, 2 * MIB2, MIB2,
						 0);
	struct faults before, after;

	ASSERT_NE(MAP_FAILED, (void *)map);
	before = faults_now();
	(void)map[MIB2 - 1];
	(void)map[0];
	(void)map[MIB2 / 2 + 12345];
	after = faults_now();
	EXPECT_EQ(before.pmd + 1, after.pmd);
	EXPECT_EQ(before.pte, after.pte);
	munmap((void *)map, 2 * MIB2);
}

TEST_F(huge, max_order)
{
	const char *module = cxl_vfio_pci_driver.module;
	struct cxl_dev *dev = &self->dev;
	bool pud = dev->size >= GIB1 && !(physical(dev) % GIB1);
	size_t size = pud ? GIB1 : 16 * MIB2;

	ASSERT_EQ(0, module_set_param(module, "max_order", "0"));
	expect_faults(touch_all(dev, 0, 16 * KIB4, GIB1, 0, KIB4), 16, 0, 0);
	ASSERT_EQ(0, module_set_param(module, "max_order", "8"));
	expect_faults(touch_all(dev, 0, MIB2, GIB1, 0, MIB2 / 4), 4, 0, 0);
	ASSERT_EQ(0, module_set_param(module, "max_order", "9"));
	expect_faults(touch_all(dev, 0, size, GIB1, 0, MIB2), 0, size / MIB2,
		      0);
	ASSERT_EQ(0, module_set_param(module, "max_order", "17"));
	expect_faults(touch_all(dev, 0, size, GIB1, 0, MIB2), 0, size / MIB2,
		      0);
	ASSERT_EQ(0, module_set_param(module, "max_order", "18"));
	expect_faults(touch_all(dev, 0, size, GIB1, 0, MIB2), 0,
		      pud ? 0 : size / MIB2, pud ? 1 : 0);
}

/* A mapping whose pages are as large as can be, all of them touched. */
static char *map_and_number(struct cxl_dev *dev, size_t size)
{
	char *map = cxl_mem_map_aligned(dev, 0, size, GIB1, 0);
	size_t at;

	if (map == MAP_FAILED)
		die("%#zx bytes cannot be mapped: %s", size, errname(errno));
	for (at = 0; at < size; at += size / 64)
		*(volatile size_t *)(map + at) = at;
	return map;
}

/* Whether the numbers from @from to @to are there. */
static bool numbered(const char *map, size_t size, size_t from, size_t to)
{
	size_t at;

	for (at = from; at < to; at += size / 64)
		if (*(volatile const size_t *)(map + at) != at)
			return false;
	return true;
}

static size_t large_size(struct cxl_dev *dev)
{
	return dev->size >= 2 * GIB1 ? 2 * GIB1 : 16 * MIB2;
}

/*
 * Large pages come apart where a part of them is treated otherwise. The kernel
 * of 7.3 takes the host down where nobody prevents it: at a border that is no
 * multiple of 2 MiB, inside a page of 1 GiB.
 */
TEST_F(huge, split)
{
	static const size_t skews[] = { MIB2, KIB4, 2 * KIB4, MIB2 - KIB4 };
	size_t size = large_size(&self->dev);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(skews); i++) {
		char *map = map_and_number(&self->dev, size);
		char *middle = map + size / 4 + skews[i];

		ASSERT_EQ(0, mprotect(middle, KIB4, PROT_READ));
		EXPECT_TRUE(numbered(map, size, 0, size));
		*(volatile char *)(middle + KIB4 + 8) = 1;
		*(volatile char *)(middle - KIB4 + 8) = 1;
		ASSERT_EQ(0, munmap(middle, KIB4));
		EXPECT_TRUE(numbered(map, size, 0, size / 4));
		EXPECT_TRUE(numbered(map, size, size / 2, size));
		munmap(map, size);
	}
}

TEST_F(huge, cut_ends_off)
{
	size_t size = large_size(&self->dev);
	char *map = map_and_number(&self->dev, size);

	ASSERT_EQ(0, munmap(map, KIB4));
	ASSERT_EQ(0, munmap(map + size - KIB4, KIB4));
	EXPECT_TRUE(numbered(map, size, size / 64, size - size / 64));
	ASSERT_EQ(map + KIB4, mremap(map + KIB4, size - 2 * KIB4, size / 2, 0));
	EXPECT_TRUE(numbered(map, size, size / 64, size / 2));
	munmap(map, size);
}

/* To addresses that are aligned as before, and otherwise. */
TEST_F(huge, move)
{
	static const size_t skews[] = { 0, GIB1, MIB2, KIB4, GIB1 / 2 };
	size_t size = large_size(&self->dev), offset;
	char *space, *to, *map;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(skews); i++) {
		for (offset = 0; offset <= size / 2; offset += size / 4) {
			map = map_and_number(&self->dev, size);
			space = mmap(NULL, size + 4 * GIB1, PROT_NONE,
				     MAP_PRIVATE | MAP_ANONYMOUS |
				     MAP_NORESERVE, -1, 0);
			ASSERT_NE(MAP_FAILED, space);
			to = (char *)(((uintptr_t)space + GIB1) & -GIB1) +
			     skews[i];
			ASSERT_EQ(to, mremap(map + offset, size - offset,
					     size - offset, MREMAP_MAYMOVE |
					     MREMAP_FIXED, to));
			EXPECT_TRUE(numbered(to - offset, size, offset, size))
				TH_LOG("moved by %#zx from %#zx on", skews[i],
				       offset);
			EXPECT_TRUE(numbered(map, size, 0, offset))
				TH_LOG("moved by %#zx from %#zx on", skews[i],
				       offset);
			munmap(space, size + 4 * GIB1);
			munmap(map, size);
		}
	}
}

TEST_F(huge, fork)
{
	size_t size = large_size(&self->dev);
	char *map = map_and_number(&self->dev, size);
	int status;
	pid_t pid = fork();

	if (!pid) {
		bool ok = numbered(map, size, 0, size);

		munmap(map + KIB4, KIB4);
		_exit(!ok || !numbered(map, size, 0, size));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(numbered(map, size, 0, size));
	munmap(map, size);
}

int main(int argc, char **argv)
{
	cxl_bind_init(argc, argv);
	return test_harness_run(argc, argv);
}
