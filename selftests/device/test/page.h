/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page of host memory whose physical address is known. */
#ifndef DEVICE_TEST_PAGE_H
#define DEVICE_TEST_PAGE_H

#include "common.h"

#define PAGE_SIZE_	4096

/* Always the same one */
reg32_t *host_page(uint64_t *phys);

#endif
