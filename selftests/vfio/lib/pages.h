/* SPDX-License-Identifier: GPL-2.0 */
/* The sizes in which this machine's kernel maps memory. */
#ifndef SELFTESTS_VFIO_PAGES_H
#define SELFTESTS_VFIO_PAGES_H

#include <stddef.h>
#include <unistd.h>

#define PAGE ((size_t)getpagesize())

/* An entry maps as much as the table below it, which is a page of entries of 8 bytes. */
#define PMD (PAGE / 8 * PAGE)
#define PUD (PAGE / 8 * PMD)

/* Whether the kernel maps device memory with entries of PUD size: mm/Kconfig, ARCH_SUPPORTS_PUD_PFNMAP. */
#ifdef __x86_64__
#define MAPS_PUD true
#else
#define MAPS_PUD false
#endif

#endif
