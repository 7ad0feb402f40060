// SPDX-License-Identifier: GPL-2.0
/* The sizes of the pages that map the memory, by the faults that they save. */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "cxl_test.h"
#include "module.h"
#include "pages.h"

/* What the driver maps around a page of the smallest size. */
#define AROUND (PAGE > (64ul << 10) ? PAGE : 64ul << 10)
/* What no large page is aligned to more than: one of 1 GiB on x86, of 512 MiB with pages of 64 KiB. */
#define GIB1 (1ul << 30)

/* Touch at most this many places: a page takes the emulated host a while. */
#define MAX_TOUCHES 512
/* Touch no more than this: what was touched leaves the CPUs' caches line by line. */
#define MAX_SIZE (4ul << 30)

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
	if (self->dev.size < 2 * PMD) {
		cxl_dev_close(&self->dev);
		SKIP(return, "the memory has less than two large pages");
	}
}

FIXTURE_TEARDOWN(huge)
{
	module_set_param(cxl_vfio_pci_driver.module, "max_order",
			 self->max_order);
	cxl_dev_close(&self->dev);
}

static size_t at_most(size_t most, size_t size)
{
	return size < most ? size : most;
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

/* Aligned physically and virtually: one fault for as much as the largest page has. */
TEST_F(huge, largest)
{
	struct cxl_dev *dev = &self->dev;
	uint64_t gibibytes = at_most(MAX_SIZE, dev->size) / GIB1;

	if (!gibibytes || physical(dev) % GIB1)
		SKIP(return, "the window has no aligned GiB");
	expect_faults(touch_all(dev, 0, gibibytes * GIB1, GIB1, 0, PMD), 0,
		      MAPS_PUD ? 0 : gibibytes * GIB1 / PMD,
		      MAPS_PUD ? gibibytes : 0);
}

TEST_F(huge, largest_borders)
{
	struct cxl_dev *dev = &self->dev;

	if (dev->size < 4 * GIB1 || physical(dev) % GIB1)
		SKIP(return, "the window has no four aligned GiB");
	/* Half a GiB, a GiB, half a GiB. */
	expect_faults(touch_all(dev, GIB1 / 2, 2 * GIB1, GIB1, GIB1 / 2, PMD),
		      0, (MAPS_PUD ? 1 : 2) * GIB1 / PMD, MAPS_PUD ? 1 : 0);
}

/* Aligned to the second largest only: one fault for each. */
TEST_F(huge, middle)
{
	struct cxl_dev *dev = &self->dev;
	size_t size = at_most(at_most(MAX_SIZE, MAX_TOUCHES * PMD), dev->size);

	expect_faults(touch_all(dev, 0, size, GIB1, PMD, PMD), 0, size / PMD,
		      0);
}

TEST_F(huge, middle_borders)
{
	struct cxl_dev *dev = &self->dev;

	/* A page, a large one, a page. */
	expect_faults(touch_all(dev, PMD - PAGE, PMD + 2 * PAGE, PMD,
				PMD - PAGE, PAGE), 2, 1, 0);
}

/* Aligned otherwise than the memory is: a fault maps the pages around, as far as the area reaches. */
TEST_F(huge, pages)
{
	struct cxl_dev *dev = &self->dev;

	expect_faults(touch_all(dev, 0, 4 * AROUND, GIB1, PAGE, PAGE),
		      AROUND / PAGE == 1 ? 4 : 5, 0, 0);
	expect_faults(touch_all(dev, PAGE, PMD, PMD, 0, PMD / MAX_TOUCHES),
		      at_most(MAX_TOUCHES, PMD / AROUND), 0, 0);
	expect_faults(touch_all(dev, 0, PAGE, AROUND, 0, PAGE), 1, 0, 0);
}

/* Whichever page is touched first, all that are mapped with it are those that read() finds. */
TEST_F(huge, pages_around)
{
	struct cxl_dev *dev = &self->dev;
	volatile uint32_t *map;
	size_t at, first;
	uint32_t value;

	for (first = 0; first < 2 * AROUND; first += AROUND - PAGE / 2) {
		map = cxl_mem_map_aligned(dev, PAGE, 2 * AROUND, PMD, 0);
		ASSERT_NE(MAP_FAILED, (void *)map);
		map[first / 4] = 0;
		for (at = 0; at < 2 * AROUND; at += PAGE)
			map[at / 4] = first + at + 1;
		for (at = 0; at < 2 * AROUND; at += PAGE) {
			vfio_region_read(&dev->vfio, dev->cap.hdm_region_idx,
					 PAGE + at, &value, 4);
			EXPECT_EQ(first + at + 1, value);
		}
		munmap((void *)map, 2 * AROUND);
	}
}

/* One fault, whichever byte comes first. */
TEST_F(huge, any_byte)
{
	volatile char *map = cxl_mem_map_aligned(&self->dev, 0, 2 * PMD, PMD,
						 0);
	struct faults before, after;

	ASSERT_NE(MAP_FAILED, (void *)map);
	before = faults_now();
	(void)map[PMD - 1];
	(void)map[0];
	(void)map[PMD / 2 + 12345];
	after = faults_now();
	EXPECT_EQ(before.pmd + 1, after.pmd);
	EXPECT_EQ(before.pte, after.pte);
	munmap((void *)map, 2 * PMD);
}

static void set_max_order(size_t size)
{
	char order[16];

	snprintf(order, sizeof(order), "%d", __builtin_ctzl(size / PAGE));
	if (module_set_param(cxl_vfio_pci_driver.module, "max_order", order))
		die("max_order cannot be set to %s", order);
}

TEST_F(huge, max_order)
{
	struct cxl_dev *dev = &self->dev;
	bool pud = MAPS_PUD && dev->size >= PUD && !(physical(dev) % PUD);
	size_t size = pud ? PUD : 2 * PMD;

	set_max_order(PAGE);
	expect_faults(touch_all(dev, 0, 16 * PAGE, GIB1, 0, PAGE),
		      16 * PAGE / AROUND, 0, 0);
	set_max_order(PMD / 2);
	expect_faults(touch_all(dev, 0, PMD, GIB1, 0, PMD / 4), 4, 0, 0);
	set_max_order(PMD);
	expect_faults(touch_all(dev, 0, size, GIB1, 0, PMD), 0, size / PMD, 0);
	set_max_order(PUD / 2);
	expect_faults(touch_all(dev, 0, size, GIB1, 0, PMD), 0, size / PMD, 0);
	set_max_order(PUD);
	expect_faults(touch_all(dev, 0, size, GIB1, 0, PMD), 0,
		      pud ? 0 : size / PMD, pud ? 1 : 0);
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
	if (dev->size >= 2 * GIB1)
		return 2 * GIB1;
	return dev->size < 16 * PMD ? dev->size : 16 * PMD;
}

/*
 * Large pages come apart where a part of them is treated otherwise. The kernel
 * of 7.3 takes the host down where nobody prevents it: at a border that is no
 * multiple of 2 MiB, inside a page of 1 GiB.
 */
TEST_F(huge, split)
{
	const size_t skews[] = { 0, PAGE, 2 * PAGE, PMD - PAGE };
	size_t size = large_size(&self->dev);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(skews); i++) {
		char *map = map_and_number(&self->dev, size);
		char *middle = map + size / 4 + skews[i];

		ASSERT_EQ(0, mprotect(middle, PAGE, PROT_READ));
		EXPECT_TRUE(numbered(map, size, 0, size));
		*(volatile char *)(middle + PAGE + 8) = 1;
		*(volatile char *)(middle - PAGE + 8) = 1;
		ASSERT_EQ(0, munmap(middle, PAGE));
		EXPECT_TRUE(numbered(map, size, 0, size / 4));
		EXPECT_TRUE(numbered(map, size, size / 2, size));
		munmap(map, size);
	}
}

TEST_F(huge, cut_ends_off)
{
	size_t size = large_size(&self->dev);
	char *map = map_and_number(&self->dev, size);

	ASSERT_EQ(0, munmap(map, PAGE));
	ASSERT_EQ(0, munmap(map + size - PAGE, PAGE));
	EXPECT_TRUE(numbered(map, size, size / 64, size - size / 64));
	ASSERT_EQ(map + PAGE, mremap(map + PAGE, size - 2 * PAGE, size / 2, 0));
	EXPECT_TRUE(numbered(map, size, size / 64, size / 2));
	munmap(map, size);
}

/* To addresses that are aligned as before, and otherwise. */
TEST_F(huge, move)
{
	const size_t skews[] = { 0, GIB1, PMD, PAGE, GIB1 / 2 };
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

		munmap(map + PAGE, PAGE);
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
