// SPDX-License-Identifier: GPL-2.0
/*
 * Eight threads on one open device: they map, read and write the memory while
 * it is reset, put to sleep and switched off under them.
 *
 *	vfio_cxl_race_test BDF [ID [SECONDS [SEED]]]
 *
 * An access may be refused, by SIGBUS or EIO. One that is not refused has to
 * find what the thread wrote there last: each has a stripe of the memory to
 * itself, and no reset here clears it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/pci_regs.h>

#include "caught.h"
#include "cxl_bind.h"
#include "cxl_host.h"
#include "hdm.h"
#include "pages.h"
#include "random.h"
#include "tap.h"

#define SECONDS 10
#define EXTRA_MS 30000
/* As much as a large page of 16 KiB pages, so that one fits. */
#define STRIPE (32ull << 20)
#define SLOTS 512
#define SLOT (STRIPE / SLOTS)
/* The first so many threads have one. */
#define STRIPES 3
/* A read and a write of several slots, in more than one piece for the driver. */
#define RUN 12

struct race;

struct worker {
	struct race *race;
	const char *name;
	void (*step)(struct worker *worker);
	pthread_t thread;
	struct random random;
	uint64_t start;			/* of the stripe */
	volatile char *map;
	uint64_t slot[SLOTS];		/* what is there */
	uint64_t done, refused, wrong;
};

struct race {
	struct cxl_dev dev;
	unsigned int flr, pmcsr;	/* registers in configuration space */
	uint32_t bars[6];
	/* vfio-pci-core reads a BAR for its user although sysfs resets the function: nobody here asks for both. */
	pthread_rwlock_t bar;
	int64_t end;
	struct worker worker[8];
};

static void wrong(struct worker *worker, const char *fmt, ...) __printf(2, 3);

static void wrong(struct worker *worker, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (worker->wrong++ < 5)
		tap_note("%s: %s", worker->name, what);
}

/*
 * What came of a read, write or ioctl. It may be refused with EIO, and with
 * @refusal.
 */
static bool judge(struct worker *worker, const char *what, ssize_t result,
		  ssize_t expected, int refusal)
{
	if (result == expected) {
		worker->done++;
		return true;
	}
	if (result == -EIO || result == refusal)
		worker->refused++;
	else
		wrong(worker, "%s gives %s (%zd)", what,
		      result < 0 ? errname(result) : "a part", result);
	return false;
}

static bool coin(struct worker *worker, unsigned int sides)
{
	return !random_below(&worker->random, sides);
}

/* Leave the others some time with things as they are. */
static void pause_for(struct worker *worker, int limit_ms)
{
	sleep_ms(random_below(&worker->random, limit_ms));
}

/* The memory, mapped: a store that raised SIGBUS was not made. */

static volatile uint64_t *slot_at(struct worker *worker, unsigned int i)
{
	return (volatile uint64_t *)(worker->map + i * SLOT);
}

static void remap(struct worker *worker, size_t align)
{
	struct cxl_dev *dev = &worker->race->dev;

	if (worker->map)
		munmap((void *)worker->map, STRIPE);
	worker->map = cxl_mem_map_aligned(dev, worker->start, STRIPE, align, 0);
	if (worker->map == MAP_FAILED)
		die("the memory cannot be mapped: %s", errname(errno));
}

static void touch_slots(struct worker *worker, size_t align)
{
	unsigned int i = random_below(&worker->random, SLOTS);
	uint64_t value;

	if (!worker->map || coin(worker, 64))
		remap(worker, align);
	if (coin(worker, 2)) {
		value = random_next(&worker->random);
		if (caught_store(slot_at(worker, i), value)) {
			worker->slot[i] = value;
			worker->done++;
			return;
		}
	} else if (caught_load(slot_at(worker, i), &value)) {
		worker->done++;
		if (value != worker->slot[i])
			wrong(worker, "slot %u has %#llx instead of %#llx", i,
			      (unsigned long long)value,
			      (unsigned long long)worker->slot[i]);
		return;
	}
	worker->refused++;
}

static void map_small(struct worker *worker)
{
	touch_slots(worker, PAGE);
}

static void map_huge(struct worker *worker)
{
	touch_slots(worker, PMD);
}

/* The memory, copied by the kernel. */

