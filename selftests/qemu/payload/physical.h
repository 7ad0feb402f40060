/* SPDX-License-Identifier: GPL-2.0 */
/* Physical memory above what a 32-bit program can address. */
#ifndef PAYLOAD_PHYSICAL_H
#define PAYLOAD_PHYSICAL_H

#include <stdint.h>

void physical_init(void);

/* Where the program finds this address, until it asks for the next one. */
volatile void *physical(uint64_t address);

#endif
