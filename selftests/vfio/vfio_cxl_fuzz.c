// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations on the file of a device, checked against a model.
 *
 *	vfio_cxl_fuzz BDF [ID [SECONDS [SEED [STEP]]]]
 *
 * Runs seed after seed, 5000 operations each, until the time is over. A result
 * that the model does not allow ends the program and names the seed and the
 * step; with both, exactly that run is made again, up to that step.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cxl_bind.h"
#include "fuzz/fuzz.h"
#include "hdm.h"
#include "kmsg.h"
#include "tap.h"

#define SECONDS 15
#define STEPS 5000

static const struct fuzz_op * const tables[] = {
	fuzz_access_ops, fuzz_ioctl_ops, fuzz_map_ops, fuzz_change_ops,
};

struct op_count {
	const struct fuzz_op *op;
	uint64_t done;
};

static struct op_count counts[64];
static unsigned int ops, weights;
static const char *current;

void fuzz_fail(struct fuzz *f, const char *fmt, ...)
{
	va_list args;

	printf("# seed %llu, step %llu, %s: ", (unsigned long long)f->seed,
	       (unsigned long long)f->step, current);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n#   Memory Space %d, D%u, low power %d\n", f->memory_space,
	       f->power, f->low_power);
	f->failed = true;
}

bool fuzz_allow(struct fuzz *f, ssize_t result, const char *what,
		const ssize_t *allowed, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (result == allowed[i])
			return true;
	fuzz_fail(f, "%s gives %zd (%s) instead of %zd%s", what, result,
		  result < 0 ? errname(result) : "no error", allowed[0],
		  count > 1 ? " or the like" : "");
	return false;
}

uint64_t fuzz_below(struct fuzz *f, uint64_t limit)
{
	return random_below(&f->random, limit);
}

bool fuzz_coin(struct fuzz *f, unsigned int sides)
{
	return !fuzz_below(f, sides);
}

uint64_t fuzz_near(struct fuzz *f, const uint64_t *places, size_t count,
		   uint64_t end)
{
	uint64_t at, delta;

	if (end && fuzz_coin(f, 3))
		return fuzz_below(f, end);
	at = places[fuzz_below(f, count)];
	delta = fuzz_below(f, 16);
	if (fuzz_coin(f, 3))
		return at;
	return fuzz_coin(f, 2) && delta <= at ? at - delta : at + delta;
}

static struct op_count *choose(struct fuzz *f)
{
	unsigned int i, left = fuzz_below(f, weights);

	for (i = 0; left >= counts[i].op->weight; i++)
		left -= counts[i].op->weight;
	return &counts[i];
}

static void run(struct fuzz *f, uint64_t steps, int64_t end)
{
	struct op_count *count;

	current = "open";
	random_seed(&f->random, f->seed);
	f->step = 0;
	fuzz_open(f);
	while (!f->failed && f->step < steps && now_ms() < end) {
		f->step++;
		count = choose(f);
		current = count->op->name;
		count->op->run(f);
		count->done++;
	}
	fuzz_close(f);
}

static void collect_ops(void)
{
	const struct fuzz_op *op;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (op = tables[i]; op->name; op++) {
			counts[ops++].op = op;
			weights += op->weight;
		}
}

int main(int argc, char **argv)
{
	int seconds = argc > 3 ? atoi(argv[3]) : SECONDS;
	uint64_t first = argc > 4 ? strtoull(argv[4], NULL, 0) : 1;
	uint64_t steps = argc > 5 ? strtoull(argv[5], NULL, 0) : STEPS;
	uint32_t before[CXL_HDM_DWORDS], after[CXL_HDM_DWORDS];
	uint64_t total = 0, stray = 0;
	int64_t start, took;
	unsigned int i, dwords = 0;
	static struct fuzz f;
	struct text log = {};
	const char *splat;
	int kmsg;

	collect_ops();
	cxl_bind_init(argc, argv);
	tap_header();
	kmsg = kmsg_open();
	snprintf(f.dev.vfio.bdf, sizeof(f.dev.vfio.bdf), "%s", cxl_bdf);
	f.seed = first;
	fuzz_open(&f);
	fuzz_learn_secrets(&f);
	if (cxl_host_emulated()) {
		dwords = cxl_host_hdm(&f.dev, before);
		stray = cxl_host_get("stray-accesses");
	}
	fuzz_close(&f);

	start = now_ms();
	for (;; f.seed++) {
		run(&f, steps, start + 1000ll * seconds);
		total += f.step;
		if (f.failed || now_ms() >= start + 1000ll * seconds || argc > 5)
			break;
	}
	took = now_ms() - start;
	for (i = 0; i < ops; i++)
		tap_note("%-16s %llu", counts[i].op->name,
			 (unsigned long long)counts[i].done);
	tap_ok(!f.failed && total, "seeds %llu to %llu: %llu operations, %llu a second",
	       (unsigned long long)first, (unsigned long long)f.seed,
	       (unsigned long long)total,
	       (unsigned long long)(total * 1000 / (took ? took : 1)));
	if (f.failed)
		tap_note("again with: vfio_cxl_fuzz %s acc0 600 %llu %llu", cxl_bdf,
			 (unsigned long long)f.seed, (unsigned long long)f.step);
	kmsg_take(kmsg, &log);
	splat = log.len ? kmsg_splat(&log) : NULL;
	tap_ok(!splat, "the kernel reports no bug%s%s", splat ? ": " : "",
	       splat ? splat : "");
	if (cxl_host_emulated()) {
		fuzz_open(&f);
		cxl_host_hdm(&f.dev, after);
		tap_ok(!memcmp(before, after, 4 * dwords),
		       "the physical decoder is as it was");
		stray = cxl_host_get("stray-accesses") - stray;
		tap_ok(!stray, "%llu accesses to memory that nothing decoded",
		       (unsigned long long)stray);
		fuzz_close(&f);
	}
	tap_finish();
}
