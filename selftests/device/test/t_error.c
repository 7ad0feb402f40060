// SPDX-License-Identifier: GPL-2.0-or-later
/* RAS and AER errors made on purpose */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "control.h"
#include "suites.h"

#define UNC_BITS	0x1cfff
#define COR_BITS	0x7f
#define AER_COR_MASK	0x14
#define AER_COR_BAD_TLP	0x40

static struct accel *with_ras(void)
{
	struct accel *a = accel_get(0);

	if (!a->ras)
		tap_skip("no RAS capability");
	a->ras[RAS_UNC_STATUS] = ~0u;
	a->ras[RAS_COR_STATUS] = ~0u;
	cfg_write(a, a->aer + AER_UNC_STATUS, ~0u, 4);
	cfg_write(a, a->aer + AER_COR_STATUS, ~0u, 4);
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 0);
	CHECK_EQ(a->ras[RAS_COR_STATUS], 0);
	return a;
}

static void cor_status(void)
{
	struct accel *a = with_ras();

	a->ras[RAS_COR_MASK] = 0;
	prop_set(a, "ras-correctable", 0x41);
	CHECK_EQ(prop(a, "ras-correctable"), 0x41);
	CHECK_EQ(a->ras[RAS_COR_STATUS], 0x41);
	CHECK_EQ(cfg32(a, a->aer + AER_COR_STATUS), AER_COR_INTERNAL);
	a->ras[RAS_COR_STATUS] = 0x3e;
	CHECK_EQ(a->ras[RAS_COR_STATUS], 0x41);
	a->ras[RAS_COR_STATUS] = 0x01;
	CHECK_EQ(a->ras[RAS_COR_STATUS], 0x40);
	/* sticky */
	accel_hot_reset(a);
	CHECK_EQ(a->ras[RAS_COR_STATUS], 0x40);
	a->ras[RAS_COR_STATUS] = 0x40;
	CHECK_EQ(a->ras[RAS_COR_STATUS], 0);
}

static unsigned int first_error(struct accel *a)
{
	return a->ras[RAS_CAP_CTRL] & 0x3f;
}

static void unc_status(void)
{
	struct accel *a = with_ras();

	a->ras[RAS_UNC_MASK] = 0;
	CHECK_EQ(a->ras[RAS_HEADER], 0);
	prop_set(a, "ras-uncorrectable", 1 << 10);
	prop_set(a, "ras-uncorrectable", 1 << 3);
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 1 << 10 | 1 << 3);
	CHECK_EQ(cfg32(a, a->aer + AER_UNC_STATUS), AER_UNC_INTERNAL);
	/* the log belongs to the first, then to the next */
	CHECK_EQ(first_error(a), 10);
	CHECK_EQ(a->ras[RAS_HEADER] >> 8 & 0xff, 10);
	a->ras[RAS_UNC_STATUS] = 0;
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 1 << 10 | 1 << 3);
	a->ras[RAS_UNC_STATUS] = 1 << 10;
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 1 << 3);
	CHECK_EQ(first_error(a), 3);
	CHECK_EQ(a->ras[RAS_HEADER] >> 8 & 0xff, 3);
	a->ras[RAS_HEADER] = 0;
	CHECK_EQ(a->ras[RAS_HEADER] >> 8 & 0xff, 3);
	accel_hot_reset(a);
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 1 << 3);
	CHECK_EQ(first_error(a), 3);
	a->ras[RAS_UNC_STATUS] = 1 << 3;
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 0);
	CHECK_EQ(a->ras[RAS_HEADER], 0);
}

static void masked(void)
{
	struct accel *a = with_ras();

	a->ras[RAS_UNC_MASK] = ~0u;
	a->ras[RAS_COR_MASK] = ~0u;
	prop_set(a, "ras-uncorrectable", 1 << 4);
	prop_set(a, "ras-correctable", 1 << 1);
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 1 << 4);
	CHECK_EQ(a->ras[RAS_COR_STATUS], 1 << 1);
	CHECK_EQ(a->ras[RAS_HEADER], 0);
	CHECK_EQ(cfg32(a, a->aer + AER_UNC_STATUS), 0);
	CHECK_EQ(cfg32(a, a->aer + AER_COR_STATUS), 0);
	with_ras();
}

