/* SPDX-License-Identifier: GPL-2.0 */
/* The device that a vfio_cxl_*_test program was given, bound to the driver. */
#ifndef SELFTESTS_VFIO_CXL_BIND_H
#define SELFTESTS_VFIO_CXL_BIND_H

#include <stdbool.h>

extern const char *cxl_bdf;

/*
 * Parse the arguments, load the driver and bind; ends the program otherwise. A
 * runner that gives no arguments names the device in VFIO_SELFTESTS_BDF.
 */
void cxl_bind_init(int argc, char **argv);

/*
 * read() and write() of the memory end a host that does not survive poison, and so
 * are not served there. A test poisons nothing that it does not know of, so they are
 * allowed until its end.
 */
void cxl_let_copy(void);

void cxl_allow_copies(bool allow);

/* Whether they are allowed without that. */
bool cxl_copies_survive(void);

/* Bind to vfio-pci, which may not be loaded yet; 0 or -errno. */
int cxl_bind_plain(void);

/* Bind again, for parameters that are looked at when a device is bound. */
void cxl_rebind(void);

#endif
