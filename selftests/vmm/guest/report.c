// SPDX-License-Identifier: GPL-2.0
#include "boot.h"
#include "io.h"
#include "print.h"
#include "report.h"

bool check(bool ok, const char *what)
{
	print(what);
	outb(PORT_VERDICT, ok ? VERDICT_OK : VERDICT_NOT_OK);
	return ok;
}

void skip(const char *what)
{
	print(what);
	outb(PORT_VERDICT, VERDICT_SKIP);
}

void note(const char *what, uint64_t value)
{
	int digits = 1;

	while (digits < 16 && value >> 4 * digits)
		digits++;
	print(what);
	print(" 0x");
	print_hex(value, digits);
	outb(PORT_VERDICT, VERDICT_NOTE);
}

void require(bool ok, const char *what)
{
	if (!check(ok, what))
		off();
}

void off(void)
{
	for (;;)
		outb(PORT_OFF, 0);
}

void reboot(void)
{
	for (;;)
		outb(PORT_RESET, 6);
}
