/* SPDX-License-Identifier: GPL-2.0 */
/* A console. */
#ifndef FREESTANDING_PRINT_H
#define FREESTANDING_PRINT_H

#include <stdint.h>

#define PORT_CONSOLE	0xe9	/* out: a letter; QEMU's isa-debugcon, too */

void print(const char *text);
void print_hex(uint64_t value, int digits);

#endif