static void every_bit(void)
{
	struct accel *a = with_ras();

	a->ras[RAS_UNC_MASK] = 0;
	prop_set(a, "ras-uncorrectable", UNC_BITS);
	CHECK_EQ(a->ras[RAS_UNC_STATUS], UNC_BITS);
	for (unsigned int bit = 0; bit < 17; bit++) {
		if (!(UNC_BITS >> bit & 1))
			continue;
		CHECK_EQ(first_error(a), bit);
		a->ras[RAS_UNC_STATUS] = 1 << bit;
	}
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 0);
	prop_set(a, "ras-correctable", COR_BITS);
	CHECK_EQ(a->ras[RAS_COR_STATUS], COR_BITS);
	with_ras();
}

static void bad_requests(void)
{
	struct accel *a = with_ras();

	CHECK(control_set(a->id, "ras-uncorrectable", 0x1000) == -1);
	CHECK(strstr(control_error(), "not a subset"));
	CHECK(control_set(a->id, "ras-correctable", 0) == -1);
	CHECK(control_set(a->id, "aer-correctable", 0x2) == -1);
	CHECK(control_set(a->id, "aer-uncorrectable", 1ULL << 32) == -1);
	CHECK(control_set(a->id, "stray-accesses", 1) == -1);
	CHECK(control_set(a->id, "viral", 0) == -1);
	CHECK(control_set(a->id, "window-base", 0) == -1);
	CHECK(control_set(a->id, "no-such-property", 0) == -1);
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 0);
	CHECK_EQ(a->ras[RAS_COR_STATUS], 0);
}

/* AER status of its own, without RAS; masked, so that nobody acts on it */
static void aer_status(void)
{
	struct accel *a = with_ras();
	uint32_t mask = cfg32(a, a->aer + AER_UNC_MASK);

	cfg_write(a, a->aer + AER_UNC_MASK, ~0u, 4);
	prop_set(a, "aer-uncorrectable", AER_UNC_POISONED | AER_UNC_ABORT);
	CHECK_EQ(cfg32(a, a->aer + AER_UNC_STATUS),
		 AER_UNC_POISONED | AER_UNC_ABORT);
	CHECK_EQ(prop(a, "aer-uncorrectable"), AER_UNC_POISONED | AER_UNC_ABORT);
	cfg_write(a, a->aer + AER_UNC_STATUS, AER_UNC_POISONED, 4);
	CHECK_EQ(prop(a, "aer-uncorrectable"), AER_UNC_ABORT);
	CHECK_EQ(a->ras[RAS_UNC_STATUS], 0);
	with_ras();
	CHECK_EQ(prop(a, "aer-uncorrectable"), 0);
	cfg_write(a, a->aer + AER_UNC_MASK, mask, 4);
}

/* The kernel's own count of a correctable error of the function */
static unsigned int kernel_count(struct accel *a, const char *name)
{
	char path[96], line[64];
	unsigned int count = ~0u;
	FILE *file;

	snprintf(path, sizeof(path),
		 "/sys/bus/pci/devices/%s/aer_dev_correctable", a->bdf);
	file = fopen(path, "r");
	if (!file)
		tap_skip("the kernel does not handle AER");
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, strlen(name)))
			count = strtoul(line + strlen(name), NULL, 0);
	}
	fclose(file);
	CHECK(count != ~0u);
	return count;
}

/* All the way: RAS or AER status, message, root port interrupt, kernel */
/*
 * The kernel counts it. It reads the status of the port above and clears it: what
 * comes in between, it does not hear of. On silicon too.
 */
static void check_counted(struct accel *a, const char *what,
			  const char *property, uint64_t bit)
{
	unsigned int before = kernel_count(a, what);
	uint64_t end = now_ms() + LONG_MS, again = 0;

	while (kernel_count(a, what) == before) {
		CHECK(now_ms() < end);
		if (now_ms() < again)
			continue;
		prop_set(a, property, bit);
		again = now_ms() + 1000;
	}
}

static void reaches_the_kernel(void)
{
	struct accel *a = with_ras();

	a->ras[RAS_COR_MASK] = 0;
	cfg_write(a, a->aer + AER_COR_MASK, 0, 4);
	check_counted(a, "CorrIntErr", "ras-correctable", 1 << 2);
	check_counted(a, "BadTLP", "aer-correctable", AER_COR_BAD_TLP);
	cfg_write(a, a->aer + AER_COR_MASK, AER_COR_INTERNAL, 4);
	with_ras();
}

const struct suite error_suite = {
	"error", (const struct test_case[]) {
		{ "correctable", cor_status },
		{ "uncorrectable", unc_status },
		{ "masked", masked },
		{ "every-bit", every_bit },
		{ "aer-status", aer_status },
		{ "bad-requests", bad_requests },
		{ "reaches-the-kernel", reaches_the_kernel },
		{ }
	}
};
