/* SPDX-License-Identifier: GPL-2.0 */
/* What a bound device is to somebody who opens it. */
#ifndef SELFTESTS_VFIO_USER_H
#define SELFTESTS_VFIO_USER_H

#include "cxl_dev.h"

/* Open @bdf as a device whose memory is passed through, and use that. */
void user_check_cxl(const char *bdf);

/* Open @bdf as plain PCI; @under is the driver, for what is printed. */
void user_check_plain(const char *bdf, const char *under);

/*
 * A device whose memory is in use while something happens to another one. It is
 * closed when the program ends, before what was noted earlier is restored.
 */
void witness_start(const char *bdf);
void witness_check(void);

/* A plain one that has CXL registers all the same: those that outlive its user are not its user's. */
void user_check_kept(const char *bdf);

#endif