static void read_run(struct worker *worker)
{
	static char buf[RUN * SLOT];
	struct cxl_dev *dev = &worker->race->dev;
	unsigned int i, first = random_below(&worker->random, SLOTS - RUN);
	uint64_t at = worker->start + first * SLOT, value;
	ssize_t n = cxl_mem_read(dev, at, buf, sizeof(buf));

	/* A refusal may come after the first piece. */
	if (n != (ssize_t)sizeof(buf) && n > 0 && n % (64 << 10) == 0)
		worker->refused++;
	else if (!judge(worker, "a read", n, sizeof(buf), 0))
		n = 0;
	for (i = 0; i < RUN && (ssize_t)(i * SLOT + sizeof(value)) <= n; i++) {
		memcpy(&value, buf + i * SLOT, sizeof(value));
		if (value != worker->slot[first + i])
			wrong(worker, "slot %u reads %#llx instead of %#llx",
			      first + i, (unsigned long long)value,
			      (unsigned long long)worker->slot[first + i]);
	}
}

static void write_slot(struct worker *worker)
{
	struct cxl_dev *dev = &worker->race->dev;
	unsigned int i = random_below(&worker->random, SLOTS);
	uint64_t value = random_next(&worker->random);

	if (judge(worker, "a write",
		  cxl_mem_write(dev, worker->start + i * SLOT, &value,
				sizeof(value)), sizeof(value), 0))
		worker->slot[i] = value;
}

static void copy(struct worker *worker)
{
	unsigned int i = random_below(&worker->random, SLOTS);
	struct cxl_dev *dev = &worker->race->dev;

	if (coin(worker, 2)) {
		write_slot(worker);
	} else if (coin(worker, 4)) {
		/* Into the mapping itself, which faults while the copy runs. */
		if (!worker->map)
			remap(worker, PAGE);
		if (judge(worker, "a read into the mapping",
			  cxl_mem_read(dev, worker->start + i * SLOT,
				       (char *)slot_at(worker, i), 8), 8, -EFAULT))
			return;
	} else {
		read_run(worker);
	}
}

/* What takes the memory away. */

static int config(struct worker *worker, unsigned int pos, unsigned int width,
		  uint32_t value)
{
	return vfio_config_write(&worker->race->dev.vfio, pos, width, value);
}

static void reset(struct worker *worker)
{
	struct cxl_dev *dev = &worker->race->dev;
	unsigned int dvsec = dev->dvsec + CXL_DVSEC_CONTROL2;

	switch (random_below(&worker->random, 5)) {
	case 0:
		/* Somebody else may be resetting. */
		judge(worker, "VFIO_DEVICE_RESET",
		      vfio_ioctl(dev->vfio.fd, VFIO_DEVICE_RESET, NULL), 0,
		      -EAGAIN);
		break;
	case 1:
		judge(worker, "FLR", config(worker, worker->race->flr, 2,
					    PCI_EXP_DEVCTL_BCR_FLR), 0, 0);
		break;
	case 2:
		pthread_rwlock_wrlock(&worker->race->bar);
		judge(worker, "a reset by the host",
		      pci_attr_write(dev->vfio.bdf, "reset", "1"), 0, -EAGAIN);
		pthread_rwlock_unlock(&worker->race->bar);
		break;
	case 3:
		judge(worker, "a write-back", config(worker, dvsec, 2,
			CXL_DVSEC_CTRL2_INITIATE_WBI), 0, 0);
		break;
	default:
		judge(worker, "a CXL reset", config(worker, dvsec, 2,
			CXL_DVSEC_CTRL2_INITIATE_RESET), 0, 0);
		break;
	}
	pause_for(worker, 250);
}

static void switch_off_and_on(struct worker *worker)
{
	struct cxl_dev *dev = &worker->race->dev;
	unsigned int control = dev->dvsec + CXL_DVSEC_CONTROL;

	judge(worker, "Memory Space off", config(worker, PCI_COMMAND, 2, 0), 0,
	      0);
	judge(worker, "Mem_Enable off", config(worker, control, 2, 0), 0, 0);
	pause_for(worker, 4);
	judge(worker, "Mem_Enable on", config(worker, control, 2,
	      CXL_DVSEC_CTRL_MEM_ENABLE), 0, 0);
	judge(worker, "Memory Space on", config(worker, PCI_COMMAND, 2,
	      PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER), 0, 0);
	pause_for(worker, 60);
}

