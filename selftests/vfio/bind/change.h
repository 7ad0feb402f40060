/* SPDX-License-Identifier: GPL-2.0 */
/* What is wrong with a device for the duration of a test. */
#ifndef SELFTESTS_VFIO_CHANGE_H
#define SELFTESTS_VFIO_CHANGE_H

#include <stdbool.h>

/* Note a change by its command line option; false if there is no such option. */
bool change_option(int option, const char *argument);

/* Make what was noted; @bdf is bound to no driver. */
void change_make(const char *bdf);

/* Take it back. Returns whether there was anything, and that only once. */
bool change_back(const char *bdf);

/* PROPERTY=VALUE of the emulated device, at once. */
void change_property(const char *text);

#endif
