/* SPDX-License-Identifier: GPL-2.0 */
/* What io.h promises, on x86. */
#ifndef FREESTANDING_IO_X86_H
#define FREESTANDING_IO_X86_H

#include <stdint.h>

#include "physical.h"

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void outb(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint16_t read16(uint64_t at)
{
	uint16_t value;

	asm volatile("movw %1, %0" : "=r"(value) : "m"(*(volatile uint16_t *)physical(at)) : "memory");
	return value;
}

static inline uint32_t read32(uint64_t at)
{
	uint32_t value;

	asm volatile("movl %1, %0" : "=r"(value) : "m"(*(volatile uint32_t *)physical(at)) : "memory");
	return value;
}

static inline void write16(uint64_t at, uint16_t value)
{
	asm volatile("movw %1, %0" : "=m"(*(volatile uint16_t *)physical(at)) : "r"(value) : "memory");
}

static inline void write32(uint64_t at, uint32_t value)
{
	asm volatile("movl %1, %0" : "=m"(*(volatile uint32_t *)physical(at)) : "r"(value) : "memory");
}

#ifdef __x86_64__
static inline uint64_t read64(uint64_t at)
{
	uint64_t value;

	asm volatile("movq %1, %0" : "=r"(value) : "m"(*(volatile uint64_t *)physical(at)) : "memory");
	return value;
}

static inline void write64(uint64_t at, uint64_t value)
{
	asm volatile("movq %1, %0" : "=m"(*(volatile uint64_t *)physical(at)) : "r"(value) : "memory");
}
#endif

#endif