static void sleep_and_wake(struct worker *worker)
{
	struct race *race = worker->race;
	unsigned int bar = random_below(&worker->random, 6);

	switch (random_below(&worker->random, 3)) {
	case 0:
		judge(worker, "to D3hot", config(worker, race->pmcsr, 2, 3), 0,
		      0);
		pause_for(worker, 4);
		judge(worker, "to D0", config(worker, race->pmcsr, 2, 0), 0,
		      0);
		break;
	case 1:
		judge(worker, "low power", vfio_low_power(&race->dev.vfio,
		      VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, -1), 0, -EINVAL);
		pause_for(worker, 4);
		judge(worker, "end of low power", vfio_low_power(&race->dev.vfio,
		      VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1), 0, -EINVAL);
		break;
	default:
		judge(worker, "another BAR", config(worker,
		      PCI_BASE_ADDRESS_0 + 4 * bar, 4, ~0u), 0, 0);
		judge(worker, "the BAR", config(worker, PCI_BASE_ADDRESS_0 +
		      4 * bar, 4, race->bars[bar]), 0, 0);
		break;
	}
	pause_for(worker, 100);
}

static void shadows(struct worker *worker)
{
	struct cxl_dev *dev = &worker->race->dev;
	unsigned int end = 0x10 + 0x20 * dev->decoders;
	unsigned int offset = random_below(&worker->random, end) & ~3u;
	uint32_t value = random_next(&worker->random);

	if (coin(worker, 3))
		judge(worker, "a decoder's register is written",
		      cxl_comp_write(dev, dev->hdm + offset, &value, 4), 4, 0);
	else
		judge(worker, "a decoder's register is read",
		      cxl_comp_read(dev, dev->hdm + offset, &value, 4), 4, 0);
	pause_for(worker, 3);
}

static void look(struct worker *worker)
{
	static const char * const files[] = { "gate", "shadow", "counters" };
	struct cxl_dev *dev = &worker->race->dev;
	struct vfio_device_info *info;
	static char text[32768];
	uint32_t value;

	switch (random_below(&worker->random, 3)) {
	case 0:
		info = vfio_device_info(&dev->vfio);
		judge(worker, "device info", info ? 0 : -errno, 0, 0);
		free(info);
		break;
	case 1:
		pthread_rwlock_rdlock(&worker->race->bar);
		judge(worker, "the component BAR", vfio_region_read(&dev->vfio,
		      dev->cap.comp_reg_bar, 0, &value, 4), 4, 0);
		pthread_rwlock_unlock(&worker->race->bar);
		break;
	default:
		judge(worker, "debugfs", cxl_debugfs_read(dev->vfio.bdf,
		      files[random_below(&worker->random, 3)], text,
		      sizeof(text)) > 0, 1, 0);
		break;
	}
	pause_for(worker, 10);
}

static uint64_t refused(const struct race *race)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(race->worker); i++)
		sum += race->worker[i].refused;
	return sum;
}

/*
 * A busy machine may not come to a worker in the time, and a slow one does so
 * little that no access may have met a change: then some more.
 */
static bool goes_on(const struct worker *worker)
{
	const struct race *race = worker->race;
	int64_t now = now_ms();

	return now < race->end || !worker->done ||
	       (now < race->end + EXTRA_MS && !refused(race));
}

static void *run(void *arg)
{
	struct worker *worker = arg;

	do {
		worker->step(worker);
	} while (goes_on(worker));
	return NULL;
}

/* Whatever was switched off last, everything is on. */
static void calm_down(struct race *race)
{
	struct vfio_dev *dev = &race->dev.vfio;
	unsigned int i;

	vfio_low_power(dev, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, -1);
	vfio_config_write(dev, race->pmcsr, 2, 0);
	for (i = 0; i < 6; i++)
		vfio_config_write(dev, PCI_BASE_ADDRESS_0 + 4 * i, 4,
				  race->bars[i]);
	cxl_set_memory_space(&race->dev, true);
}

