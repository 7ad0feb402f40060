/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Binding, unbinding, loading and unloading: what an administrator does, with
 * the module parameters that change it.
 */
#ifndef SELFTESTS_VFIO_LIFECYCLE_H
#define SELFTESTS_VFIO_LIFECYCLE_H

#include "kmsg.h"
#include "module.h"
#include "tap.h"
#include "vfio_dev.h"

struct lifecycle {
	const char *bdf;
	const char *other;	/* a second device, NULL if none was given */
	unsigned int cycles;
	const struct vfio_driver *driver;
	struct text *facts;
};

/* One more thing that must be the same under both drivers. */
#define fact(l, fmt, ...) text_add((l)->facts, fmt "\n", ##__VA_ARGS__)

/*
 * Run @scenario under vfio-pci and under ours, and report whether it came to
 * the same facts. What a scenario expects of both drivers it reports itself.
 */
void under_both(struct lifecycle *l, const char *what,
		void (*scenario)(struct lifecycle *l));

/* tap_ok() that names the driver, and stays in the facts. */
bool expect(struct lifecycle *l, bool ok, const char *fmt, ...) __printf(3, 4);

/* Bind, or end the program with a sentence. */
void must_bind(const char *bdf, const struct vfio_driver *driver);

/* Load the driver's module with @params in place of the loaded one. */
void must_reload(const struct vfio_driver *driver, const char *params);

/* The sections, each in the file that its name says. */
void test_leak(struct lifecycle *l);
void test_removal(struct lifecycle *l);
void test_binding(struct lifecycle *l);
void test_params(struct lifecycle *l);
void test_sriov(struct lifecycle *l);
void test_layout(struct lifecycle *l);

#endif
