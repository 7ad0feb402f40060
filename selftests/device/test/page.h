/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page of host memory whose physical address is known. */
#ifndef DEVICE_TEST_PAGE_H
#define DEVICE_TEST_PAGE_H

#include "common.h"

/* Always the same one, of the kernel's size: 4 KiB or more */
reg32_t *host_page(uint64_t *phys);

#endif
