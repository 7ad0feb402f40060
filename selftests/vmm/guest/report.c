// SPDX-License-Identifier: GPL-2.0
#include "boot.h"
#include "io.h"
#include "report.h"

static void say(const char *what)
{
	while (*what)
		outb(PORT_LETTER, *what++);
}

bool check(bool ok, const char *what)
{
	say(what);
	outb(PORT_VERDICT, ok ? VERDICT_OK : VERDICT_NOT_OK);
	return ok;
}

void skip(const char *what)
{
	say(what);
	outb(PORT_VERDICT, VERDICT_SKIP);
}

void note(const char *what, uint64_t value)
{
	int shift;

	say(what);
	say(" 0x");
	for (shift = 60; shift > 0 && !(value >> shift); shift -= 4)
		;
	for (; shift >= 0; shift -= 4)
		outb(PORT_LETTER, "0123456789abcdef"[value >> shift & 15]);
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
