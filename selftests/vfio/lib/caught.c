// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

#include "caught.h"
#include "util.h"

static __thread sigjmp_buf back;
static __thread volatile sig_atomic_t armed;

static void on_bus(int sig)
{
	static const char text[] = "SIGBUS outside of an access that expects it";

	if (!armed)
		die("%s", text);
	armed = 0;
	siglongjmp(back, 1);
}

void caught_start(void)
{
	/* Not blocked in the handler, so that leaving it has nothing to restore. */
	struct sigaction action = {
		.sa_handler = on_bus, .sa_flags = SA_NODEFER,
	};

	sigaction(SIGBUS, &action, NULL);
}

bool caught_load(const volatile uint64_t *at, uint64_t *value)
{
	if (sigsetjmp(back, 0))
		return false;
	armed = 1;
	*value = *at;
	armed = 0;
	return true;
}

bool caught_store(volatile uint64_t *at, uint64_t value)
{
	if (sigsetjmp(back, 0))
		return false;
	armed = 1;
	*at = value;
	armed = 0;
	return true;
}
