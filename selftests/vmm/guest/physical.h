/* SPDX-License-Identifier: GPL-2.0 */
/* The VMM starts the guest with all of physical memory mapped where it is. */
#ifndef GUEST_PHYSICAL_H
#define GUEST_PHYSICAL_H

#include <stdint.h>

/* Where a processor without instructions for ports finds them. */
#define PORTS 0xf0000000

static inline volatile void *physical(uint64_t address)
{
	return (volatile void *)address;
}

#endif
