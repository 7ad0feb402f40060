/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ports and registers: one instruction an access, so that a VMM sees what is written here. The guest says in its
 * physical.h where it finds a physical address.
 */
#ifndef FREESTANDING_IO_H
#define FREESTANDING_IO_H

#ifdef __aarch64__
#include "io-arm64.h"
#else
#include "io-x86.h"
#endif

#endif