static void check_contents(struct worker *worker)
{
	struct cxl_dev *dev = &worker->race->dev;
	unsigned int i, bad = 0;
	uint64_t copied, mapped;

	if (worker->map)
		munmap((void *)worker->map, STRIPE);
	worker->map = NULL;
	remap(worker, PMD);
	for (i = 0; i < SLOTS; i++) {
		copied = mapped = ~worker->slot[i];
		cxl_mem_read(dev, worker->start + i * SLOT, &copied, 8);
		caught_load(slot_at(worker, i), &mapped);
		bad += copied != worker->slot[i] || mapped != worker->slot[i];
	}
	tap_ok(!bad, "%s: the memory has what was written last (%u of %u differ)",
	       worker->name, bad, SLOTS);
	munmap((void *)worker->map, STRIPE);
}

int main(int argc, char **argv)
{
	static const struct worker roles[] = {
		{ .name = "small pages", .step = map_small },
		{ .name = "large pages", .step = map_huge },
		{ .name = "read and write", .step = copy },
		{ .name = "resets", .step = reset },
		{ .name = "Memory Space", .step = switch_off_and_on },
		{ .name = "power and BARs", .step = sleep_and_wake },
		{ .name = "decoders", .step = shadows },
		{ .name = "looking on", .step = look },
	};
	uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 0) : 1;
	int seconds = argc > 3 ? atoi(argv[3]) : SECONDS;
	uint32_t before[CXL_HDM_DWORDS], after[CXL_HDM_DWORDS];
	uint64_t stray = 0;
	static const uint64_t zero;
	static struct race race = { .bar = PTHREAD_RWLOCK_INITIALIZER };
	unsigned int i, j, count = 0;
	struct vfio_dev *dev = &race.dev.vfio;

	cxl_bind_init(argc, argv);
	tap_header();
	cxl_dev_open(&race.dev, cxl_bdf);
	race.flr = vfio_config_cap(dev, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL;
	race.pmcsr = vfio_config_cap(dev, PCI_CAP_ID_PM) + PCI_PM_CTRL;
	for (i = 0; i < 6; i++) {
		race.bars[i] = vfio_config_read(dev, PCI_BASE_ADDRESS_0 + 4 * i, 4);
		/* Threads shall find the regions' places known. */
		vfio_region_read32(dev, i, 0);
	}
	if (cxl_host_emulated()) {
		count = cxl_host_hdm(&race.dev, before);
		stray = cxl_host_get("stray-accesses");
	}
	caught_start();
	tap_note("seed %llu, %d s", (unsigned long long)seed, seconds);
	for (i = 0; i < ARRAY_SIZE(roles); i++) {
		struct worker *worker = &race.worker[i];

		*worker = roles[i];
		worker->race = &race;
		worker->start = i * STRIPE;
		random_seed(&worker->random, seed * 1000 + i);
		/* The others do not touch the memory. */
		for (j = 0; i < STRIPES && j < SLOTS; j++)
			if (cxl_mem_write(&race.dev, worker->start + j * SLOT,
					  &zero, 8) != 8)
				die("the memory cannot be written");
	}
	race.end = now_ms() + 1000ll * seconds;
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		if (pthread_create(&race.worker[i].thread, NULL, run,
				   &race.worker[i]))
			die("no thread");
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		pthread_join(race.worker[i].thread, NULL);
	calm_down(&race);
	for (i = 0; i < ARRAY_SIZE(roles); i++) {
		struct worker *worker = &race.worker[i];

		tap_ok(worker->done && !worker->wrong,
		       "%s: %llu done, %llu refused, %llu wrong", worker->name,
		       (unsigned long long)worker->done,
		       (unsigned long long)worker->refused,
		       (unsigned long long)worker->wrong);
		if (i < STRIPES)
			check_contents(worker);
	}
	tap_ok(refused(&race), "accesses met changes: %llu were refused",
	       (unsigned long long)refused(&race));
	if (cxl_host_emulated()) {
		cxl_host_hdm(&race.dev, after);
		tap_ok(!memcmp(before, after, 4 * count),
		       "the physical decoder is as it was");
		stray = cxl_host_get("stray-accesses") - stray;
		tap_ok(!stray, "%llu accesses to memory that nothing decoded",
		       (unsigned long long)stray);
	}
	cxl_dev_close(&race.dev);
	tap_finish();
}
