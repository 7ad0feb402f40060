// SPDX-License-Identifier: GPL-2.0-or-later
/* When the window reaches memory, and what is counted when it does not */
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel.h"
#include "suites.h"

static struct accel *ready(void)
{
	struct accel *a = accel_get(0);

	if (!a->hdm || !a->dvsec)
		tap_skip("no decoders or no DVSEC");
	accel_ready(a);
	CHECK(window_works(a));
	return a;
}

static void needs_mem_enable(void)
{
	struct accel *a = ready();

	dv16_write(a, DV_CTRL, 0);
	CHECK(!window_works(a));
	dv16_write(a, DV_CTRL, CTRL_MEM_ENABLE);
	CHECK(window_works(a));
}

static void needs_decoder_enable(void)
{
	struct accel *a = ready();

	a->hdm[HDM_GLOBAL] = 0;
	CHECK(!window_works(a));
	a->hdm[HDM_GLOBAL] = GLOBAL_ENABLE;
	CHECK(window_works(a));
}

static void needs_commit(void)
{
	struct accel *a = ready();

	decoder(a, 0)[DEC_CTRL] = 0;
	CHECK(!window_works(a));
	decoder(a, 0)[DEC_CTRL] = DEC_COMMIT;
	CHECK(window_works(a));
}

static void needs_active_memory(void)
{
	struct accel *a = ready();

	prop_bool(a, "mem-active", false);
	CHECK(!window_works(a));
	prop_bool(a, "mem-active", true);
	CHECK(window_works(a));
}

static void needs_d0(void)
{
	struct accel *a = ready();

	if (!a->pm)
		tap_skip("no power management");
	accel_power(a, 3);
	CHECK(!window_works(a));
	accel_power(a, 0);
	CHECK(window_works(a));
}

static void needs_host_bridge(void)
{
	struct accel *a = ready();

	if (!a->host)
		tap_skip("the host bridge has no decoders");
	if (a->host[HDM_DECODER(0) + DEC_CTRL] & DEC_LOCK)
		tap_skip("the host bridge is locked");
	a->host[HDM_DECODER(0) + DEC_CTRL] = 0;
	CHECK(!window_works(a));
	a->host[HDM_DECODER(0) + DEC_CTRL] = DEC_COMMIT;
	CHECK(window_works(a));
}

static void memory_space(void)
{
	struct accel *a = ready();
	uint16_t cmd = cfg16(a, PCI_COMMAND_);

	cfg_write(a, PCI_COMMAND_, cmd & ~COMMAND_MEMORY, 2);
	CHECK(window_works(a));
	prop_bool(a, "mse-gates-window", true);
	CHECK(!window_works(a));
	cfg_write(a, PCI_COMMAND_, cmd, 2);
	CHECK(window_works(a));
	prop_bool(a, "mse-gates-window", false);
}

static void counts(void)
{
	struct accel *a = ready();
	reg8_t *bytes = (void *)a->window;
	uint64_t addr;

	accel_fresh(a);
	CHECK_EQ(prop(a, "stray-accesses"), 0);
	CHECK_EQ(bytes[3], 0xff);
	CHECK_EQ(*(reg16_t *)(bytes + 6), 0xffff);
	CHECK_EQ(*(reg32_t *)(bytes + 8), 0xffffffff);
	CHECK_EQ(*(reg64_t *)(bytes + 16), ~0ULL);
	CHECK_EQ(prop(a, "stray-reads"), 4);
	CHECK_EQ(prop(a, "stray-writes"), 0);
	CHECK_EQ(prop(a, "stray-address"), a->base + 16);
	bytes[0x1234] = 1;
	*(reg32_t *)(bytes + 0x2000) = 1;
	CHECK_EQ(prop(a, "stray-reads"), 4);
	CHECK_EQ(prop(a, "stray-writes"), 2);
	CHECK_EQ(prop(a, "stray-accesses"), 6);
	/* a driver sees the same */
	CHECK_EQ(a->regs[REG_STRAY_READS], 4);
	CHECK_EQ(a->regs[REG_STRAY_WRITES], 2);
	addr = a->regs[REG_STRAY_ADDR_LO] |
	       (uint64_t)a->regs[REG_STRAY_ADDR_HI] << 32;
	CHECK_EQ(addr, a->base + 0x2000);
	a->regs[REG_STRAY_READS] = 0;
	a->regs[REG_STRAY_WRITES] = 0;
	CHECK_EQ(prop(a, "stray-accesses"), 6);
	/* nothing of it arrived */
	prop_set(a, "stray-accesses", 0);
	CHECK_EQ(prop(a, "stray-accesses"), 0);
	CHECK_EQ(prop(a, "stray-reads"), 0);
	accel_ready(a);
	a->window[0] = 0;
	accel_fresh(a);
	a->window[0] = 0x77;
	prop_set(a, "stray-accesses", 0);
	accel_ready(a);
	CHECK_EQ(a->window[0], 0);
}

static void switch_decoder(reg32_t *dec)
{
	for (int i = 0; i < 100; i++) {
		dec[DEC_CTRL] = 0;
		usleep(500);
		dec[DEC_CTRL] = DEC_COMMIT;
		usleep(500);
	}
}

/* The decoder comes and goes while another CPU reads the window */
static void changes_under_load(void)
{
	struct accel *a = ready();
	reg32_t *dec = decoder(a, 0);
	uint64_t end;
	pid_t reader;
	int status;

	a->window[1] = 0x5a5a5a5a5a5a5a5a;
	reader = fork();
	CHECK(reader >= 0);
	if (!reader) {
		for (;;) {
			uint64_t val = a->window[1];

			/* QEMU answers 0 at the moment it switches */
			if (val != 0x5a5a5a5a5a5a5a5a && val != ~0ULL && val)
				_exit(1);
		}
	}
	/* The other CPU may have to wait for its turn */
	end = now_ms() + LONG_MS;
	do {
		switch_decoder(dec);
	} while (!prop(a, "stray-reads") && now_ms() < end);
	CHECK_EQ(waitpid(reader, &status, WNOHANG), 0);
	kill(reader, SIGKILL);
	waitpid(reader, &status, 0);
	CHECK(prop(a, "stray-reads"));
	prop_set(a, "stray-accesses", 0);
	CHECK(window_works(a));
}

const struct suite window_suite = {
	"window", (const struct test_case[]) {
		{ "needs-mem-enable", needs_mem_enable },
		{ "needs-decoder-enable", needs_decoder_enable },
		{ "needs-commit", needs_commit },
		{ "needs-active-memory", needs_active_memory },
		{ "needs-d0", needs_d0 },
		{ "needs-host-bridge", needs_host_bridge },
		{ "memory-space", memory_space },
		{ "counts", counts },
		{ "changes-under-load", changes_under_load },
		{ }
	}
};
