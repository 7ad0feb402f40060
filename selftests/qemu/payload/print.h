/* SPDX-License-Identifier: GPL-2.0 */
/* A console. */
#ifndef PAYLOAD_PRINT_H
#define PAYLOAD_PRINT_H

#include <stdint.h>

void print(const char *text);
void print_hex(uint64_t value, int digits);

#endif
