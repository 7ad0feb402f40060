/* SPDX-License-Identifier: GPL-2.0 */
/* Port I/O, and the two ports that end in the test: console and exit. */
#ifndef PAYLOAD_PORT_H
#define PAYLOAD_PORT_H

#include <stdint.h>

#define PORT_CONSOLE	0xe9	/* isa-debugcon */
#define PORT_EXIT	0xf4	/* isa-debug-exit: QEMU's status is 2 * value + 1 */

static inline void out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

#endif
