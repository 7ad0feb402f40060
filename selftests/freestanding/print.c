// SPDX-License-Identifier: GPL-2.0
#include "io.h"
#include "print.h"

void print(const char *text)
{
	while (*text)
		outb(PORT_CONSOLE, *text++);
}

void print_hex(uint64_t value, int digits)
{
	while (digits--)
		outb(PORT_CONSOLE, "0123456789abcdef"[value >> 4 * digits & 0xf]);
}
