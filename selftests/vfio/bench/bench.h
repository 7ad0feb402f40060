/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What vfio_bench measures, a file for each kind. Nothing is judged here: each
 * measurement is a line "sample NAME VALUE" for selftests/bench, which compares
 * medians. What is compared is measured in turns, so that whatever slows the
 * machine down slows both sides down.
 */
#ifndef SELFTESTS_VFIO_BENCH_H
#define SELFTESTS_VFIO_BENCH_H

#include "cxl_dev.h"
#include "module.h"

/* The devices of a run. */
struct bench {
	const char *cxl;	/* a CXL device */
	const char *bar;	/* a device with a large BAR, or NULL */
	const char *pci;	/* a device like cxl, for vfio-pci, or NULL */
	unsigned int runs;	/* how often each thing is measured */
};

/* The drivers that a device is bound to in turns. */
enum side {
	SIDE_CXL,
	SIDE_PCI,
	SIDES,
};

/* "cxl" or "pci". */
const char *side_name(enum side side);

/* Bind @bdf to the driver of a side; ends the program if that fails. */
void side_bind(const char *bdf, enum side side);

uint64_t now_ns(void);

/* Of at least one time; sorts them. */
uint64_t median(uint64_t *ns, unsigned int count);

/* One measurement; @name is a format. */
void sample(double value, const char *name, ...) __printf(2, 3);

/* Faults and time to touch a mapping, for each page size. */
void bench_map(const struct bench *bench);

/* The same for a mapping that fits into every device. */
void bench_fault(const struct bench *bench);

/* A large window, touched in few places. */
void bench_wide(const struct bench *bench);

/* Bytes a second through a mapping, and through read and write. */
void bench_bandwidth(const struct bench *bench);

/* Bytes a second in which the memory is cleared between users. */
void bench_clear(const struct bench *bench);

/* Time of one access that a driver answers. */
void bench_access(const struct bench *bench);

/* Time to bind, open, reset and close. */
void bench_life(const struct bench *bench);

/* The time of a write that switches Memory Space off and on. */
void bench_command(const struct bench *bench);

/* The largest BAR that can be mapped; ends the program without one. */
uint32_t largest_bar(struct vfio_dev *dev, uint64_t *bytes);

/* What a guest on KVM sees of the memory. */
void bench_guest(const struct bench *bench);

/* How long a VM takes to start, with windows of several sizes. */
void bench_start(const struct bench *bench);

/* Devices that are opened, touched and closed at once: 1, 2, 4 and so on of them. */
void bench_scale(const char * const *bdfs, unsigned int count, unsigned int runs);

/* Memory that a bound and an open device take, and the module. */
void bench_memory(const char * const *bdfs, unsigned int count);

#endif
