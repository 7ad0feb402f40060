// SPDX-License-Identifier: GPL-2.0-or-later
/* Accessing one accelerator: config space, BARs, decoders, window. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "accel.h"
#include "control.h"
#include "tap.h"

#define COMMIT_MS	100	/* ten times what 8.2.4.20.13 allows */
#define BRIDGE_CONTROL	0x3e
#define   BUS_RESET	0x40

void sleep_ms(unsigned int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static uint32_t config_read(int fd, unsigned int off, unsigned int len)
{
	uint32_t val = 0;

	if (pread(fd, &val, len, off) != (ssize_t)len)
		tap_fail("config space at 0x%x: %s", off, strerror(errno));
	return val;
}

static void config_write(int fd, unsigned int off, uint32_t val, unsigned int len)
{
	if (pwrite(fd, &val, len, off) != (ssize_t)len)
		tap_fail("config space at 0x%x: %s", off, strerror(errno));
}

uint8_t cfg8(struct accel *a, unsigned int off)
{
	return config_read(a->config, off, 1);
}

uint16_t cfg16(struct accel *a, unsigned int off)
{
	return config_read(a->config, off, 2);
}

uint32_t cfg32(struct accel *a, unsigned int off)
{
	return config_read(a->config, off, 4);
}

void cfg_write(struct accel *a, unsigned int off, uint32_t val, unsigned int len)
{
	config_write(a->config, off, val, len);
}

uint16_t dv16(struct accel *a, unsigned int off)
{
	return cfg16(a, a->dvsec + off);
}

void dv16_write(struct accel *a, unsigned int off, uint16_t val)
{
	cfg_write(a, a->dvsec + off, val, 2);
}

/* BARs and the registers around them; Command comes last */
void accel_restore_header(struct accel *a)
{
	for (int i = 15; i >= 3; i--)
		cfg_write(a, i * 4, a->header[i], 4);
	cfg_write(a, PCI_COMMAND_, a->header[1], 2);
}

void accel_hot_reset(struct accel *a)
{
	uint16_t ctrl = config_read(a->port_config, BRIDGE_CONTROL, 2);

	config_write(a->port_config, BRIDGE_CONTROL, ctrl | BUS_RESET, 2);
	sleep_ms(2);
	config_write(a->port_config, BRIDGE_CONTROL, ctrl & ~BUS_RESET, 2);
	sleep_ms(2);
	accel_restore_header(a);
}

void accel_flr(struct accel *a)
{
	uint16_t ctl = cfg16(a, a->pcie + DEVCTL);

	cfg_write(a, a->pcie + DEVCTL, ctl | DEVCTL_FLR, 2);
	sleep_ms(2);
	accel_restore_header(a);
}

void accel_power(struct accel *a, unsigned int state)
{
	uint16_t ctrl = cfg16(a, a->pm + PM_CTRL);

	cfg_write(a, a->pm + PM_CTRL, (ctrl & ~3) | state, 2);
	sleep_ms(10);
}

uint64_t prop(struct accel *a, const char *name)
{
	uint64_t val;

	if (control_get(a->id, name, &val))
		tap_fail("get %s %s: %s", a->id, name, control_error());
	return val;
}

void prop_set(struct accel *a, const char *name, uint64_t value)
{
	if (control_set(a->id, name, value))
		tap_fail("set %s %s: %s", a->id, name, control_error());
}

void prop_bool(struct accel *a, const char *name, bool value)
{
	if (control_set_bool(a->id, name, value))
		tap_fail("set %s %s: %s", a->id, name, control_error());
}

void *map_phys(uint64_t addr, uint64_t len)
{
	int fd = open("/dev/mem", O_RDWR | O_CLOEXEC);
	uint64_t into = addr % sysconf(_SC_PAGESIZE);
	uint8_t *ptr;

	if (fd < 0)
		tap_fail("/dev/mem: %s", strerror(errno));
	ptr = mmap(NULL, into + len, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   addr - into);
	close(fd);
	if (ptr == MAP_FAILED)
		tap_fail("/dev/mem at 0x%llx: %s", (unsigned long long)addr,
			 strerror(errno));
	return ptr + into;
}

reg32_t *decoder(struct accel *a, unsigned int n)
{
	return a->hdm + HDM_DECODER(n);
}

uint64_t decoder_base(reg32_t *dec)
{
	return dec[DEC_BASE_LO] | (uint64_t)dec[DEC_BASE_HI] << 32;
}

uint64_t decoder_size(reg32_t *dec)
{
	return dec[DEC_SIZE_LO] | (uint64_t)dec[DEC_SIZE_HI] << 32;
}

void decoder_program(reg32_t *dec, uint64_t base, uint64_t size)
{
	dec[DEC_BASE_LO] = base;
	dec[DEC_BASE_HI] = base >> 32;
	dec[DEC_SIZE_LO] = size;
	dec[DEC_SIZE_HI] = size >> 32;
}

uint32_t wait_commit(reg32_t *dec, unsigned int ms)
{
	uint64_t end = now_ms() + ms;
	uint32_t ctrl;

	do {
		ctrl = dec[DEC_CTRL];
		if (ctrl & (DEC_COMMITTED | DEC_ERROR))
			break;
		sleep_ms(1);
	} while (now_ms() < end);
	return ctrl;
}

uint32_t decoder_commit(struct accel *a, unsigned int n, uint64_t base,
			uint64_t size, uint32_t ctrl)
{
	reg32_t *dec = decoder(a, n);

	a->hdm[HDM_GLOBAL] = GLOBAL_ENABLE;
	decoder_program(dec, base, size);
	dec[DEC_CTRL] = ctrl;
	dec[DEC_CTRL] = ctrl | DEC_COMMIT;
	return wait_commit(dec, COMMIT_MS);
}

void accel_fresh(struct accel *a)
{
	accel_hot_reset(a);
	for (unsigned int n = 0; n < a->decoders; n++)
		CHECK_EQ(decoder(a, n)[DEC_CTRL] & (DEC_COMMIT | DEC_COMMITTED), 0);
}

void accel_ready(struct accel *a)
{
	uint32_t ctrl;

	accel_fresh(a);
	ctrl = decoder_commit(a, 0, a->base, a->size, 0);
	CHECK_EQ(ctrl & (DEC_COMMITTED | DEC_ERROR), DEC_COMMITTED);
	dv16_write(a, DV_CTRL, dv16(a, DV_CTRL) | CTRL_MEM_ENABLE);
	CHECK(wait_active(a));
}

bool memory_active(struct accel *a)
{
	return cfg32(a, a->dvsec + DV_RANGE1_SIZE_LO) & RANGE_ACTIVE;
}

bool wait_active(struct accel *a)
{
	uint64_t end = now_ms() + LONG_MS;

	while (!memory_active(a) && now_ms() < end)
		sleep_ms(1);
	return memory_active(a);
}

uint16_t wait_cxl_reset(struct accel *a)
{
	const uint16_t done = STATUS2_COMPLETE | STATUS2_ERROR;
	uint64_t end = now_ms() + LONG_MS;

	while (!(dv16(a, DV_STATUS2) & done) && now_ms() < end)
		sleep_ms(1);
	return dv16(a, DV_STATUS2) & done;
}

bool window_works(struct accel *a)
{
	static uint64_t pattern = 0x1122334455667788;
	uint64_t before = prop(a, "stray-accesses");
	uint64_t first, last;
	bool same;

	pattern += 0x0101010101010101;
	a->window[0] = pattern;
	a->window[WINDOW_MAPPED / 8 - 1] = ~pattern;
	first = a->window[0];
	last = a->window[WINDOW_MAPPED / 8 - 1];
	same = first == pattern && last == ~pattern;
	if (prop(a, "stray-accesses") == before) {
		CHECK(same);
		return true;
	}
	CHECK_EQ(first & last, ~0ULL);
	CHECK_EQ(prop(a, "stray-accesses"), before + 4);
	prop_set(a, "stray-accesses", 0);
	return false;
}

/* A case that failed half-way must not make the next ones fail */
void accel_recover(struct accel *a)
{
	static const char * const off[] = {
		"gone", "commit-err", "cxl-reset-err", "cxl-reset-hang",
		"cxl-reset-keeps-hdm", "cxl-reset-function", "flr-clears-hdm",
		"flr-clears-mem-enable", "flr-drops-active", "flr-moves-hdm",
		"hot-reset-keeps-hdm", "d3-clears-hdm", "preserve-err",
		"mse-gates-window",
	};
	static const char * const zero[] = {
		"commit-delay-ms", "wbi-ms", "cxl-reset-clear-ms", "reset-ms",
		"mem-active-delay-ms", "mem-valid-delay-ms", "stray-accesses",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(off); i++)
		control_set_bool(a->id, off[i], false);
	for (unsigned int i = 0; i < ARRAY_SIZE(zero); i++)
		control_set(a->id, zero[i], 0);
	control_set(a->id, "cxl-reset-ms", 20);
	control_set_bool(a->id, "cpu-cache-evicts", true);
	control_set_bool(a->id, "mem-active", true);
	control_set_bool(a->id, "mem-valid", true);
	accel_hot_reset(a);
	if (a->pm)
		accel_power(a, 0);
}
