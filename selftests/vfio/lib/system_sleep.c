// SPDX-License-Identifier: GPL-2.0
#include "system_sleep.h"
#include "util.h"

bool system_sleeps_and_wakes_up(void)
{
	const char *delay = "/sys/module/suspend/parameters/pm_test_delay";
	int err = file_write("/sys/power/pm_test", "platform");

	file_write(delay, "0");
	if (!err)
		err = file_write("/sys/power/state", "freeze");
	file_write("/sys/power/pm_test", "none");
	return !err;
}
