/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that every file of the test program uses. */
#ifndef DEVICE_TEST_COMMON_H
#define DEVICE_TEST_COMMON_H

#include <stdint.h>

/* Mapped device memory: every access happens as it is written */
typedef volatile uint8_t reg8_t;
typedef volatile uint16_t reg16_t;
typedef volatile uint32_t reg32_t;
typedef volatile uint64_t reg64_t;

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define __printf(fmt, first)	__attribute__((format(printf, fmt, first)))
#define __noreturn		__attribute__((noreturn))

#endif
