/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What io.h promises, on arm64. Ports are a window at PORTS, which physical.h says. A hypervisor is told what an instruction
 * does only if that changes no address register: "Q" is a register alone.
 */
#ifndef FREESTANDING_IO_ARM64_H
#define FREESTANDING_IO_ARM64_H

#include <stdint.h>

#include "physical.h"

static inline uint16_t read16(uint64_t at)
{
	uint16_t value;

	asm volatile("ldrh %w0, %1" : "=r"(value) : "Q"(*(volatile uint16_t *)physical(at)) : "memory");
	return value;
}

static inline uint32_t read32(uint64_t at)
{
	uint32_t value;

	asm volatile("ldr %w0, %1" : "=r"(value) : "Q"(*(volatile uint32_t *)physical(at)) : "memory");
	return value;
}

static inline uint64_t read64(uint64_t at)
{
	uint64_t value;

	asm volatile("ldr %x0, %1" : "=r"(value) : "Q"(*(volatile uint64_t *)physical(at)) : "memory");
	return value;
}

static inline void write16(uint64_t at, uint16_t value)
{
	asm volatile("strh %w1, %0" : "=Q"(*(volatile uint16_t *)physical(at)) : "rZ"(value) : "memory");
}

static inline void write32(uint64_t at, uint32_t value)
{
	asm volatile("str %w1, %0" : "=Q"(*(volatile uint32_t *)physical(at)) : "rZ"(value) : "memory");
}

static inline void write64(uint64_t at, uint64_t value)
{
	asm volatile("str %x1, %0" : "=Q"(*(volatile uint64_t *)physical(at)) : "rZ"(value) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	asm volatile("ldrb %w0, %1" : "=r"(value) : "Q"(*(volatile uint8_t *)physical(PORTS + port)) : "memory");
	return value;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	asm volatile("ldr %w0, %1" : "=r"(value) : "Q"(*(volatile uint32_t *)physical(PORTS + port)) : "memory");
	return value;
}

static inline void outb(uint16_t port, uint8_t value)
{
	asm volatile("strb %w1, %0" : "=Q"(*(volatile uint8_t *)physical(PORTS + port)) : "rZ"(value) : "memory");
}

static inline void outl(uint16_t port, uint32_t value)
{
	asm volatile("str %w1, %0" : "=Q"(*(volatile uint32_t *)physical(PORTS + port)) : "rZ"(value) : "memory");
}

#endif
