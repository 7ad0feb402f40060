// SPDX-License-Identifier: GPL-2.0
#include "port.h"
#include "print.h"

void print(const char *text)
{
	while (*text)
		out8(PORT_CONSOLE, *text++);
}

void print_hex(uint64_t value, int digits)
{
	while (digits--)
		out8(PORT_CONSOLE, "0123456789abcdef"[value >> 4 * digits & 0xf]);
}
