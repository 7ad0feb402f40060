// SPDX-License-Identifier: GPL-2.0-or-later
/* The model of the CPUs' caches: the instructions that flush a line of them */
#include "accel.h"
#include "page.h"
#include "suites.h"

#define OLD	0x0102030405060708ULL
#define NEW	0x1112131415161718ULL
#define LINE	8			/* in reg64_t */

static struct accel *ready(void)
{
	struct accel *a = accel_get(0);

	/* what the last case has left dirty would be lost in the reset */
	prop_set(a, "cpu-cache-flush", 1);
	prop_bool(a, "cpu-cache-evicts", false);
	accel_ready(a);
	return a;
}

static uint64_t medium(struct accel *a, unsigned int index)
{
	prop_set(a, "medium", index * 8);
	return prop(a, "medium");
}

/* Two lines that memory does not know yet */
static reg64_t *dirty(struct accel *a, unsigned int index)
{
	reg64_t *at = a->window + index;

	at[0] = at[LINE] = OLD;
	prop_set(a, "cpu-cache-flush", 1);
	CHECK_EQ(medium(a, index), OLD);
	at[0] = at[LINE] = NEW;
	CHECK_EQ(medium(a, index), OLD);
	CHECK_EQ(medium(a, index + LINE), OLD);
	return at;
}

static void check_first_line_only(struct accel *a, unsigned int index)
{
	CHECK_EQ(medium(a, index), NEW);
	CHECK_EQ(medium(a, index + LINE), OLD);
	CHECK_EQ(a->window[index], NEW);
	CHECK_EQ(a->window[index + LINE], NEW);
}

#ifdef __x86_64__

static void flush(reg64_t *at)
{
	asm volatile("clflush %0" : "+m" (*at));
}

static void write_back(reg64_t *at)
{
	asm volatile("clwb %0" : "+m" (*at));
}

/* Every way to name a line in memory */
static void addressing(void)
{
	struct accel *a = ready();
	unsigned int index = 0x2000;
	reg64_t *at = dirty(a, index);

	asm volatile("clflushopt 0x18(%0)" : : "r" (at) : "memory");
	check_first_line_only(a, index);
	at = dirty(a, index);
	asm volatile("clflush -0x1000(%0)" : : "r" (at + 0x200) : "memory");
	check_first_line_only(a, index);
	at = dirty(a, index);
	asm volatile("clflush (%0,%1,8)" : : "r" (a->window), "r" (0x2000L) : "memory");
	check_first_line_only(a, index);
	at = dirty(a, index);
	asm volatile("mov %0, %%r13; mov $0x10, %%r12; clflushopt 8(%%r13,%%r12,1)"
		     : : "r" (at) : "memory", "r12", "r13");
	check_first_line_only(a, index);
	at = dirty(a, index);
	asm volatile("mov %0, %%r12; clflush (%%r12)" : : "r" (at) : "memory", "r12");
	check_first_line_only(a, index);
}

/* What looks alike flushes nothing */
static void others(void)
{
	struct accel *a = ready();
	reg64_t *at = dirty(a, 0x3000);

	asm volatile("lfence; mfence; sfence; prefetchw %0" : "+m" (*at));
	CHECK_EQ(medium(a, 0x3000), OLD);
}

/* A store that does not stay in the cache */
static void around(void)
{
	struct accel *a = ready();
	reg64_t *at = dirty(a, 0x4000);

	asm volatile("movnti %1, %0" : "=m" (at[1]) : "r" (NEW));
	CHECK_EQ(medium(a, 0x4001), NEW);
	check_first_line_only(a, 0x4000);
}

#elif defined(__aarch64__)

static void flush(reg64_t *at)
{
	asm volatile("dc civac, %0" : : "r" (at) : "memory");
}

static void write_back(reg64_t *at)
{
	asm volatile("dc cvac, %0" : : "r" (at) : "memory");
}

#endif

static void line_is_flushed(void)
{
	struct accel *a = ready();
	uint64_t lines = prop(a, "cpu-cache-lines-flushed");

	flush(dirty(a, 0x1000));
	check_first_line_only(a, 0x1000);
	CHECK_EQ(prop(a, "cpu-cache-lines-flushed"), lines + 1);
}

static void line_is_written_back(void)
{
	struct accel *a = ready();

	write_back(dirty(a, 0x1000));
	check_first_line_only(a, 0x1000);
}

static void cxl_reset_and_back(struct accel *a)
{
	dv16_write(a, DV_CTRL2, CTRL2_RESET | CTRL2_MEM_CLR);
	CHECK_EQ(wait_cxl_reset(a), STATUS2_COMPLETE);
	decoder_commit(a, 0, a->base, a->size, 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
}

/* A line that was written back only is still there, and stale */
static void stale(void)
{
	struct accel *a = ready();
	reg64_t *at = dirty(a, 0x5000);

	prop_set(a, "cpu-cache-flush", 1);
	cxl_reset_and_back(a);
	CHECK_EQ(medium(a, 0x5000), 0);
	CHECK_EQ(at[0], NEW);
	write_back(at);
	CHECK_EQ(at[0], NEW);
	CHECK_EQ(medium(a, 0x5000), 0);
	flush(at);
	CHECK_EQ(at[0], 0);
	CHECK_EQ(at[LINE], NEW);
	CHECK_EQ(prop(a, "stray-accesses"), 0);
}

/* A flush that comes when nothing decodes any more */
static void too_late(void)
{
	struct accel *a = ready();
	reg64_t *at = dirty(a, 0x6000);
	uint64_t lost = prop(a, "cpu-cache-lost"), end = now_ms() + LONG_MS;

	dv16_write(a, DV_CTRL, 0);
	flush(at);
	while (prop(a, "cpu-cache-lost") != lost + 2)
		CHECK(now_ms() < end);
	CHECK_EQ(prop(a, "stray-writes"), 2);
	prop_set(a, "stray-accesses", 0);
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK_EQ(at[0], OLD);
}

/* The device's own accesses ask the CPUs' caches */
static void engine(void)
{
	struct accel *a = ready();
	uint64_t phys;
	reg32_t *page = host_page(&phys);

	dirty(a, 0x7000);
	a->regs[REG_DMA_IOVA_LO] = phys;
	a->regs[REG_DMA_IOVA_HI] = phys >> 32;
	a->regs[REG_DMA_DPA_LO] = 0x7000 * 8;
	a->regs[REG_DMA_DPA_HI] = 0;
	a->regs[REG_DMA_LENGTH] = 8;
	a->regs[REG_DMA_START] = DMA_TO_HOST;
	CHECK_EQ(a->regs[REG_DMA_STATUS], DMA_OK);
	CHECK_EQ(page[0], (uint32_t)NEW);
	page[0] = 0x77;
	a->regs[REG_DMA_START] = DMA_TO_DEVICE;
	CHECK_EQ(a->regs[REG_DMA_STATUS], DMA_OK);
	CHECK_EQ((uint32_t)a->window[0x7000], 0x77);
}

const struct suite cpu_cache_suite = {
	"cpu-cache", (const struct test_case[]) {
		{ "line-is-flushed", line_is_flushed },
		{ "line-is-written-back", line_is_written_back },
#ifdef __x86_64__
		{ "addressing", addressing },
		{ "others", others },
		{ "around", around },
#endif
		{ "stale", stale },
		{ "too-late", too_late },
		{ "engine", engine },
		{ }
	}
};
