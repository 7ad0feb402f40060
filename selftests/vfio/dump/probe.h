/* SPDX-License-Identifier: GPL-2.0 */
/* One ioctl with a hostile argument, and all that the kernel did with it. */
#ifndef SELFTESTS_VFIO_PROBE_H
#define SELFTESTS_VFIO_PROBE_H

#include "dump.h"

/*
 * Issue @request with @len bytes of @in followed by a pattern, and add a line
 * with the result and each byte that the kernel changed.
 */
void probe_ioctl(struct dump *d, const char *label, unsigned long request,
		 const void *in, size_t len);

/*
 * The same with the argument cut off after 0 to @size bytes by a page that is
 * not mapped.
 */
void probe_cut_off(struct dump *d, const char *label, unsigned long request,
		   const void *in, size_t len, size_t size);

#endif
