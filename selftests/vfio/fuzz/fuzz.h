/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzzer's state: a device, a model of what its user has done to it, and the
 * random numbers that choose the next operation. The same seed makes the same
 * operations; each says what may come of it, given the model.
 */
#ifndef SELFTESTS_VFIO_FUZZ_H
#define SELFTESTS_VFIO_FUZZ_H

#include "cxl_dev.h"
#include "cxl_host.h"
#include "random.h"

#define FUZZ_MAPS 8
#define FUZZ_REGIONS 16

/* How much of the memory, from its start, the model knows byte by byte. */
#define FUZZ_CONTENTS (256u << 10)

struct fuzz_region {
	uint64_t size;
	uint32_t flags;
};

struct fuzz_map {
	char *at;		/* NULL: free */
	size_t len;
	unsigned int region;
	uint64_t offset;	/* in the region */
	int prot;
};

struct fuzz {
	struct cxl_dev dev;
	struct random random;
	uint64_t seed, step;
	bool failed;

	struct fuzz_region region[FUZZ_REGIONS];
	unsigned int regions;
	unsigned int pmcsr, devctl;	/* in configuration space; 0: none */

	/* The model. */
	bool memory_space;
	unsigned int power;		/* D0 to D3hot */
	bool low_power;
	struct fuzz_map map[FUZZ_MAPS];
	uint8_t contents[FUZZ_CONTENTS];
};

/* An operation: its share of all, and what it does. */
struct fuzz_op {
	const char *name;
	unsigned int weight;
	void (*run)(struct fuzz *f);
};

/* Ends the run: something happened that is not allowed. */
void fuzz_fail(struct fuzz *f, const char *fmt, ...) __printf(2, 3);

/* One of these results is allowed, and any other ends the run. */
#define FUZZ_ALLOW(f, result, what, ...)				\
	fuzz_allow(f, result, what, (const ssize_t[]){ __VA_ARGS__ },	\
		   sizeof((const ssize_t[]){ __VA_ARGS__ }) / sizeof(ssize_t))
bool fuzz_allow(struct fuzz *f, ssize_t result, const char *what,
		const ssize_t *allowed, size_t count);

uint64_t fuzz_below(struct fuzz *f, uint64_t limit);
bool fuzz_coin(struct fuzz *f, unsigned int sides);

/* A number near one of these, or anywhere below @end. */
uint64_t fuzz_near(struct fuzz *f, const uint64_t *places, size_t count,
		   uint64_t end);

/* model.c */

/* Open the device; the model starts from what its user then sees. */
void fuzz_open(struct fuzz *f);
void fuzz_close(struct fuzz *f);

/* Look at Memory Space and the power state again, after they may have changed. */
void fuzz_resync(struct fuzz *f);

/* A low-power feature; @wakeup is an eventfd, or -1. */
int fuzz_low_power(struct fuzz *f, uint32_t number, int wakeup);

/* The memory is as the model says, or all of it was cleared. */
void fuzz_check_contents(struct fuzz *f);

/* Whether the memory, and registers in a BAR, can be accessed. */
bool fuzz_memory_accessible(const struct fuzz *f);
bool fuzz_bar_accessible(const struct fuzz *f);

/* The component register block in its BAR. */
uint64_t fuzz_block_start(const struct fuzz *f);
uint64_t fuzz_block_end(const struct fuzz *f);

/* Host addresses that no answer may have. */
void fuzz_learn_secrets(struct fuzz *f);
void fuzz_check_secrets(struct fuzz *f, const char *what, const void *answer,
			size_t len);

/* access.c, ioctl.c, map.c, change.c */
extern const struct fuzz_op fuzz_access_ops[], fuzz_ioctl_ops[],
			    fuzz_map_ops[], fuzz_change_ops[];

void fuzz_unmap_all(struct fuzz *f);

#endif
