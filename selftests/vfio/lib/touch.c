// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "touch.h"

static sigjmp_buf fault;

static void on_fault(int sig)
{
	siglongjmp(fault, sig);
}

const char *touch(volatile void *at, bool write, uint32_t *value)
{
	struct sigaction action = { .sa_handler = on_fault }, bus, segv;
	volatile uint32_t *dword = at;
	int sig;

	sigaction(SIGBUS, &action, &bus);
	sigaction(SIGSEGV, &action, &segv);
	sig = sigsetjmp(fault, 1);
	if (!sig) {
		if (write)
			*dword = *value;
		else
			*value = *dword;
	}
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return sig ? sigabbrev_np(sig) : "ok";
}

const char *load(volatile void *at)
{
	uint32_t value;

	return touch(at, false, &value);
}

const char *store(volatile void *at, uint32_t value)
{
	return touch(at, true, &value);
}
