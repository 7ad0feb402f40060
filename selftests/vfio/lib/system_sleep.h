/* SPDX-License-Identifier: GPL-2.0 */
/* The system's sleep, as far as the kernel's own test of it goes. */
#ifndef SELFTESTS_VFIO_SYSTEM_SLEEP_H
#define SELFTESTS_VFIO_SYSTEM_SLEEP_H

#include <stdbool.h>

/* Down to the devices and up again; false if this kernel cannot be told so. */
bool system_sleeps_and_wakes_up(void);

#endif
